//! Cards, row by row.

use super::*;
use crate::fixture::{acme, ago, at, context, failure, label, seat, stamp, window, zeta};
use claudometer_core::{
    Account, Amount, Credits, Percent, SavedResets, Seen, Trouble, Window,
    settings::{FigureOf, Metric},
};
use claudometer_wire::{Fresh, Level, Looked};

fn extras() -> Extras<'static> {
    Extras {
        labels: &label,
        demo: false,
        debug: false,
        remarks: Vec::new(),
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| None,
        service: &|_| None,
        today: &|_| None,
    }
}

fn snapshot(seats: Vec<SeatState>) -> UsageSnapshotBundle {
    UsageSnapshotBundle { seq: 7, seats, refreshing: false }
}

fn only(state: SeatState) -> Card {
    bundle(&snapshot(vec![state]), &context(), &extras()).cards.remove(0)
}

#[test]
fn a_level_follows_from_the_thresholds_of_its_kind() {
    for (used, thresholds, level) in [
        (None, &[80, 95][..], Level::Unknown),
        (Some(79.9), &[80, 95], Level::Calm),
        (Some(80.0), &[80, 95], Level::Watch),
        (Some(95.0), &[80, 95], Level::Low),
        (Some(100.0), &[80, 95], Level::Exhausted),
        (Some(90.0), &[90], Level::Low),
        (Some(85.0), &[50, 80, 95], Level::Watch),
        (Some(99.0), &[], Level::Calm),
        (Some(120.0), &[], Level::Exhausted),
    ] {
        assert_eq!(
            meter::level(used.and_then(Percent::new), thresholds),
            level,
            "{used:?} {thresholds:?}"
        );
    }
}

#[test]
fn thresholds_of_a_kind_go_before_the_general_ones() {
    let mut context = context();
    context.alerts.thresholds_by_kind.insert("weekly".into(), vec![10, 20]);
    let windows = vec![window("session", 15.0, None), window("weekly", 15.0, None)];
    let cards = bundle(&snapshot(vec![acme(windows)]), &context, &extras()).cards;
    let levels: Vec<_> = cards[0].meters.iter().map(|meter| meter.level).collect();
    assert_eq!(levels, [Level::Calm, Level::Watch]);
}

#[test]
fn a_meter_says_everything_in_one_sentence() {
    let stale = |mut state: SeatState| {
        state.windows[0].stamp.at = ago(40);
        state
    };
    let unreported = Window { used: None, ..window("session", 0.0, None) };
    for (state, sentence) in [
        (
            acme(vec![window("session", 37.0, Some("2026-09-15T14:10:00Z"))]),
            "Session: 37 % used, resets 14:10 (in 2 h 10 m).",
        ),
        (acme(vec![window("weekly:Opus", 85.0, None)]), "Weekly · Opus: 85 % used, watch."),
        (
            acme(vec![window("session", 100.0, Some("2026-09-15T14:10:00Z"))]),
            "Session: 100 % used, used up, until 14:10 (in 2 h 10 m).",
        ),
        (acme(vec![unreported]), "Session: not reported."),
        (stale(acme(vec![window("session", 37.0, None)])), "Session: 37 % used, 40 min old."),
        (
            acme(vec![window("session", 92.0, Some("2026-09-15T11:58:00Z"))]),
            "Session: reset at 11:58, not yet seen again; 92 % used 4 min ago.",
        ),
    ] {
        let card = only(state);
        let said = card.meters[0].sentence.replace(", on pace", "");
        assert!(
            said == sentence || said.starts_with(sentence.trim_end_matches('.')),
            "{said}\n{sentence}"
        );
    }
}

#[test]
fn a_window_that_has_ended_has_no_present_value() {
    let card = only(acme(vec![window("session", 92.0, Some("2026-09-15T11:58:00Z"))]));
    let meter = &card.meters[0];
    assert_eq!(
        (meter.used, meter.level, meter.fresh, meter.expected),
        (None, Level::Unknown, Fresh::RolledOver, None)
    );
    assert_eq!(meter.resets.as_deref(), Some("reset at 11:58, not yet seen again"));
    assert_eq!(meter.provenance.as_deref(), Some("92 % used 4 min ago"));
    assert_eq!((card.worst, meter.figure.as_str()), (None, "not yet seen"));
}

#[test]
fn provenance_is_said_only_where_it_differs_from_the_card_or_the_number_is_old() {
    let mut other = acme(vec![window("session", 1.0, None), window("weekly", 2.0, None)]);
    other.windows[1].stamp = claudometer_core::Stamp { via: SourceId::new("log"), ..stamp(10) };
    let told: Vec<_> = only(other).meters.into_iter().map(|meter| meter.provenance).collect();
    assert_eq!(told, [None, Some("the log, 10 min ago".to_owned())]);
    let old = SeatState {
        failure: Some(failure(Trouble::UpstreamDown, 1)),
        ..acme(vec![window("session", 1.0, None)])
    };
    assert_eq!(only(old).meters[0].provenance.as_deref(), Some("4 min ago"));
}

