//! Tests of the tables of cost.

use super::*;
use crate::fixture::{at, context};
use claudometer_core::cost::CostSettings;
use claudometer_wire::cost::CostPart;

fn sums(responses: u64, scale: u64, cost_usd: Option<f64>, unpriced: u64) -> CostSums {
    CostSums {
        responses,
        input_tokens: 12 * scale,
        output_tokens: 34 * scale,
        reasoning_tokens: 0,
        cache_read_tokens: 5600 * scale,
        cache_write_tokens: 78 * scale,
        cache_write_1h_tokens: 0,
        total_tokens: 5724 * scale,
        cost_usd,
        unpriced_responses: unpriced,
    }
}

fn row(key: &str, sums: CostSums) -> CostRow {
    CostRow {
        key: key.into(),
        agents: vec!["acme".into()],
        models: vec!["acme-large-4".into(), "house-model".into()],
        projects: vec!["/home/dana/work/shop".into()],
        first: Some(at("2026-09-14T08:00:00Z")),
        last: Some(at("2026-09-14T17:20:00Z")),
        sums,
        breakdown: Vec::new(),
    }
}

fn report(by: &str, rows: Vec<CostRow>) -> CostReport {
    CostReport {
        by: by.into(),
        since: "2026-09-02".parse().ok(),
        zone: "UTC".into(),
        mode: "auto".into(),
        prices_as_of: "2026-09-01".parse().ok(),
        rows,
        total: sums(1270, 131, Some(27.4), 3),
        unpriced_models: vec!["house-model".into()],
        estimated: Some(sums(4, 1, Some(0.02), 0)),
        plans_usd_per_month: Some(120.0),
        ..CostReport::default()
    }
}

fn days() -> CostReport {
    let mut quiet = row("2026-09-14", sums(1, 1, Some(0.001), 0));
    quiet.breakdown = vec![CostPart {
        agent: "acme".into(),
        model: "acme-large-4".into(),
        sums: sums(1, 1, Some(0.001), 0),
    }];
    let rows = vec![
        row("2026-09-13", sums(1266, 129, Some(27.399), 0)),
        quiet,
        row("2026-09-15", sums(3, 1, None, 3)),
    ];
    report("day", rows)
}

fn shown(report: &CostReport, settings: &CostSettings, style: Style) -> String {
    let money = Money::of(settings);
    let agent = |id: &str| if id == "acme" { "Acme".to_owned() } else { id.to_owned() };
    page(report, &Names { agent: &agent, home: "/home/dana", money: &money }, &context(), &style)
}

const fn style(width: usize, ascii: bool) -> Style {
    Style { width, color: false, ascii, whole: false }
}

#[test]
fn days_at_80_columns() {
    insta::assert_snapshot!(shown(&days(), &CostSettings::default(), style(80, false)));
}

#[test]
fn sessions_at_80_and_120_columns() {
    let mut session = row("0b9f3a52-77aa-4f31-9d53-c2f1c5b3a901", sums(1266, 129, Some(27.399), 0));
    session.projects = vec!["/home/dana/work/a/rather/long/path/to/the/shop".into()];
    let report = report("session", vec![session, row("short", sums(3, 1, None, 3))]);
    let [narrow, wide] =
        [80, 120].map(|width| shown(&report, &CostSettings::default(), style(width, false)));
    insta::assert_snapshot!(format!("{narrow}\n{wide}"));
}

#[test]
fn money_is_shown_in_the_persons_currency() {
    let settings = CostSettings {
        currency: "EUR".into(),
        per_dollar: claudometer_core::Amount::cents(90),
        ..CostSettings::default()
    };
    let text = shown(&days(), &settings, style(80, true));
    assert!(text.contains("> EUR 24.66") && text.contains("EUR 108.00"), "{text}");
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for by in ["day", "session", "project"] {
        for width in [60, 80, 120, 200] {
            let report = report(
                by,
                vec![row("0b9f3a52-77aa-4f31-9d53-c2f1c5b3a901", sums(1266, 129, Some(27.4), 0))],
            );
            let text = shown(&report, &CostSettings::default(), style(width, false));
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{by} {width}\n{text}");
        }
    }
}

