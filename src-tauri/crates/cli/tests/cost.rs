//! `cost` with the real executable: what people and scripts see of the history, and that it stays.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the real program"
)]

mod home;

use home::{Home, document};
use serde_json::{Value, json};

const LOG: &str = ".claude/projects/-work-shop/5e1f.jsonl";

/// A line of the log; the model's prices are set in the settings.
fn line(id: &str, at: &str, model: &str, output: u64) -> String {
    let line = json!({
        "type": "assistant", "timestamp": at, "sessionId": "5e1f", "cwd": "/work/shop", "requestId": format!("req_{id}"),
        "message": {"id": format!("msg_{id}"), "model": model, "usage": {"input_tokens": 1000, "output_tokens": output}}
    });
    format!("{line}\n")
}

/// Two days of use: late in the evening by UTC, and after midnight.
fn person() -> Home {
    let home = Home::new();
    let lines = [
        line("1", "2026-11-18T20:00:00.000Z", "house-model", 1000),
        line("2", "2026-11-18T23:30:00.000Z", "house-model", 2000),
        line("3", "2026-11-19T01:00:00.000Z", "house-model", 3000),
    ];
    home.write(LOG, &lines.concat());
    home.write(
        ".config/claudometer/settings.json",
        r#"{"cost": {"prices": {"house-model": {"input": 1, "output": 10}}}}"#,
    );
    home
}

fn cost(home: &Home, args: &[&str]) -> Value {
    let all = [&["cost", "--json"], args].concat();
    let (exit, text, said) = home.run(&all);
    assert_eq!((exit, said.as_str()), (0, ""), "{all:?}");
    document(&text)
}

/// Keys and costs of the rows.
fn rows(report: &Value) -> Vec<(String, f64)> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["key"].as_str().unwrap().to_owned(), row["costUsd"].as_f64().unwrap()))
        .collect()
}

fn told(rows: &[(&str, f64)]) -> Vec<(String, f64)> {
    rows.iter().map(|(key, cost)| ((*key).to_owned(), *cost)).collect()
}

#[test]
fn every_view_tells_the_same_sum_and_days_begin_where_the_zone_says() {
    let home = person();
    let days = cost(&home, &["day", "--all"]);
    assert_eq!(rows(&days), told(&[("2026-11-18", 0.032), ("2026-11-19", 0.031)]));
    for (zone, expected) in [
        ("Europe/Vienna", vec![("2026-11-18", 0.011), ("2026-11-19", 0.052)]),
        ("America/New_York", vec![("2026-11-18", 0.063)]),
    ] {
        assert_eq!(
            rows(&cost(&home, &["day", "--all", "--zone", zone])),
            told(&expected),
            "{zone}"
        );
    }
    for (by, key) in [
        ("week", "2026-W47"),
        ("month", "2026-11"),
        ("year", "2026"),
        ("session", "5e1f"),
        ("project", "/work/shop"),
        ("model", "house-model"),
        ("agent", "claude"),
    ] {
        let report = cost(&home, &[by, "--all"]);
        assert_eq!(rows(&report), told(&[(key, 0.063)]), "{by}");
        assert_eq!(report["total"]["costUsd"], 0.063);
        assert_eq!(report["total"]["outputTokens"], 6000);
    }
    let device = cost(&home, &["device", "--all", "--set", "cost.device=desk"]);
    assert_eq!(device["rows"].as_array().unwrap().len(), 1, "the machine keeps the name it had");
    let until = cost(&home, &["day", "--until", "2026-11-18", "--breakdown"]);
    assert_eq!(rows(&until), told(&[("2026-11-18", 0.032)]));
    assert_eq!(until["rows"][0]["breakdown"][0]["model"], "house-model");
    let rolling = cost(&home, &["week", "--week", "rolling", "--until", "2026-11-18"]);
    assert_eq!(rows(&rolling), told(&[("2026-11-12", 0.032)]));
}

#[test]
fn blocks_begin_with_the_hour_or_as_the_account_says() {
    let home = person();
    let starts = |report: &Value| -> Vec<(String, bool, u64)> {
        let blocks = report["blocks"].as_array().unwrap().iter();
        let told = |block: &Value| {
            let start = block["start"].as_str().unwrap().to_owned();
            (start, block["fromAccount"].as_bool().unwrap(), block["responses"].as_u64().unwrap())
        };
        blocks.map(told).collect()
    };
    let by_rule = cost(&home, &["block", "--all"]);
    assert_eq!(
        starts(&by_rule),
        [("2026-11-18T20:00:00Z".into(), false, 2), ("2026-11-19T01:00:00Z".into(), false, 1)]
    );
    let sample = json!({"at": "2026-11-18T23:40:00Z", "seat": {"provider": "claude", "account": "default"},
        "window": "session", "used": 5.0, "resets_at": "2026-11-19T04:10:00Z", "minutes": 300});
    home.write(".local/share/claudometer/limits/2026-11.jsonl", &format!("{sample}\n"));
    let by_account = cost(&home, &["block", "--all"]);
    assert_eq!(
        starts(&by_account),
        [("2026-11-18T20:00:00Z".into(), false, 1), ("2026-11-18T23:10:00Z".into(), true, 2)]
    );
}

