//! Words, row by row.

use super::*;
use crate::fixture::{at, context, window};
use claudometer_core::{Coverage, Scope};
use proptest::prelude::*;

fn used(value: f64) -> Option<Percent> {
    Percent::new(value)
}

#[test]
fn a_percent_says_hundred_only_when_it_is_and_zero_only_when_nothing_is_used() {
    let context = context();
    for (value, shown, left) in [
        (0.0, "0 %", "100 % left"),
        (0.2, "1 %", "99 % left"),
        (0.5, "1 %", "99 % left"),
        (37.4, "37 %", "63 % left"),
        (37.5, "38 %", "62 % left"),
        (99.7, "99 %", "1 % left"),
        (100.0, "100 %", "0 % left"),
        (103.6, "104 %", "0 % left"),
    ] {
        assert_eq!(figure(used(value), &context), shown, "{value}");
        let mut left_context = context.clone();
        left_context.display.figure = FigureOf::Left;
        assert_eq!(figure(used(value), &left_context), left, "{value}");
    }
}

#[test]
fn what_nobody_told_is_not_reported_whatever_is_chosen() {
    let mut context = context();
    for choice in [FigureOf::Used, FigureOf::Left] {
        context.display.figure = choice;
        assert_eq!(figure(None, &context), "not reported");
        assert_eq!(worded_figure(None, &context), "not reported");
    }
}

#[test]
fn durations_have_two_units_and_round_down() {
    for (seconds, shown) in [
        (-5, "< 1 m"),
        (0, "< 1 m"),
        (59, "< 1 m"),
        (60, "1 m"),
        (3_599, "59 m"),
        (3_600, "1 h"),
        (7_859, "2 h 10 m"),
        (86_399, "23 h 59 m"),
        (86_400, "1 d"),
        (90_061, "1 d 1 h"),
        (8 * 86_400 + 3_599, "8 d"),
    ] {
        assert_eq!(duration(TimeDelta::seconds(seconds)), shown, "{seconds}");
    }
}

#[test]
fn ages_say_minutes_then_two_units() {
    let context = context();
    for (seconds, age_shown, old_shown) in [
        (-600, "just now", "new"),
        (59, "just now", "new"),
        (60, "1 min ago", "1 min old"),
        (270, "4 min ago", "4 min old"),
        (7_800, "2 h 10 m ago", "2 h 10 m old"),
        (200_000, "2 d 7 h ago", "2 d 7 h old"),
    ] {
        let then = context.now - TimeDelta::seconds(seconds);
        assert_eq!(
            (age(then, &context).as_str(), old(then, &context).as_str()),
            (age_shown, old_shown),
            "{seconds}"
        );
    }
}

#[test]
fn moments_are_clock_then_weekday_then_date() {
    let context = context(); // Tuesday 2026-09-15 12:00 UTC
    for (then, shown) in [
        ("2026-09-15T17:00:00Z", "17:00"),
        ("2026-09-15T00:00:00Z", "00:00"),
        ("2026-09-16T00:00:00Z", "Wed 00:00"),
        ("2026-09-21T09:30:00Z", "Mon 09:30"),
        ("2026-09-22T09:30:00Z", "Sep 22"),
        ("2026-09-12T09:30:00Z", "Sat 09:30"),
        ("2027-01-01T00:00:00Z", "Jan 1"),
        ("2027-09-15T00:00:00Z", "2027-09-15"),
    ] {
        assert_eq!(moment(at(then), &context), shown, "{then}");
    }
}

#[test]
fn a_moment_is_told_with_the_offset_of_its_own_day() {
    // Berlin: the clocks go back on 2026-10-25 at 01:00 UTC.
    fn berlin(at: DateTime<Utc>) -> i32 {
        if at.timestamp() < 1_792_890_000 { 7_200 } else { 3_600 }
    }
    let mut context = context();
    context.offset_s = berlin;
    context.now = at("2026-10-24T20:00:00Z");
    assert_eq!(moment(at("2026-10-24T21:30:00Z"), &context), "23:30");
    assert_eq!(moment(at("2026-10-25T11:00:00Z"), &context), "Sun 12:00");
    assert_eq!(resets(at("2026-10-25T11:00:00Z"), &context), "resets Sun 12:00 (in 15 h)");
}