#[test]
fn nothing_is_said_to_be_nothing() {
    let empty = CostReport { by: "day".into(), ..CostReport::default() };
    let text = shown(&empty, &CostSettings::default(), style(80, false));
    assert!(text.contains("No use was found") && !text.contains('$'), "{text}");
}

#[test]
fn a_block_that_goes_on_says_where_it_leads() {
    let block = CostBlock {
        agent: "acme".into(),
        start: at("2026-09-15T09:20:00Z"),
        end: at("2026-09-15T14:20:00Z"),
        from_account: true,
        active: true,
        first: at("2026-09-15T09:40:00Z"),
        last: at("2026-09-15T11:58:00Z"),
        models: vec!["acme-large-4".into()],
        sums: sums(40, 3, Some(1.25), 0),
        tokens_per_minute: Some(124.4),
        cost_usd_per_hour: Some(0.54),
        projected_tokens: Some(34_000),
        projected_cost_usd: Some(2.51),
    };
    let before = CostBlock {
        start: at("2026-09-14T22:00:00Z"),
        end: at("2026-09-15T03:00:00Z"),
        from_account: false,
        active: false,
        cost_usd_per_hour: None,
        sums: sums(1, 1, None, 1),
        ..block.clone()
    };
    let report = BlockReport {
        blocks: vec![before, block],
        unpriced_models: vec!["house-model".into()],
        ..BlockReport::default()
    };
    let money = Money::of(&CostSettings::default());
    let names = Names { agent: &|_| "Acme".to_owned(), home: "/home/dana", money: &money };
    insta::assert_snapshot!(blocks(&report, &names, &context(), &style(80, false)));
}

fn plain(report: &CostReport, width: usize) -> String {
    shown(report, &CostSettings::default(), style(width, false))
}

#[test]
fn sessions_that_begin_alike_are_told_apart() {
    let keys = [
        "019ab3c4-1f00-7abc-8000-000000000001",
        "019ab3c4-1f00-7abc-8000-000000000002",
        "019ab3c4-2e11-7def-8000-000000000003",
        "5f0e1d2c-0000-4000-8000-000000000004",
    ];
    let rows = keys.iter().map(|key| row(key, sums(1, 1, None, 0))).collect();
    let report = report("session", rows);
    let apart = Apart::of(&report);
    let ids: Vec<String> = keys.iter().map(|key| apart.session(key)).collect();
    assert_eq!(ids[2..], ["019ab3c4-2e11", "5f0e1d2c"].map(str::to_owned));
    assert_eq!(ids[..2], keys[..2]);
    for width in [80, 120, 200] {
        let text = plain(&report, width);
        let glued: String = text.split_whitespace().collect();
        assert!(ids[..2].iter().all(|id| glued.contains(&id[id.len() - 6..])), "{width}\n{text}");
    }
}

#[test]
fn hours_of_several_days_carry_their_date() {
    let hour = |key: &str| row(key, sums(1, 1, None, 0));
    let one = plain(&report("hour", vec![hour("2026-09-14 09:00"), hour("2026-09-14 10:00")]), 120);
    assert!(one.contains("Mon 09:00") && one.contains("Mon 10:00"), "{one}");
    let two = plain(&report("hour", vec![hour("2026-09-07 09:00"), hour("2026-09-14 09:00")]), 120);
    assert!(two.contains("Mon 2026-09-07 09:00") && two.contains("Mon 2026-09-14 09:00"), "{two}");
}

#[test]
fn where_rows_are_left_out_the_total_says_that_it_is_of_all() {
    let report = CostReport { rows_left_out: 11, ..days() };
    let text = plain(&report, 120);
    assert!(text.contains("Total of all") && text.contains("3 of 14 rows are shown"), "{text}");
    assert!(!plain(&days(), 120).contains("of all"));
}

#[test]
fn in_a_pipe_a_table_has_every_column_and_whole_names() {
    let mut all = report("session", vec![row("s", sums(1, 1, None, 0))]);
    let folder = format!("/home/other/{}", "deep/".repeat(40));
    all.rows[0].projects = vec![folder.clone()];
    let pipe = Style { whole: true, ..style(80, false) };
    let text = shown(&all, &CostSettings::default(), pipe);
    assert!(text.contains(&folder) && text.contains("Cache read") && text.contains("house-model"));
}