#[test]
fn what_was_used_stays_when_its_log_is_deleted_and_is_priced_anew_when_prices_change() {
    let home = person();
    assert_eq!(cost(&home, &["--all"])["total"]["costUsd"], 0.063);
    std::fs::remove_file(home.path(LOG)).unwrap();
    assert_eq!(cost(&home, &["--all"])["total"]["costUsd"], 0.063);
    home.write(
        ".config/claudometer/settings.json",
        r#"{"cost": {"prices": {"house-model": {"input": 2, "output": 20}}}}"#,
    );
    assert_eq!(cost(&home, &["--all"])["total"]["costUsd"], 0.126);
    home.write(".config/claudometer/settings.json", "{}");
    let unpriced = cost(&home, &["--all"]);
    assert_eq!(unpriced["total"]["costUsd"], Value::Null, "nobody knows is not nothing");
    assert_eq!(unpriced["unpricedModels"], json!(["house-model"]));
    assert_eq!(unpriced["total"]["unpricedResponses"], 3);
}

#[test]
fn filters_and_bad_words_are_understood() {
    let home = person();
    for (args, expected) in [
        (&["--project", "SHOP"][..], 3),
        (&["--project", "elsewhere"], 0),
        (&["--model", "house"], 3),
        (&["--agent", "codex"], 0),
        (&["--since", "2026-11-19"], 1),
    ] {
        let all = [&["agent", "--all"], args].concat();
        let all = if args[0] == "--since" { [&["agent"], args].concat() } else { all };
        assert_eq!(cost(&home, &all)["total"]["responses"], expected, "{args:?}");
    }
    for (args, words) in [
        (&["cost", "--agent", "cluade"][..], "Did you mean claude?"),
        (&["cost", "--since", "soon"], "soon is no day"),
        (&["cost", "--zone", "Mars/Olympus"], "no time zone"),
        (&["cost", "--since", "2026-11-02", "--until", "2026-11-01"], "is after the last"),
    ] {
        let (exit, text, said) = home.run(args);
        assert_eq!((exit, text.as_str()), (4, ""), "{args:?}");
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_table_for_people_and_cells_for_spreadsheets() {
    let home = person();
    let (_, table, _) = home.run(&["cost", "day", "--all"]);
    insta::assert_snapshot!(table);
    let (_, cells, _) = home.run(&["cost", "day", "--all", "--csv"]);
    insta::assert_snapshot!(cells);
}

#[test]
fn with_a_limit_the_total_says_that_it_is_of_all() {
    let home = person();
    let all = ["cost", "day", "--all", "--zone", "UTC", "-n", "1"];
    let (_, table, _) = home.run(&all);
    assert!(table.contains("Total of all") && table.contains("1 of 2 rows are shown"), "{table}");
    let report = cost(&home, &all[1..]);
    assert_eq!((rows(&report).len(), &report["rowsLeftOut"]), (1, &json!(1)));
    let sessions = cost(&home, &["session", "--all", "-n", "1"]);
    assert_eq!((rows(&sessions).len(), &sessions["rowsLeftOut"]), (1, &json!(0)));
    let (exit, cells, said) = home.run(&[&all[..], &["--csv"]].concat());
    assert_eq!((exit, cells.lines().count(), said.as_str()), (0, 2, "1 more row was left out.\n"));
}

#[test]
fn names_of_others_are_shown_in_every_form_and_json_keeps_them() {
    let home = Home::new();
    let evil = "house\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}model\n=1";
    home.write(LOG, &line("1", "2026-11-18T20:00:00.000Z", evil, 1000));
    let obeyed = |text: &str| {
        text.chars().any(|one| one != '\n' && claudometer_view::foreign::is_obeyed(one))
    };
    for by in ["today", "hour", "day", "session", "project", "model", "agent", "device", "block"] {
        for form in [&[][..], &["--breakdown"], &["--csv"], &["--json"]] {
            let (exit, text, said) = home.run(&[&["cost", by, "--all"], form].concat());
            assert_eq!(exit, 0, "{said}");
            assert!(!obeyed(&text) && !obeyed(&said), "{by} {form:?}: {text:?} {said:?}");
        }
    }
    let report = document(&home.run(&["cost", "model", "--all", "--json"]).1);
    assert_eq!(report["rows"][0]["key"], json!(evil));
}

#[test]
#[cfg(unix)]
fn the_history_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = person();
    cost(&home, &["--all"]);
    let mode = std::fs::metadata(home.path(".local/share/claudometer/history.db"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_year_is_drawn_for_the_terminal_and_as_pictures() {
    let home = person();
    let (exit, text, _) = home.run(&["heatmap", "--year", "2026"]);
    assert_eq!(exit, 0);
    assert!(text.contains("2 days with use, API value $0.06."), "{text}");
    for (flag, name, begin) in
        [("--svg", "year.svg", &b"<svg"[..]), ("--png", "year.png", b"\x89PNG")]
    {
        let file = home.path(name);
        let (exit, _, said) =
            home.run(&["heatmap", "--year", "2026", flag, file.to_str().unwrap()]);
        assert_eq!(exit, 0, "{said}");
        assert!(std::fs::read(file).unwrap().starts_with(begin));
    }
}

#[test]
fn a_report_for_others_names_no_folder_session_or_machine() {
    let home = person();
    for by in ["project", "session", "device", "day"] {
        let report = cost(&home, &[by, "--all", "--anonymise"]);
        let text = report.to_string();
        assert!(!text.contains("shop") && !text.contains("5e1f"), "{by}: {text}");
        assert_eq!(report["total"]["costUsd"], 0.063);
    }
    assert_eq!(cost(&home, &["project", "--all", "--anonymise"])["rows"][0]["key"], "project 1");
    let (_, table, _) = home.run(&["cost", "session", "--all", "--anonymise"]);
    assert!(table.contains("Claude Code session 2") && table.contains("project 1"), "{table}");
}

#[test]
fn the_price_that_a_report_asks_for_can_be_set_as_it_says_whatever_the_model_is_called() {
    let home = Home::new();
    for (nth, model) in ["house-model", "house-5.5", "vendor/house-5.5"].iter().enumerate() {
        home.write(
            &format!(".claude/projects/-work-shop/{nth}.jsonl"),
            &line(&nth.to_string(), "2026-11-18T20:00:00.000Z", model, 1000),
        );
    }
    let (_, table, _) = home.run(&["cost", "model", "--all"]);
    assert!(table.contains("config set") && table.contains("no price"), "{table}");
    for model in ["house-model", "house-5.5"] {
        let key = format!("cost.prices.\"{model}\"");
        let (exit, _, said) = home.run(&["config", "set", &key, r#"{"input": 1, "output": 10}"#]);
        assert_eq!(exit, 0, "{said}");
        let (exit, text, said) = home.run(&["config", "get", &key]);
        assert!(exit == 0 && text.contains("10"), "{text}{said}");
    }
    let report = cost(&home, &["model", "--all"]);
    assert_eq!(report["unpricedModels"], json!([]));
    assert_eq!(report["total"]["costUsd"], 0.033);
}

#[test]
fn flags_count_for_what_is_shown_too() {
    let home = person();
    let (_, table, _) =
        home.run(&["cost", "day", "--all", "--set", "locale=de_AT", "--set", "cost.currency=EUR"]);
    assert!(table.contains("€0,06"), "{table}");
}

#[test]
fn a_day_is_told_by_its_hours_in_the_zone_that_is_asked_for() {
    let home = Home::new();
    let line = |id: u32, at: &str, session: &str| {
        serde_json::json!({"type": "assistant", "timestamp": at, "sessionId": session, "cwd": "/work/shop", "requestId": format!("r{id}"),
            "message": {"id": format!("m{id}"), "model": "claude-opus-4-5-20251101", "usage": {"input_tokens": 1000, "output_tokens": 0}}})
        .to_string()
    };
    let lines = [
        line(1, "2026-11-20T22:59:59.999Z", "evening"),
        line(2, "2026-11-20T23:00:00.000Z", "night"),
        line(3, "2026-11-20T23:30:00.000Z", "night"),
        line(4, "2026-11-21T08:00:00.000Z", "morning"),
    ];
    home.write(".claude/projects/-work-shop/s.jsonl", &lines.join("\n"));
    let keys = |args: &[&str]| {
        let (exit, text, said) = home.run(&[&["cost"], args, &["--json"]].concat());
        assert_eq!(exit, 0, "{said}");
        rows(&document(&text)).into_iter().map(|(key, _)| key).collect::<Vec<_>>()
    };
    let vienna = ["--zone", "Europe/Vienna", "--since", "2026-11-21", "--until", "2026-11-21"];
    assert_eq!(
        keys(&[&["hour"][..], &vienna].concat()),
        ["2026-11-21 00:00", "2026-11-21 09:00"],
        "the evening in London is the night in Vienna"
    );
    assert_eq!(keys(&[&["session", "--hour", "0"][..], &vienna].concat()), ["night"]);
    assert_eq!(keys(&["hour", "--all", "--hour", "22"]), ["2026-11-20 22:00"]);
    let (_, text, _) = home.run(&["cost", "hour", "--all"]);
    assert!(
        text.contains("Fri 11/20/2026 22:00") && text.contains("Sat 11/21/2026 08:00"),
        "{text}"
    );
}
