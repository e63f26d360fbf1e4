//! Totals of a whole history in every aspect, for checking one against another.

use crate::{LedgerError, ingest::day};
use chrono::{DateTime, SecondsFormat, Utc};
use claudometer_core::{
    Amount, Tokens,
    block::{Block, blocks},
    response::Name,
};
use claudometer_host::clock::Zone;
use claudometer_store::{Store, Stored};
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::AddAssign,
};

/// Tokens and the number of responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Count {
    #[serde(flatten)]
    tokens: Tokens,
    total: u64,
    responses: u64,
}

impl AddAssign<&Stored> for Count {
    fn add_assign(&mut self, stored: &Stored) {
        self.tokens += stored.response.tokens;
        self.total += stored.response.tokens.total();
        self.responses += 1;
    }
}

/// Costs in US dollars, in each of the three ways to know them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
struct Costs {
    calculate: Amount,
    auto: Amount,
    display: Amount,
}

/// A block of five hours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct ToldBlock {
    start: String,
    end: String,
    last: String,
    responses: u64,
    total: u64,
}

/// Totals in every aspect. Tokens are counts, costs US dollars, times RFC 3339 in UTC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    totals: Count,
    by_model: BTreeMap<Name, Count>,
    by_session: BTreeMap<Name, Count>,
    by_project: BTreeMap<Name, Count>,
    /// Tokens by zone and day.
    by_day: BTreeMap<String, BTreeMap<String, u64>>,
    cost_usd: Costs,
    unpriced_models: BTreeSet<Name>,
    blocks: Vec<ToldBlock>,
}

/// Adds up everything that counts.
pub fn tally(store: &mut Store, zones: &[(String, Zone)]) -> Result<Tally, LedgerError> {
    let mut tally = Tally::default();
    let mut times: Vec<(DateTime<Utc>, Tokens)> = Vec::new();
    store.responses(None, None, &mut |stored| {
        if stored.counts() {
            tally.add(&stored, zones);
            times.push((stored.response.at, stored.response.tokens));
        }
    })?;
    times.sort_unstable_by_key(|(at, _)| *at);
    tally.blocks = blocks(times, &[]).iter().map(told).collect();
    Ok(tally)
}

fn told(block: &Block) -> ToldBlock {
    let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    ToldBlock {
        start: text(block.start),
        end: text(block.end()),
        last: text(block.last),
        responses: block.responses,
        total: block.tokens.total(),
    }
}

impl Tally {
    fn add(&mut self, stored: &Stored, zones: &[(String, Zone)]) {
        let response = &stored.response;
        self.totals += stored;
        *self.by_model.entry(response.model.clone()).or_default() += stored;
        *self.by_session.entry(response.session.clone()).or_default() += stored;
        *self.by_project.entry(response.project.clone()).or_default() += stored;
        for (name, zone) in zones {
            let days = self.by_day.entry(name.clone()).or_default();
            *days.entry(day(zone, response.at).to_string()).or_default() += response.tokens.total();
        }
        let costs = &mut self.cost_usd;
        let or_nothing = |amount: Option<Amount>| amount.unwrap_or(Amount::ZERO);
        costs.calculate = costs.calculate + or_nothing(stored.priced);
        costs.display = costs.display + or_nothing(response.logged_cost);
        costs.auto = costs.auto + or_nothing(stored.cost());
        if stored.priced.is_none() {
            self.unpriced_models.insert(response.model.clone());
        }
    }
}