#[test]
fn trouble_says_what_happened_what_comes_and_what_stands() {
    let limited = SeatState {
        failure: Some(failure(Trouble::RateLimited, 2)),
        next_poll: Some(at("2026-09-15T14:32:00Z")),
        ..acme(vec![window("session", 37.0, None)])
    };
    let signed_out = SeatState {
        failure: Some(failure(Trouble::AuthExpired, 2)),
        next_poll: Some(at("2026-09-15T14:32:00Z")),
        ..seat("acme", "Acme", "AC")
    };
    let wordless = SeatState {
        failure: Some(Failure { detail: " ".into(), ..failure(Trouble::UpstreamDown, 2) }),
        ..seat("acme", "Acme", "AC")
    };
    for (state, code, title, detail) in [
        (
            limited,
            "rate_limited",
            "rate limited",
            "The vendor asks to wait. Next try 14:32, last numbers 4 min old.",
        ),
        (signed_out, "auth_expired", "signed out", "The vendor asks to wait. No numbers yet."),
        (wordless, "upstream_down", "not reachable", "Not reachable. No numbers yet."),
    ] {
        let strip = only(state).trouble.unwrap_or_else(|| panic!("{code} has no strip"));
        assert_eq!(
            [strip.code.as_str(), strip.title.as_str(), strip.detail.as_str()],
            [code, title, detail]
        );
        assert_eq!(
            strip.remedy,
            "Nothing to do: Claudometer asks again when the vendor allows it."
        );
    }
}

#[test]
fn trouble_beside_numbers_keeps_the_numbers() {
    let card = only(SeatState {
        failure: Some(failure(Trouble::BadPayload, 1)),
        ..acme(vec![window("session", 37.0, None)])
    });
    assert_eq!((card.meters[0].used, card.meters[0].fresh), (Some(37.0), Fresh::Stale));
}

#[test]
fn every_attempt_is_told_with_its_reason() {
    let until = Some(at("2026-09-15T12:30:00Z"));
    let skipped = |why, until| AttemptResult::Skipped { why, until, trouble: None };
    let after = |why, trouble| AttemptResult::Skipped { why, until, trouble: Some(trouble) };
    let failed =
        |detail: &str| AttemptResult::Failed { trouble: Trouble::Blocked, detail: detail.into() };
    for (result, outcome, ok) in [
        (AttemptResult::Answered, "answered 1 min ago", true),
        (skipped(Skip::Floor, until), "asked only a short while ago, next try 12:30", false),
        (skipped(Skip::ServerPause, until), "the vendor asked to wait, next try 12:30", false),
        (
            after(Skip::ServerPause, Trouble::RateLimited),
            "the vendor asked to wait, next try 12:30",
            false,
        ),
        (
            after(Skip::ServerPause, Trouble::Blocked),
            "resting after a failure (blocked), next try 12:30",
            false,
        ),
        (
            after(Skip::Floor, Trouble::UpstreamDown),
            "asked only a short while ago (not reachable), next try 12:30",
            false,
        ),
        (skipped(Skip::LoginChanged, None), "the login changed while it was asked", false),
        (skipped(Skip::FailurePause, Some(ago(3))), "resting after repeated failure", false),
        (skipped(Skip::TurnedOff, None), "turned off in the settings", false),
        (skipped(Skip::OtherAccount, None), "signed in to another account", false),
        (failed("a bot filter answered"), "blocked: A bot filter answered.", false),
        (failed(""), "blocked", false),
    ] {
        let attempts = vec![Attempt { source: SourceId::new("web"), at: ago(1), result }];
        let card = only(SeatState { attempts, ..acme(Vec::new()) });
        let line = AttemptLine { source: "the web".into(), outcome: outcome.into(), ok };
        assert_eq!(card.attempts, [line]);
    }
}

#[test]
fn money_and_balances_have_their_places() {
    let card = only(SeatState {
        reset_credits: Some(Seen { value: SavedResets::of(2), stamp: stamp(1) }),
        limit_reached: true,
        ..zeta()
    });
    let lines: Vec<_> =
        card.lines.iter().map(|line| format!("{}: {}", line.label, line.value)).collect();
    assert_eq!(
        lines,
        ["Limit: reached, says the vendor", "Credits: 7.25 credits", "Resets by hand: 2 left"]
    );
    let spend = card.spend.map(|meter| (meter.figure, meter.used, meter.sentence));
    let sentence = "Extra usage: $15.12 of $50.00, resets Oct 1 (in 15 d 12 h).".to_owned();
    assert_eq!(spend, Some(("$15.12 of $50.00".to_owned(), Some(30.24), sentence)));
}

