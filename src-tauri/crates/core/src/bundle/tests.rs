//! Merging: freshest wins per window, failures erase nothing, accounts never mix.

use super::*;
use crate::{Amount, CreditUnit, Percent, Trouble, WindowKind};
use proptest::prelude::*;

const POLL: SourceId = SourceId::new("oauth");
const LINE: SourceId = SourceId::new("statusline");

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
}

fn seat() -> SeatState {
    let id = ProviderId::new("acme");
    let info = ProviderInfo {
        id: id.clone(),
        name: "Acme".into(),
        short: "AC".into(),
        dashboard: String::new(),
    };
    SeatState::unknown(Seat { provider: id, account: AccountKey::new("default") }, info)
}

fn window(id: &str, used: f64) -> Window {
    let kind = if id.starts_with("session") { WindowKind::Session } else { WindowKind::Weekly };
    Window {
        id: id.into(),
        kind,
        scope: crate::Scope::default(),
        used: Percent::new(used),
        resets_at: None,
        minutes: None,
        unlimited: false,
    }
}

fn reading(coverage: Coverage, windows: &[(&str, f64)]) -> Reading {
    Reading {
        windows: windows.iter().map(|(id, used)| window(id, *used)).collect(),
        ..Reading::empty(coverage)
    }
}

fn failure(trouble: Trouble, minute: i64) -> Failure {
    Failure {
        trouble,
        source: Some(POLL),
        detail: String::new(),
        remedy: String::new(),
        since: at(minute),
        at: at(minute),
        shape: None,
    }
}

fn figures(state: &SeatState) -> Vec<(&str, Option<f64>)> {
    state
        .windows
        .iter()
        .map(|seen| (seen.value.id.as_str(), seen.value.used.map(Percent::get)))
        .collect()
}

#[test]
fn a_failure_erases_no_number_and_a_later_answer_ends_it() {
    let mut state = seat();
    state.observe(reading(Coverage::Complete, &[("session", 10.0)]), &POLL, at(0));
    state.fail(failure(Trouble::UpstreamDown, 5));
    state.fail(failure(Trouble::UpstreamDown, 10));
    assert_eq!(figures(&state), [("session", Some(10.0))]);
    assert_eq!(state.failure.as_ref().map(|f| (f.since, f.at)), Some((at(5), at(10))));
    let stamp = state.windows[0].stamp.clone();
    assert_eq!(state.freshness(&stamp, None, at(10)), Freshness::Stale);
    state.observe(reading(Coverage::Complete, &[("session", 11.0)]), &POLL, at(11));
    assert_eq!(state.failure, None);
}

#[test]
fn a_partial_answer_updates_its_own_windows_and_leaves_the_others() {
    let mut state = seat();
    state.observe(
        reading(Coverage::Complete, &[("session", 10.0), ("weekly", 20.0), ("weekly:opus", 5.0)]),
        &POLL,
        at(0),
    );
    state.observe(reading(Coverage::Partial, &[("session", 12.0)]), &LINE, at(1));
    assert_eq!(
        figures(&state),
        [("session", Some(12.0)), ("weekly", Some(20.0)), ("weekly:opus", Some(5.0))]
    );
    assert_eq!(state.windows[0].stamp.via, LINE);
}

#[test]
fn an_older_answer_does_not_overwrite_a_fresher_window() {
    let mut state = seat();
    state.observe(reading(Coverage::Partial, &[("session", 12.0)]), &LINE, at(10));
    let late = Reading {
        as_of: Some(at(3)),
        ..reading(Coverage::Complete, &[("session", 9.0), ("weekly", 1.0)])
    };
    state.observe(late, &POLL, at(11));
    assert_eq!(figures(&state), [("session", Some(12.0)), ("weekly", Some(1.0))]);
}

#[test]
fn a_window_that_a_complete_answer_leaves_out_is_gone() {
    let mut state = seat();
    state.observe(
        reading(Coverage::Complete, &[("session", 10.0), ("weekly", 20.0)]),
        &POLL,
        at(0),
    );
    state.observe(reading(Coverage::Complete, &[("weekly", 21.0)]), &POLL, at(5));
    assert_eq!(figures(&state), [("weekly", Some(21.0))]);
}

#[test]
fn numbers_of_another_account_are_refused() {
    let mut state = seat();
    let of = |email: &str| Some(Account { email: Some(email.into()), ..Account::default() });
    let mine = Reading {
        account: of("dana@example.com"),
        ..reading(Coverage::Complete, &[("session", 10.0)])
    };
    let theirs = Reading {
        account: of("eli@example.com"),
        ..reading(Coverage::Complete, &[("session", 90.0)])
    };
    assert!(state.observe(mine, &POLL, at(0)));
    assert!(!state.observe(theirs, &POLL, at(1)));
    assert_eq!(figures(&state), [("session", Some(10.0))]);
}

