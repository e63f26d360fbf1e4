//! What `claudometer usage` prints.

use super::*;
use crate::{
    Extras,
    fixture::{acme, ago, at, context, failure, label, seat, window, zeta},
};
use claudometer_core::{Account, Origin, SeatState, Trouble, UsageSnapshotBundle, Window};
use claudometer_wire::{FirstRun, Level, Looked};

fn bundle(seats: Vec<SeatState>) -> Bundle {
    let looked = Looked {
        provider: "acme".into(),
        name: "Acme".into(),
        places: vec!["~/.acme/login.json".into(), "the system's keyring".into()],
        sign_in: "Run `acme login`; Claudometer notices by itself.".into(),
    };
    let extras = Extras {
        labels: &label,
        demo: false,
        debug: false,
        remarks: Vec::new(),
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| Some(FirstRun { looked: vec![looked.clone()] }),
        service: &|_| None,
        today: &|_| None,
    };
    crate::bundle(&UsageSnapshotBundle { seq: 1, seats, refreshing: false }, &context(), &extras)
}

/// Every state in one picture.
fn all() -> Bundle {
    let windows = vec![
        window("session", 37.0, Some("2026-09-15T14:10:00Z")),
        window("weekly", 100.0, Some("2026-09-18T09:00:00Z")),
        Window { used: None, ..window("weekly:Fable", 0.0, None) },
        window("weekly:Opus", 96.0, Some("2026-09-18T09:00:00Z")),
    ];
    let account = Some(Account { email: Some("dana@example.com".into()), ..Account::default() });
    let calm = SeatState { account, ..acme(windows) };
    let mut old = SeatState {
        failure: Some(failure(Trouble::RateLimited, 2)),
        next_poll: Some(at("2026-09-15T14:32:00Z")),
        ..zeta()
    };
    old.windows[0].stamp.at = ago(40);
    old.windows[0].value.resets_at = Some(at("2026-09-15T11:50:00Z"));
    let out = SeatState {
        failure: Some(failure(Trouble::AuthExpired, 1)),
        origin: Origin::Demo,
        ..seat("yota", "Yota", "YO")
    };
    let mut bundle = bundle(vec![calm, old, out]);
    let meter = &mut bundle.cards[0].meters[0];
    (meter.expected, meter.projected, meter.pace) =
        (Some(57.0), Some(65.0), Some("20 points in reserve".into()));
    let meter = &mut bundle.cards[0].meters[3];
    (meter.expected, meter.projected, meter.pace) =
        (Some(58.0), Some(165.0), Some("runs out Wed 02:00".into()));
    bundle
}

#[test]
fn at_80_columns_without_colour() {
    insta::assert_snapshot!(usage(
        &all(),
        &Style { width: 80, color: false, ascii: false, whole: false }
    ));
}

#[test]
fn at_120_columns_without_colour() {
    insta::assert_snapshot!(usage(
        &all(),
        &Style { width: 120, color: false, ascii: false, whole: false }
    ));
}

#[test]
fn at_80_columns_with_colour() {
    insta::assert_snapshot!(
        usage(&all(), &Style { width: 80, color: true, ascii: false, whole: false })
            .replace('\u{1b}', "^")
    );
}

#[test]
fn at_120_columns_with_colour() {
    insta::assert_snapshot!(
        usage(&all(), &Style { width: 120, color: true, ascii: false, whole: false })
            .replace('\u{1b}', "^")
    );
}

#[test]
fn on_a_dumb_terminal() {
    let text = usage(&all(), &Style { width: 80, color: false, ascii: true, whole: false });
    assert!(text.is_ascii());
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_found_says_what_was_looked_for() {
    insta::assert_snapshot!(usage(
        &bundle(Vec::new()),
        &Style { width: 80, color: false, ascii: false, whole: false }
    ));
}

#[test]
fn many_assistants_of_which_none_was_found_are_named_in_a_few_lines() {
    let mut bundle = bundle(vec![]);
    let looked = bundle.first_run.as_mut().unwrap();
    let one = looked.looked[0].clone();
    looked.looked.extend((0..12).map(|nth| Looked { name: format!("Other {nth}"), ..one.clone() }));
    insta::assert_snapshot!(usage(
        &bundle,
        &Style { width: 80, color: false, ascii: false, whole: false }
    ));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in [40, 60, 80, 100, 120, 200] {
        let text = usage(&all(), &Style { width, color: false, ascii: false, whole: false });
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        assert!(widest <= width, "{widest} at {width}\n{text}");
    }
}

#[test]
fn colours_change_no_letter() {
    let plain = usage(&all(), &Style { width: 100, color: false, ascii: false, whole: false });
    let mut colored = usage(&all(), &Style { width: 100, color: true, ascii: false, whole: false });
    for code in ["0", "1", "2", "33", "1;31"] {
        colored = colored.replace(&format!("\u{1b}[{code}m"), "");
    }
    let trimmed: Vec<_> = colored.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
}

#[test]
fn every_level_has_a_word_beside_its_colour() {
    for card in all().cards {
        for meter in card.meters.iter().filter(|meter| meter.level > Level::Calm) {
            assert!(notes(meter)[0].starts_with(&meter.level_word) && !meter.level_word.is_empty());
        }
    }
}