#[test]
fn several_balances_and_what_has_no_limit_are_told_in_words_under_names_of_their_own() {
    let unlimited = Window { used: None, unlimited: true, ..window("weekly", 0.0, None) };
    let told = |credits| Seen { value: credits, stamp: stamp(1) };
    let yuan = CreditUnit::of("cny").unwrap();
    let card = only(SeatState {
        credits: vec![
            told(Credits::left(Amount::whole(5), CreditUnit::USD)),
            told(Credits::left(Amount::whole(7), yuan)),
            told(Credits::used(Amount::whole(386), CreditUnit::Credits).named("Acme")),
        ],
        ..acme(vec![unlimited])
    });
    let lines: Vec<_> =
        card.lines.iter().map(|line| format!("{}: {}", line.label, line.value)).collect();
    assert_eq!(
        lines,
        ["Credits: $5.00", "Credits · CNY: 7.00 CNY", "Credits · Acme: 386 credits used"]
    );
    let meter = &card.meters[0];
    assert_eq!((meter.used, meter.unlimited, meter.figure.as_str()), (None, true, "unlimited"));
    assert_eq!((meter.level, meter.sentence.as_str()), (Level::Calm, "Weekly: unlimited."));
}

#[test]
fn a_card_says_whose_how_old_and_from_where() {
    let account = Account {
        email: Some("dana@example.com".into()),
        org: Some("Example".into()),
        ..Account::default()
    };
    let card = only(SeatState {
        account: Some(account),
        next_poll: Some(at("2026-09-15T12:05:00Z")),
        ..acme(Vec::new())
    });
    assert_eq!(card.seat, "acme/default");
    assert_eq!(card.account.as_deref(), Some("dana@example.com · Example"));
    assert_eq!(
        [card.age.as_deref(), card.source.as_deref(), card.next.as_deref()],
        [Some("4 min ago"), Some("the login"), Some("asks again 12:05")]
    );
}

#[test]
fn the_large_meter_and_the_headline_are_what_the_person_chose() {
    let windows = || {
        vec![
            window("session", 37.0, Some("2026-09-15T14:10:00Z")),
            window("weekly", 8.0, None),
            window("weekly:Opus", 96.0, None),
        ]
    };
    let mut context = context();
    for (metric, figure, worst, headline) in [
        (Metric::Worst, FigureOf::Used, "weekly:Opus", "Acme · Weekly · Opus 96 % used"),
        (
            Metric::Session,
            FigureOf::Left,
            "session",
            "Acme · Session 63 % left, resets 14:10 (in 2 h 10 m)",
        ),
        (Metric::Weekly, FigureOf::Used, "weekly", "Acme · Weekly 8 % used"),
    ] {
        (context.display.metric, context.display.figure) = (metric, figure);
        let bundle = bundle(&snapshot(vec![acme(windows())]), &context, &extras());
        assert_eq!(
            (bundle.cards[0].worst.as_deref(), bundle.headline.as_str()),
            (Some(worst), headline)
        );
    }
}

#[test]
fn without_a_number_the_headline_says_why() {
    let out =
        SeatState { failure: Some(failure(Trouble::AuthExpired, 1)), ..seat("acme", "Acme", "AC") };
    for (seats, refreshing, said) in [
        (vec![], false, "No assistants found"),
        (vec![seat("acme", "Acme", "AC")], true, "Acme · asking now"),
        (vec![seat("acme", "Acme", "AC")], false, "Acme · not reported"),
        (vec![out], false, "Acme · signed out"),
    ] {
        assert_eq!(headline(&UsageSnapshotBundle { seq: 0, seats, refreshing }, &context()), said);
    }
}

#[test]
fn what_was_looked_for_is_told_only_when_nothing_was_found() {
    let looked = Looked {
        provider: "acme".into(),
        name: "Acme".into(),
        places: Vec::new(),
        sign_in: String::new(),
    };
    let extras = Extras {
        first_run: &|| Some(FirstRun { looked: vec![looked.clone()] }),
        remarks: vec!["Test origin".into()],
        ..extras()
    };
    let empty = bundle(&snapshot(Vec::new()), &context(), &extras);
    assert_eq!((empty.first_run.is_some(), empty.seq, empty.remarks.len()), (true, 7, 1));
    assert_eq!(bundle(&snapshot(vec![zeta()]), &context(), &extras).first_run, None);
}

#[test]
fn numbers_that_are_not_live_say_so() {
    let demo = SeatState { origin: Origin::Demo, ..zeta() };
    let simulated = SeatState { origin: Origin::Simulated, ..acme(Vec::new()) };
    let bundle = bundle(&snapshot(vec![demo, simulated]), &context(), &extras());
    let badges: Vec<_> = bundle.cards.iter().map(|card| card.badge.as_deref()).collect();
    assert_eq!((bundle.demo, badges), (true, vec![Some("demo"), Some("simulated")]));
}