#[test]
fn a_moment_follows_the_locale() {
    let mut context = context();
    for (locale, today, week, beyond) in [
        ("en_US", "5:00 PM", "Thu 9:00 AM", "10/01"),
        ("en_GB", "17:00", "Thu 09:00", "1 Oct"),
        ("de_DE", "17:00", "Do 09:00", "01.10"),
    ] {
        context.locale = Locale::named(locale);
        let shown = ["2026-09-15T17:00:00Z", "2026-09-17T09:00:00Z", "2026-10-01T09:00:00Z"]
            .map(|then| moment(at(then), &context));
        assert_eq!(shown, [today, week, beyond], "{locale}");
    }
}

#[test]
fn a_reset_is_told_as_clock_and_countdown_or_as_chosen() {
    let mut context = context();
    let then = at("2026-09-15T14:10:00Z");
    assert_eq!(resets(then, &context), "resets 14:10 (in 2 h 10 m)");
    assert_eq!(resets_short(then, &context), "14:10");
    context.display.reset = ResetAs::Countdown;
    assert_eq!(resets_short(then, &context), "2 h 10 m");
    let past = at("2026-09-15T11:00:00Z");
    assert_eq!(resets_short(past, &context), "11:00");
    assert_eq!(rolled_over(Some(past), &context), "reset at 11:00, not yet seen again");
    assert_eq!(rolled_over(None, &context), "not yet seen again");
}

#[test]
fn money_stands_as_people_write_it() {
    let mut context = context();
    for (cents, currency, shown, german) in [
        (1_512, "USD", "$15.12", "$15,12"),
        (500, "EUR", "€5.00", "€5,00"),
        (-350, "USD", "-$3.50", "-$3,50"),
        (1_250, "CHF", "12.50 CHF", "12,50 CHF"),
        (50_000, "JPY", "500 JPY", "500 JPY"),
    ] {
        context.locale = Locale::posix();
        assert_eq!(money(Amount::cents(cents), currency, &context), shown);
        context.locale = Locale::named("de_DE");
        assert_eq!(money(Amount::cents(cents), currency, &context), german);
    }
}

#[test]
fn balances_are_counted_in_their_own_unit() {
    let context = context();
    let balance = |cents: i64, unit| Credits::left(Amount::cents(cents), unit);
    let money = |code: &str| CreditUnit::of(code).unwrap();
    for (value, shown) in [
        (balance(725, CreditUnit::Credits), "7.25 credits"),
        (balance(100, CreditUnit::Credits), "1 credit"),
        (balance(30_000, CreditUnit::Requests), "300 requests"),
        (balance(500, CreditUnit::USD), "$5.00"),
        (balance(1_250, CreditUnit::Points), "12.5 points"),
        (Credits { unlimited: true, ..balance(0, CreditUnit::Credits) }, "unlimited"),
        (Credits { balance: None, ..balance(0, CreditUnit::Credits) }, "not reported"),
        (
            Credits { expires_at: Some(at("2026-10-01T00:00:00Z")), ..balance(500, money("eur")) },
            "€5.00 until Oct 1",
        ),
        (balance(7_146, money("cny")), "71.46 CNY"),
        (balance(50_000, money("jpy")), "500 JPY"),
        (Credits::used(Amount::whole(386), CreditUnit::Credits), "386 credits used"),
        (
            Credits { used: Some(Amount::cents(910)), ..balance(1_090, CreditUnit::USD) },
            "$10.90 left, $9.10 used",
        ),
    ] {
        assert_eq!(credits(&value, &context), shown);
    }
}

