//! Merging: freshest wins per window, failures erase nothing, accounts never mix.

use super::*;
use crate::{Amount, Percent, Trouble, WindowKind};
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
