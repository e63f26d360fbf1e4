//! What sessions cost. There may be hundreds of thousands: first each is known by a few numbers only, then the rows are made in
//! the order in which they are told, some thousands at a time.

use super::{EachRow, Group, Query, Whole, cost};
use crate::LedgerError;
use chrono::NaiveDate;
use claudometer_core::Amount;
use claudometer_store::{SessionNumber, Sessions, Store, Sums};
use claudometer_wire::cost::CostReport;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

/// Rows that are made at a time.
const AT_ONCE: usize = 20_000;

/// What the order of the rows depends on.
#[derive(Default, Clone, Copy)]
struct Weight {
    cost: Amount,
    tokens: u64,
}

/// Tells the sessions, the dearest first.
pub(super) fn stream(
    store: &mut Store,
    query: &Query<'_>,
    prices_as_of: Option<NaiveDate>,
    plans: &BTreeMap<String, Amount>,
    each: &mut EachRow<'_>,
) -> Result<CostReport, LedgerError> {
    stream_some(store, query, (prices_as_of, plans), AT_ONCE, each)
}

fn stream_some(
    store: &mut Store,
    query: &Query<'_>,
    (prices_as_of, plans): (Option<NaiveDate>, &BTreeMap<String, Amount>),
    at_once: usize,
    each: &mut EachRow<'_>,
) -> Result<CostReport, LedgerError> {
    let mut whole = Whole::default();
    let mut weights: HashMap<SessionNumber, Weight> = HashMap::new();
    let (since, until) = (query.since, query.until);
    store.days_by_session(since, until, Sessions::Nameless, &mut |key, session, sums| {
        if whole.takes(query, &key, &sums) {
            let weight = weights.entry(session).or_default();
            weight.cost = weight.cost + cost(&sums, query.mode);
            weight.tokens = weight.tokens.saturating_add(sums.tokens.total());
        }
    })?;
    let mut order: Vec<(SessionNumber, Weight)> = weights.into_iter().collect();
    order.sort_unstable_by_key(|(session, weight)| {
        (Reverse((weight.cost, weight.tokens)), *session)
    });
    let shown = query.limit.unwrap_or(usize::MAX).min(order.len());
    let rows_left_out = (order.len() - shown) as u64;
    order.truncate(shown);
    let report = CostReport { rows_left_out, ..whole.report(query, prices_as_of, plans) };
    for some in order.chunks(at_once) {
        for (session, group) in groups(store, query, some)? {
            let name = store.session(session)?.to_string();
            each(&report, group.row(name, query))?;
        }
    }
    Ok(report)
}

/// Everything about some sessions, in their order.
fn groups(
    store: &mut Store,
    query: &Query<'_>,
    some: &[(SessionNumber, Weight)],
) -> Result<Vec<(SessionNumber, Group)>, LedgerError> {
    let places: HashMap<SessionNumber, usize> =
        some.iter().enumerate().map(|(place, (session, _))| (*session, place)).collect();
    let mut groups: Vec<(SessionNumber, Group)> =
        some.iter().map(|(session, _)| (*session, Group::default())).collect();
    let mut whole = Whole::default();
    let (since, until) = (query.since, query.until);
    store.days_by_session(since, until, Sessions::Nameless, &mut |key, session, sums: Sums| {
        if let Some(place) = places.get(&session)
            && whole.takes(query, &key, &sums)
        {
            groups[*place].1.add(&key, &sums);
        }
    })?;
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{By, Filter};
    use chrono::DateTime;
    use claudometer_core::{Response, Tokens, cost::CostMode, response::Key};
    use claudometer_host::clock::Zone;
    use claudometer_store::{Batch, Judge};

    /// A store of so many sessions, each of two days and dearer than the one before.
    fn store(sessions: u64) -> Store {
        let mut store = Store::in_memory().unwrap();
        let mut batch = Batch::default();
        for nth in 0..sessions * 2 {
            let (session, day) = (nth / 2, nth % 2);
            let at = DateTime::from_timestamp(1_788_220_800 + (day * 86_400).cast_signed(), 0);
            let response = Response {
                session: format!("session {session}").as_str().into(),
                model: "m".into(),
                tokens: Tokens { output: 1 + session / 2, ..Tokens::default() },
                ..Response::new(Key { message: nth + 1, request: 0 }, at.unwrap())
            };
            let price = Amount::cents(session.cast_signed());
            batch.add(&"acme".into(), &"desk".into(), &response, Some(price));
        }
        let price =
            |response: &Response| Some(Amount::cents((response.key.message / 2).cast_signed()));
        store.keep(batch, Judge { price: &price, day: &|at| at.date_naive() }).unwrap();
        store.set_fact("zone", "UTC").unwrap();
        store
    }

    #[test]
    fn rows_come_the_dearest_first_however_many_are_made_at_a_time() {
        let (mut store, zone) = (store(50), Zone::named("UTC").unwrap());
        let query = |limit| Query {
            by: By::Session,
            since: None,
            until: None,
            hour: None,
            filter: Filter::default(),
            mode: CostMode::Auto,
            breakdown: false,
            zone: ("UTC", &zone),
            week_ends: BTreeMap::new(),
            limit,
            now: DateTime::UNIX_EPOCH,
            today: NaiveDate::default(),
        };
        let plans = BTreeMap::new();
        let mut told = |at_once, limit| {
            let mut rows = Vec::new();
            let each = &mut |report: &CostReport, row: claudometer_wire::cost::CostRow| {
                assert_eq!(report.total.responses, 100, "the total is of all");
                rows.push((row.key, row.sums.responses));
                Ok(())
            };
            stream_some(&mut store, &query(limit), (None, &plans), at_once, each).unwrap();
            rows
        };
        let expected: Vec<_> = (0..50).rev().map(|nth| (format!("session {nth}"), 2)).collect();
        for at_once in [1, 7, 50, 1000] {
            assert_eq!(told(at_once, None), expected, "{at_once}");
        }
        assert_eq!(told(3, Some(10)), expected[..10]);
    }
}