#[test]
fn counts_above_9999_are_shortened() {
    let context = context();
    for (value, shown) in [
        (0, "0"),
        (9_999, "9999"),
        (10_000, "10.0 k"),
        (12_345, "12.3 k"),
        (999_949, "999.9 k"),
        (999_950, "1.0 M"),
        (45_200_000, "45.2 M"),
        (7_000_000_000, "7.0 G"),
        (u64::MAX, "18446744.1 T"),
    ] {
        assert_eq!(count(value, &context), shown, "{value}");
    }
}

#[test]
fn windows_are_named_by_kind_and_scope() {
    let scope = |pool: Option<&str>, model: Option<&str>, surface: Option<&str>| Scope {
        pool: pool.map(str::to_owned),
        model: model.map(str::to_owned),
        surface: surface.map(str::to_owned),
    };
    for (kind, minutes, scope, label) in [
        (WindowKind::Session, Some(300), Scope::default(), "Session"),
        (WindowKind::Weekly, None, Scope::default(), "Weekly"),
        (WindowKind::Weekly, None, scope(None, Some("Opus"), None), "Weekly · Opus"),
        (WindowKind::Session, None, scope(Some("Spark"), None, None), "Spark · Session"),
        (WindowKind::Weekly, None, scope(None, None, Some("Cowork")), "Weekly · Cowork"),
        (WindowKind::Other, Some(720), Scope::default(), "Every 12 h"),
        (WindowKind::Other, None, Scope::default(), "Limit"),
        (WindowKind::Rolling, Some(1_440), Scope::default(), "Last 1 d"),
    ] {
        let named = Window { kind, minutes, scope, ..window("x", 1.0, None) };
        assert_eq!(window_label(&named), label);
    }
}

#[test]
fn every_trouble_has_a_title_of_its_own() {
    let mut titles: Vec<_> = Trouble::ALL.into_iter().map(trouble).collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(titles.len(), Trouble::ALL.len());
}

#[test]
fn the_status_line_says_model_and_windows() {
    let mut context = context();
    let windows = vec![
        window("session", 37.0, Some("2026-09-15T17:00:00Z")),
        Window { used: None, ..window("weekly", 1.0, None) },
    ];
    let reading = Reading { windows, ..Reading::empty(Coverage::Partial) };
    assert_eq!(
        status_line(&reading, Some("Opus 4"), &["today $4.20".to_owned()], &context),
        "Opus 4 · Session 37 %, resets 17:00 · today $4.20"
    );
    context.display.reset = ResetAs::Countdown;
    assert_eq!(status_line(&reading, None, &[], &context), "Session 37 %, resets in 5 h");
}

#[test]
fn sentences_end_with_one_stop() {
    for (text, shown) in
        [("", ""), (" the vendor asks to wait", "The vendor asks to wait."), ("Done.", "Done.")]
    {
        assert_eq!(sentence(text), shown);
    }
}

proptest! {
    #[test]
    fn no_number_and_no_time_makes_it_panic(value: f64, seconds in -8_000_000_000_i64..200_000_000_000, offset: i32, whole: u64) {
        fn nonsense(_: DateTime<Utc>) -> i32 { i32::MAX }
        let mut context = context();
        if offset % 2 == 0 {
            context.offset_s = nonsense;
        }
        for locale in ["C", "en_US", "fa_IR", "ja_JP"] {
            context.locale = Locale::named(locale);
            let then = DateTime::from_timestamp(seconds, 0).unwrap_or_default();
            let texts = [
                figure(Percent::new(value), &context), age(then, &context), old(then, &context), moment(then, &context),
                resets(then, &context), count(whole, &context), duration(TimeDelta::seconds(seconds)),
            ];
            prop_assert!(texts.iter().all(|text| !text.is_empty()));
        }
    }

    #[test]
    fn used_and_left_always_add_up(value in 0.0..200.0_f64) {
        let mut context = context();
        let Some(used) = Percent::new(value) else { return Ok(()) };
        let shown = chosen_percent(used, &context);
        context.display.figure = FigureOf::Left;
        prop_assert_eq!(chosen_percent(used, &context), 100_u64.saturating_sub(shown));
    }
}
