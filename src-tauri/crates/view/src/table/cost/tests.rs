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
    Style { width, color: false, ascii }
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
