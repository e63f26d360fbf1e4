//! What other programs noted of logs that may be gone: each response that is named as the log names it, and of days that no
//! log tells the sums.

use crate::{Ledger, LedgerError, ingest::day};
use chrono::{NaiveDate, NaiveTime};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Key, Merging, Name, Quality},
};
use claudometer_scan::{Noted, Notes, hash, key};
use claudometer_store::{Batch, Store};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The session of sums.
const SESSION: &str = "imported";
/// When sums count of which only the day is told.
const NOON: NaiveTime = NaiveTime::from_hms_opt(12, 0, 0).unwrap();
const AT_ONCE: usize = 20_000;

/// What came in from elsewhere.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    /// Responses that were taken in.
    pub responses: u64,
    /// Days of an assistant of which sums were taken in.
    pub days: u64,
    /// Responses that were known, and days that are known as well or better.
    pub known: u64,
    /// Records that were not understood.
    pub odd: u64,
}

/// What one sum is of.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    agent: Name,
    device: Option<Name>,
    day: NaiveDate,
    model: Name,
    project: Name,
    is_estimate: bool,
}

/// What the history holds already.
#[derive(Default)]
struct Known {
    messages: HashSet<u64>,
    /// What was imported before, by what its sum is called.
    sums: HashMap<u64, Tokens>,
    /// Days of an assistant with responses of their own.
    days: HashSet<(Name, NaiveDate)>,
}

impl Ledger<'_> {
    /// Takes in what another program noted, as often as one likes.
    pub fn import_notes(&self, store: &mut Store, notes: Notes) -> Result<Taken, LedgerError> {
        let mut known = self.known(store)?;
        let mut taken = Taken { odd: notes.odd, ..Taken::default() };
        let mut batch = Batch::default();
        let (named, others): (Vec<_>, Vec<_>) =
            notes.noted.into_iter().partition(|noted| noted.is_named);
        for noted in named {
            known.days.insert((noted.agent.clone(), day(self.zone, noted.response.at)));
            if !known.messages.insert(noted.response.key.message) {
                taken.known += 1;
                continue;
            }
            taken.responses += 1;
            let device = noted.device.as_ref().unwrap_or(&self.device);
            self.add(&mut batch, &noted.agent, device, &noted.response);
            if batch.len() >= AT_ONCE {
                self.keep(store, std::mem::take(&mut batch))?;
            }
        }
        let mut days = HashSet::new();
        let mut better = HashSet::new();
        let mut again = HashSet::new();
        for (part, sum) in self.sums(others) {
            let of = (part.agent.clone(), part.day);
            if known.days.contains(&of) {
                better.insert(of);
                continue;
            }
            if known.sums.get(&sum.key.message) == Some(&sum.tokens) {
                again.insert(of);
                continue;
            }
            days.insert(of);
            let device = part.device.as_ref().unwrap_or(&self.device);
            self.add(&mut batch, &part.agent, device, &sum);
        }
        taken.days = days.len() as u64;
        // A day of which a part is new is new.
        taken.known += (better.len() + again.difference(&days).count()) as u64;
        self.keep(store, batch)?;
        Ok(taken)
    }

    fn known(&self, store: &mut Store) -> Result<Known, LedgerError> {
        let mut known = Known::default();
        store.responses(None, None, &mut |stored| {
            known.messages.insert(stored.response.key.message);
            if *stored.response.session == *SESSION {
                known.sums.insert(stored.response.key.message, stored.response.tokens);
            } else {
                known.days.insert((stored.agent, day(self.zone, stored.response.at)));
            }
        })?;
        Ok(known)
    }

    /// The sum of each part of a day, at the time of its last response.
    fn sums(&self, noted: Vec<Noted>) -> BTreeMap<Part, Response> {
        let mut sums: BTreeMap<Part, Response> = BTreeMap::new();
        for Noted { agent, device, day: told, mut response, .. } in noted {
            let day = told.unwrap_or_else(|| day(self.zone, response.at));
            if told.is_some() {
                response.at = self.zone.instant(day.and_time(NOON));
                response.rank = response.at.timestamp_millis();
            }
            let part = Part {
                agent,
                device,
                day,
                model: response.model.clone(),
                project: response.project.clone(),
                is_estimate: response.quality == Quality::Estimated,
            };
            let key = part.key();
            let quality = if part.is_estimate { Quality::Estimated } else { Quality::SessionTotal };
            let sum = sums.entry(part).or_insert_with(|| Response {
                model: response.model.clone(),
                project: response.project.clone(),
                session: SESSION.into(),
                quality,
                merging: Merging::Latest,
                logged_cost: Some(Amount::ZERO),
                ..Response::new(key, response.at)
            });
            sum.at = sum.at.max(response.at);
            sum.rank = sum.rank.max(response.rank);
            sum.tokens += response.tokens;
            // One that was not priced makes the sum one that was not.
            sum.logged_cost = sum.logged_cost.zip(response.logged_cost).map(|(sum, one)| sum + one);
        }
        sums
    }
}

impl Part {
    fn key(&self) -> Key {
        let device = self.device.as_deref().unwrap_or_default();
        let quality = if self.is_estimate { "estimated" } else { "" };
        let place = hash(&[device, &self.model, &self.project, quality]);
        key(&self.agent, &format!("{SESSION}/{}/{place:016x}", self.day), None)
    }
}
