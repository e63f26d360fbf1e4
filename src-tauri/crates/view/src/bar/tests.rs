//! Every form of bar, as a bar would get it.

use super::*;
use crate::fixture::{acme, context, failure, seat, window};
use crate::{Extras, cards};
use claudometer_core::{SeatState, Trouble, UsageSnapshotBundle};

fn bundle(seats: Vec<SeatState>) -> Bundle {
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
    cards::bundle(&snapshot, &context(), &extras)
}

#[test]
fn every_form_says_the_same_in_its_own_way() {
    let calm = acme(vec![window("session", 37.0, Some("2026-09-15T14:00:00Z"))]);
    let mut low = acme(vec![window("weekly", 97.0, Some("2026-09-18T14:00:00Z"))]);
    low.provider.name = "Globex <&> | Co".into();
    let mut out = seat("initech", "Initech", "In");
    out.fail(failure(Trouble::AuthMissing, 1));
    let bundle = bundle(vec![calm, low, out]);
    let (waybar, i3bar) = (waybar(&bundle), i3bar(&bundle));
    let lines = [text(&bundle), tmux(&bundle), polybar(&bundle), xbar(&bundle)].join("\n");
    insta::assert_snapshot!(format!("{lines}\n{waybar:#?}\n{i3bar:#?}"));
}

#[test]
fn nothing_found_is_a_line_too_without_a_percentage() {
    let empty = bundle(Vec::new());
    assert_eq!(text(&empty), "No assistants found\n");
    assert_eq!((waybar(&empty).percentage, waybar(&empty).class), (None, "unknown"));
}