#[test]
fn a_window_that_has_ended_is_history_until_it_is_seen_again() {
    let mut state = seat();
    state.observe(reading(Coverage::Complete, &[("session", 90.0)]), &POLL, at(0));
    let stamp = state.windows[0].stamp.clone();
    assert_eq!(state.freshness(&stamp, Some(at(5)), at(4)), Freshness::Fresh);
    assert_eq!(state.freshness(&stamp, Some(at(5)), at(5)), Freshness::RolledOver);
    assert_eq!(state.freshness(&stamp, None, at(60)), Freshness::Stale);
}

#[test]
fn spend_and_credits_survive_a_status_line_and_go_with_a_complete_answer() {
    let mut state = seat();
    let spend = Spend {
        used: Amount::cents(1512),
        limit: None,
        currency: "USD".into(),
        used_percent: None,
        resets_at: None,
    };
    state.observe(Reading { spend: Some(spend), ..reading(Coverage::Complete, &[]) }, &POLL, at(0));
    state.observe(reading(Coverage::Partial, &[("session", 1.0)]), &LINE, at(1));
    assert!(state.spend.is_some());
    state.observe(reading(Coverage::Complete, &[]), &POLL, at(2));
    assert!(state.spend.is_none());
}

proptest! {
    #[test]
    fn whatever_the_order_of_partial_answers_the_freshest_figure_stands(mut answers in prop::collection::vec((0_i64..500, 0_u8..100), 1..12)) {
        answers.sort_unstable();
        answers.dedup_by_key(|(minute, _)| *minute);
        let newest = answers[answers.len() - 1];
        let mut shuffled = answers.clone();
        shuffled.reverse();
        for order in [answers, shuffled] {
            let mut state = seat();
            for (minute, used) in order {
                let seen = Reading { as_of: Some(at(minute)), ..reading(Coverage::Partial, &[("session", f64::from(used))]) };
                state.observe(seen, &LINE, at(600));
            }
            prop_assert_eq!(figures(&state), vec![("session", Some(f64::from(newest.1)))]);
        }
    }
}

#[test]
fn a_poorer_answer_takes_no_figure_away() {
    let mut state = seat();
    state.observe(reading(Coverage::Complete, &[("session", 10.0)]), &POLL, at(0));
    let unknown = Window { used: None, ..window("session", 0.0) };
    let poorer = Reading { windows: vec![unknown.clone()], ..Reading::empty(Coverage::Complete) };
    state.observe(poorer, &POLL, at(5));
    assert_eq!(figures(&state), [("session", Some(10.0))]);
    assert_eq!(state.windows[0].stamp.at, at(0), "it is as old as it was");
    let unlimited = Window { unlimited: true, ..unknown };
    let freed = Reading { windows: vec![unlimited], ..Reading::empty(Coverage::Complete) };
    state.observe(freed, &POLL, at(6));
    assert!(state.windows[0].value.unlimited && state.windows[0].value.used.is_none());
}

fn balances(state: &SeatState) -> Vec<(Option<&str>, String, String)> {
    let told = state.credits.iter().map(|seen| {
        let balance = seen.value.balance.map_or_else(String::new, |left| left.to_string());
        (seen.value.name.as_deref(), balance, seen.value.unit.to_string())
    });
    told.collect()
}

#[test]
fn several_balances_are_kept_apart_by_name_and_unit() {
    let mut state = seat();
    let yuan = CreditUnit::of("cny").unwrap();
    let all = |coverage, credits| Reading { credits, ..Reading::empty(coverage) };
    let dollars = |left| Credits::left(Amount::whole(left), CreditUnit::USD);
    let first = vec![dollars(9).named("Acme"), dollars(5), Credits::left(Amount::whole(7), yuan)];
    state.observe(all(Coverage::Complete, first), &POLL, at(0));
    state.observe(all(Coverage::Partial, vec![dollars(4)]), &LINE, at(1));
    let text = |text: &str| text.to_owned();
    assert_eq!(
        balances(&state),
        [
            (None, text("4"), text("usd")),
            (None, text("7"), text("cny")),
            (Some("Acme"), text("9"), text("usd"))
        ]
    );
    state.observe(all(Coverage::Complete, vec![dollars(3)]), &POLL, at(2));
    assert_eq!(balances(&state), [(None, text("3"), text("usd"))]);
}

#[test]
fn a_state_that_the_release_before_wrote_is_read() {
    let mut state = serde_json::to_value(seat()).unwrap();
    let balance = serde_json::json!({
        "value": {"balance": "7.25", "unit": "eur", "unlimited": false, "expires_at": null},
        "at": "2026-09-15T12:00:00Z", "via": "oauth",
    });
    for (told, left) in [(balance, vec!["7.25"]), (serde_json::Value::Null, vec![])] {
        state["credits"] = told;
        state["windows"] = serde_json::json!([{
            "value": {"id": "session", "kind": "session", "used": 10.0, "resets_at": null, "minutes": 300},
            "at": "2026-09-15T12:00:00Z", "via": "oauth",
        }]);
        let read: SeatState = serde_json::from_value(state.clone()).unwrap();
        let known: Vec<_> = balances(&read).into_iter().map(|(_, left, _)| left).collect();
        assert_eq!(known, left);
        assert_eq!((read.windows[0].value.unlimited, figures(&read).len()), (false, 1));
    }
}
