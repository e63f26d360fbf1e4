//! Blocks of five hours, with their cost and how fast it grows.

use crate::{
    Filter, LedgerError,
    report::{number, told},
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Amount,
    block::{Block, LENGTH, blocks},
    cost::CostMode,
    response::{Name, Quality},
};
use claudometer_store::{Store, Stored, Sums};
use claudometer_wire::{
    cost::{BlockReport, CostBlock},
    report::SCHEMA_VERSION,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct BlockQuery {
    /// Blocks that begin at this time or later, in UTC.
    pub since: Option<DateTime<Utc>>,
    /// Blocks that begin before this time, in UTC.
    pub until: Option<DateTime<Utc>>,
    /// What is counted.
    pub filter: Filter,
    /// Which cost counts.
    pub mode: CostMode,
    /// Now, in UTC.
    pub now: DateTime<Utc>,
    /// Ends of the five-hour windows that accounts told, ascending, by assistant.
    pub ends: BTreeMap<String, Vec<DateTime<Utc>>>,
}

/// The blocks of every assistant, the earliest first. Estimates are left out.
pub fn report(store: &mut Store, query: &BlockQuery) -> Result<BlockReport, LedgerError> {
    let mut by_agent: BTreeMap<Name, Vec<Stored>> = BTreeMap::new();
    // A block can begin with a response of up to five hours earlier, and that one's own block as well.
    let since = query.since.map(|since| since - LENGTH - LENGTH);
    store.responses(since, query.until.map(|until| until + LENGTH), &mut |stored| {
        let one = &stored.response;
        let takes =
            query.filter.takes_names(&stored.agent, &stored.device, &one.model, &one.project);
        if takes && stored.counts() && one.quality != Quality::Estimated {
            by_agent.entry(stored.agent.clone()).or_default().push(stored);
        }
    })?;
    let mut found = Vec::new();
    let mut unpriced: BTreeSet<Name> = BTreeSet::new();
    for (agent, mut responses) in by_agent {
        responses.sort_unstable_by_key(|stored| stored.response.at);
        let ends = query.ends.get(&*agent).map(Vec::as_slice).unwrap_or_default();
        let times = responses.iter().map(|stored| (stored.response.at, stored.response.tokens));
        let mut rest = responses.as_slice();
        for block in blocks(times, ends) {
            let (inside, after) = rest.split_at((block.responses as usize).min(rest.len()));
            rest = after;
            let is_asked_for = query.since.is_none_or(|since| block.start >= since)
                && query.until.is_none_or(|until| block.start < until);
            if is_asked_for {
                let nameless = inside.iter().filter(|stored| stored.cost().is_none());
                unpriced.extend(nameless.map(|stored| stored.response.model.clone()));
                found.push(shown(&agent, &block, inside, query));
            }
        }
    }
    found.sort_by(|one, other| (one.start, &one.agent).cmp(&(other.start, &other.agent)));
    Ok(BlockReport {
        schema_version: SCHEMA_VERSION,
        generated_at: query.now,
        mode: query.mode.code().to_owned(),
        blocks: found,
        blocks_left_out: 0,
        unpriced_models: unpriced.iter().map(ToString::to_string).collect(),
    })
}

fn shown(agent: &str, block: &Block, inside: &[Stored], query: &BlockQuery) -> CostBlock {
    let mut sums = Sums::default();
    for stored in inside {
        sums.add(&Sums::of(stored));
    }
    let models: BTreeSet<&Name> = inside.iter().map(|stored| &stored.response.model).collect();
    let sums = told(&sums, query.mode);
    let is_recent = block.from_account || query.now - block.last < LENGTH;
    let active = query.now < block.end() && is_recent;
    let spent = block.last - block.first;
    let minutes = (spent >= TimeDelta::minutes(1)).then(|| spent.as_seconds_f64() / 60.0);
    let per_minute = minutes.map(|minutes| sums.total_tokens as f64 / minutes);
    let per_hour = minutes.and_then(|minutes| Some(sums.cost_usd? * 60.0 / minutes));
    let left = (block.end() - query.now).as_seconds_f64().max(0.0) / 60.0;
    let cents = |dollars: f64| {
        let text = format!("{dollars:.6}");
        text.parse::<Amount>().map_or(dollars, number)
    };
    CostBlock {
        agent: agent.to_owned(),
        start: block.start,
        end: block.end(),
        from_account: block.from_account,
        active,
        first: block.first,
        last: block.last,
        models: models.into_iter().map(ToString::to_string).collect(),
        tokens_per_minute: per_minute.map(|tokens| (tokens * 10.0).round() / 10.0),
        cost_usd_per_hour: per_hour.map(cents),
        projected_tokens: per_minute
            .filter(|_| active)
            .map(|tokens| sums.total_tokens + (tokens * left).round() as u64),
        projected_cost_usd: per_hour
            .filter(|_| active)
            .and_then(|dollars| Some(cents(sums.cost_usd? + dollars * left / 60.0))),
        sums,
    }
}
