//! Who comes first, and why.

use super::*;
use crate::{
    Extras,
    fixture::{acme, context, failure, seat, window},
    report,
};
use claudometer_core::{SeatState, Trouble, UsageSnapshotBundle};

fn named(id: &'static str, mut state: SeatState) -> SeatState {
    state.seat.provider = claudometer_core::ProviderId::new(id);
    state
}

fn report_of(seats: Vec<SeatState>) -> Report {
    let extras = Extras {
        labels: &|_, source| source.to_string(),
        demo: false,
        debug: false,
        remarks: Vec::new(),
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| None,
        service: &|_| None,
        today: &|_| None,
    };
    let snapshot = UsageSnapshotBundle { seq: 1, seats, refreshing: false };
    report::report(&snapshot, &context(), &extras)
}

fn four() -> Report {
    let reset = Some("2026-09-15T14:00:00Z");
    let mut signed_out = seat("initech", "Initech", "In");
    signed_out.fail(failure(Trouble::AuthMissing, 1));
    report_of(vec![
        signed_out,
        named("used-up", acme(vec![window("session", 100.0, reset)])),
        named(
            "some",
            acme(vec![window("session", 60.0, reset), window("weekly:opus", 90.0, None)]),
        ),
        named("much", acme(vec![window("session", 10.0, reset), window("weekly", 30.0, None)])),
        named("unknown", acme(Vec::new())),
    ])
}

#[test]
fn most_left_comes_first_then_the_unknown_then_what_cannot_be_used() {
    let ranking = ranking(&four(), None, &[]);
    let order: Vec<_> =
        ranking.iter().map(|one| (one.provider.as_str(), one.left_percent)).collect();
    assert_eq!(
        order,
        [
            ("much", Some(70.0)),
            ("some", Some(10.0)),
            ("unknown", None),
            ("used-up", Some(0.0)),
            ("initech", None)
        ]
    );
    assert_eq!(ranking[0].reason, "Weekly binds first: 70% left");
    assert!(ranking[3].reason.contains("resets in 2 h"), "{}", ranking[3].reason);
    assert!(!ranking[3].usable && !ranking[4].usable && ranking[2].usable);
}

#[test]
fn a_window_of_another_model_does_not_bind() {
    let left = |model| {
        let ranking = ranking(&four(), Some(model), &["some".to_owned()]);
        assert_eq!(ranking.len(), 1);
        ranking[0].left_percent
    };
    assert_eq!(left("big-opus-4"), Some(10.0));
    assert_eq!(left("sonnet"), Some(40.0));
}
