//! Comparing the history with the logs.

use crate::{Ledger, LedgerError, Unread};
use claudometer_core::response::Key;
use claudometer_store::{KnownFile, Store, Stored};
use std::collections::{HashMap, HashSet};

/// What comparing the history with the logs gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Faults that the database finds in itself.
    pub faults: Vec<String>,
    /// Responses that the logs tell, but for those of the time before which a person let everything go.
    pub told: u64,
    /// Of these, responses that the history lacks.
    pub missing: u64,
    /// Of these, responses of which the history has less.
    pub less: u64,
    /// Of these, responses of which the history has more, although no log is gone.
    pub more: u64,
    /// Responses that only the history has, although the log is there that it took them from.
    pub surplus: u64,
    /// Responses that only the history has: their logs are gone.
    pub kept: u64,
    /// Files and folders that cannot be read now.
    pub unread: Vec<Unread>,
}

impl Verdict {
    /// Whether nothing is wrong, as far as could be seen.
    pub const fn is_good(&self) -> bool {
        self.faults.is_empty()
            && self.missing == 0
            && self.less == 0
            && self.more == 0
            && self.surplus == 0
    }
}

/// Reads every log anew and compares.
pub fn verify(ledger: &Ledger<'_>, store: &mut Store) -> Result<Verdict, LedgerError> {
    let mut anew = Store::in_memory()?;
    if let Some(before) = store.pruned_before()? {
        anew.keep_from(before)?;
    }
    let done = ledger.ingest_beside(&mut anew, Some(store))?;
    let present = Present::of(ledger, store, &anew)?;
    let mut told: HashMap<Key, u64> = HashMap::new();
    anew.responses(None, None, &mut |stored| {
        if stored.counts() {
            told.insert(stored.response.key, stored.response.tokens.total());
        }
    })?;
    let mut verdict = Verdict {
        faults: store.faults()?,
        told: told.len() as u64,
        unread: done.unread,
        ..Verdict::default()
    };
    store.responses(None, None, &mut |stored| {
        if !stored.counts() {
            // What is known as a copy is not missing, although its log alone cannot tell.
            if stored.response.withdrawn {
                told.remove(&stored.response.key);
            }
            return;
        }
        let is_present = present.tells(&stored);
        let known = stored.response.tokens.total();
        match told.remove(&stored.response.key) {
            None if is_present => verdict.surplus += 1,
            None => verdict.kept += 1,
            Some(told) if told > known => verdict.less += 1,
            Some(told) if told < known && is_present => verdict.more += 1,
            Some(_) => {}
        }
    })?;
    verdict.missing = told.len() as u64;
    Ok(verdict)
}

/// Files that are as they were when they were read, and never lost anything: they tell all that the history has of them.
struct Present(HashSet<u64>);

impl Present {
    fn of(ledger: &Ledger<'_>, store: &Store, anew: &Store) -> Result<Self, LedgerError> {
        let mut present = HashSet::new();
        for source in ledger.sources {
            let mut unchanged = HashMap::new();
            anew.stamps(source.id(), &mut |path, stamp| {
                unchanged.insert(path.to_owned(), stamp);
            })?;
            let is_whole = |(path, file): &(String, KnownFile)| {
                let stamp = unchanged.get(path);
                !file.rewritten && stamp.is_some_and(|stamp| *stamp == file.stamp())
            };
            let whole = store.files(source.id())?.into_iter().filter(is_whole);
            present.extend(whole.map(|(_, file)| file.id));
        }
        Ok(Self(present))
    }

    fn tells(&self, stored: &Stored) -> bool {
        self.0.contains(&stored.response.source)
    }
}
