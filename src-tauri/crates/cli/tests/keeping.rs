//! The history is kept whole: over kills, damage, two processes at once, copies and cuts.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the real program"
)]

mod home;

use home::{Home, document};
use serde_json::{Value, json};
use std::{fs, process::Stdio, time::Duration};

const HISTORY: &str = ".local/share/claudometer/history.db";

/// A line of the log.
fn line(id: usize, day: usize) -> String {
    let line = json!({
        "type": "assistant", "timestamp": format!("2026-11-{:02}T10:00:00.000Z", 1 + day % 20), "sessionId": format!("s{}", id % 7),
        "cwd": "/work/shop", "requestId": format!("req_{id}"),
        "message": {"id": format!("msg_{id}"), "model": "house-model", "usage": {"input_tokens": 10, "output_tokens": 1}}
    });
    format!("{line}\n")
}

/// Logs of so many files with so many responses each.
fn person(files: usize, each: usize) -> Home {
    let home = Home::new();
    for file in 0..files {
        let lines: String = (0..each).map(|nth| line(file * each + nth, file)).collect();
        home.write(&format!(".claude/projects/-work-shop/{file}.jsonl"), &lines);
    }
    home
}

fn responses(home: &Home) -> u64 {
    let (exit, text, said) = home.run(&["cost", "agent", "--all", "--json"]);
    assert_eq!(exit, 0, "{said}");
    document(&text)["total"]["responses"].as_u64().unwrap()
}

fn verified(home: &Home) -> (i32, Value) {
    let (exit, text, _) = home.run(&["history", "verify", "--json"]);
    (exit, document(&text))
}

#[test]
fn a_kill_at_any_moment_loses_nothing_and_counts_nothing_twice() {
    let (files, each) = (60, 400);
    let home = person(files, each);
    for millis in [5, 20, 35, 50, 70, 90, 120, 160] {
        let mut command = home.command(&["cost", "agent", "--all"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        child.kill().ok(); // it may have ended by itself
        child.wait().unwrap();
    }
    assert_eq!(responses(&home), (files * each) as u64);
    let (exit, verdict) = verified(&home);
    assert_eq!((exit, &verdict["good"]), (0, &json!(true)), "{verdict}");
}

#[test]
fn several_processes_at_once_read_the_same_logs_once() {
    let home = person(30, 300);
    let start = || {
        home.command(&["cost", "agent", "--all", "--json"]).stdout(Stdio::piped()).spawn().unwrap()
    };
    let all: Vec<_> = (0..4).map(|_| start()).collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        let report = document(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(report["total"]["responses"], 9000, "{report}");
    }
    assert_eq!(verified(&home).0, 0);
}

#[test]
fn a_damaged_history_is_set_aside_and_made_again_from_copy_and_logs() {
    let home = person(2, 5);
    assert_eq!(responses(&home), 10);
    let (exit, said, _) = home.run(&["history", "backup"]);
    assert_eq!(exit, 0, "{said}");
    // The log of half of it goes, and more is written.
    fs::remove_file(home.path(".claude/projects/-work-shop/0.jsonl")).unwrap();
    home.write(".claude/projects/-work-shop/2.jsonl", &line(100, 3));
    fs::write(home.path(HISTORY), "rubbish ".repeat(4000)).unwrap();
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(home.path(&format!("{HISTORY}{suffix}"))).ok(); // it may be gone already
    }
    let (exit, text, said) = home.run(&["cost", "agent", "--all", "--json"]);
    assert_eq!(exit, 0, "{said}");
    assert!(
        said.contains("The history was damaged and lies in") && said.contains("the copy"),
        "{said}"
    );
    assert_eq!(
        document(&text)["total"]["responses"],
        11,
        "five of the copy alone, five of both, one new"
    );
    let names = fs::read_dir(home.path(".local/share/claudometer")).unwrap();
    let names: Vec<String> =
        names.map(|one| one.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|name| name.starts_with("history.damaged-")), "{names:?}");
}

#[test]
fn without_a_copy_the_logs_have_to_do() {
    let home = person(2, 5);
    assert_eq!(responses(&home), 10);
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(home.path(&format!("{HISTORY}{suffix}"))).ok(); // it may be gone already
    }
    fs::write(home.path(HISTORY), "rubbish ".repeat(4000)).unwrap();
    assert_eq!(responses(&home), 10);
}

#[test]
fn making_it_anew_keeps_what_the_logs_do_not_have_any_more() {
    let home = person(2, 5);
    assert_eq!(responses(&home), 10);
    fs::remove_file(home.path(".claude/projects/-work-shop/0.jsonl")).unwrap();
    let (exit, text, said) = home.run(&["history", "rebuild"]);
    assert_eq!(exit, 0, "{said}");
    assert!(text.contains("The old one lies in"), "{text}");
    assert_eq!(responses(&home), 10);
    let (exit, verdict) = verified(&home);
    assert_eq!(
        (exit, &verdict["responsesInLogs"], &verdict["keptBeyondLogs"]),
        (0, &json!(5), &json!(5))
    );
}

#[test]
fn a_copy_takes_the_place_of_the_history_and_what_was_written_since_is_read_again() {
    let home = person(1, 5);
    assert_eq!(responses(&home), 5);
    assert_eq!(home.run(&["history", "backup"]).0, 0);
    home.write(".claude/projects/-work-shop/9.jsonl", &line(900, 1));
    assert_eq!(responses(&home), 6);
    let (exit, text, said) = home.run(&["history", "restore"]);
    assert_eq!(exit, 0, "{said}");
    assert!(text.contains("is the history now"), "{text}");
    assert_eq!(responses(&home), 6);
    assert_eq!(home.run(&["history", "restore", "nowhere.db"]).0, 4);
    let copy = home.path("copy.db");
    let copy = copy.to_str().unwrap();
    assert_eq!(home.run(&["history", "backup", copy]).0, 0);
    assert_eq!(home.run(&["history", "backup", copy]).0, 4, "nothing is written over");
}

#[test]
fn what_was_cut_off_stays_away_even_when_its_log_is_read_again() {
    let home = person(4, 5);
    assert_eq!(responses(&home), 20);
    let (exit, _, said) = home.run(&["history", "prune", "--before", "2026-11-03"]);
    assert_eq!(exit, 4, "{said}");
    let (exit, text, _) = home.run(&["history", "prune", "--before", "2026-11-03", "--yes"]);
    assert_eq!((exit, text.contains("10 responses")), (0, true), "{text}");
    assert_eq!(responses(&home), 10);
    home.write(".claude/projects/-work-shop/0.jsonl", &(line(0, 0) + &line(77, 5)));
    assert_eq!(responses(&home), 11);
    assert_eq!(home.run(&["history", "rebuild"]).0, 0);
    assert_eq!(responses(&home), 11);
    let other = person(4, 5);
    let file = other.path("all.jsonl");
    assert_eq!(other.run(&["history", "export", file.to_str().unwrap()]).0, 0);
    assert_eq!(home.run(&["history", "import", file.to_str().unwrap()]).0, 0);
    assert_eq!(responses(&home), 11, "neither does another machine bring it back");
}

#[test]
fn what_is_missing_is_said() {
    let home = person(2, 5);
    assert_eq!(responses(&home), 10);
    let database = rusqlite::Connection::open(home.path(HISTORY)).unwrap();
    assert_eq!(database.execute("DELETE FROM responses", []), Ok(10));
    drop(database);
    let (exit, verdict) = verified(&home);
    assert_eq!((exit, verdict["good"].clone()), (1, json!(false)), "{verdict}");
    assert_eq!(verdict["missing"], json!(10));
    assert_eq!(home.run(&["history", "rebuild"]).0, 0);
    assert_eq!(verified(&home).0, 0);
}

#[test]
fn doctor_names_what_of_the_logs_cannot_be_read() {
    let home = person(2, 5);
    let undated = line(1, 1).replace("timestamp", "time");
    home.write(".claude/projects/-work-shop/odd.jsonl", &format!("{{\"usage\": broken\n{undated}"));
    assert_eq!(responses(&home), 10);
    let (exit, text, _) = home.run(&["doctor", "--offline"]);
    assert_eq!(exit, 0);
    for words in [
        "Claude Code: 3 files",
        "1 records cannot be read, 1 have no time",
        "~/.claude/projects/-work-shop/odd.jsonl",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
}

#[test]
fn two_machines_share_what_each_has_and_nothing_counts_twice() {
    let (one, other) = (person(2, 5), Home::new());
    // A session that was begun on one machine and copied to the other.
    other.write(".claude/projects/-work-shop/copy.jsonl", &(line(0, 0) + &line(500, 4)));
    let own = |home: &Home, name: &str| {
        home.write(
            ".config/claudometer/settings.json",
            &json!({"cost": {"device": name}}).to_string(),
        );
    };
    own(&one, "desk");
    own(&other, "laptop");
    for home in [&one, &other] {
        let (exit, _, said) =
            home.run(&["history", "export", home.path("mine.jsonl").to_str().unwrap()]);
        assert_eq!(exit, 0, "{said}");
    }
    let (from_one, from_other) = (one.path("mine.jsonl"), other.path("mine.jsonl"));
    for _ in 0..2 {
        assert_eq!(one.run(&["history", "import", from_other.to_str().unwrap()]).0, 0);
        assert_eq!(other.run(&["history", "import", from_one.to_str().unwrap()]).0, 0);
    }
    for home in [&one, &other] {
        assert_eq!(responses(home), 11);
    }
    let (_, text, _) = one.run(&["cost", "device", "--all", "--json"]);
    let report = document(&text);
    let devices: Vec<&str> =
        report["rows"].as_array().unwrap().iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(devices.len(), 2, "{devices:?}");
    let (_, text, _) = one.run(&["cost", "agent", "--all", "--device", "laptop", "--json"]);
    assert_eq!(document(&text)["total"]["responses"], 1);
    one.write("odd.jsonl", "{}\nrubbish\n");
    assert_eq!(one.run(&["history", "import", one.path("odd.jsonl").to_str().unwrap()]).0, 4);
    assert_eq!(one.run(&["history", "import", "nowhere"]).0, 4);
}

#[test]
fn an_assistant_that_only_an_import_knows_can_be_asked_for() {
    let (one, other) = (person(2, 5), Home::new());
    let file = one.path("mine.jsonl");
    assert_eq!(one.run(&["history", "export", file.to_str().unwrap()]).0, 0);
    let text = std::fs::read_to_string(&file).unwrap();
    other.write("theirs.jsonl", &text.replace(r#""agent":"claude""#, r#""agent":"hermes""#));
    let file = other.path("theirs.jsonl");
    assert_eq!(other.run(&["history", "import", file.to_str().unwrap()]).0, 0);
    let (exit, text, said) = other.run(&["cost", "agent", "--all", "--agent", "hermes", "--json"]);
    assert_eq!(exit, 0, "{text}{said}");
    assert_eq!(document(&text)["total"]["responses"], 10);
    assert_eq!(other.run(&["heatmap", "--agent", "hermes", "--json"]).0, 0);
    let (exit, _, said) = other.run(&["cost", "--agent", "hermse"]);
    assert_eq!(exit, 4);
    assert!(said.contains("Did you mean hermes?") && said.contains("claude, "), "{said}");
    let (exit, _, said) = one.run(&["cost", "--agent", "hermes"]);
    assert_eq!(exit, 4);
    assert!(!said.contains(", hermes"), "{said}");
}

#[test]
fn a_report_of_another_program_fills_days_that_no_log_tells_any_more() {
    let home = person(1, 5);
    let day = |period: &str, cost: f64| {
        json!({
            "agent": "all", "period": period, "metadata": {"agents": ["claude"]},
            "modelBreakdowns": [
                {"modelName": "claude-opus-4-5-20251101", "inputTokens": 10, "outputTokens": 20, "cacheReadTokens": 30, "cacheCreationTokens": 40, "cost": cost},
                {"modelName": "claude-haiku-4-5-20251001", "inputTokens": 1, "outputTokens": 2, "cacheReadTokens": 3, "cacheCreationTokens": 4, "cost": 0.5},
            ],
        })
    };
    // The logs tell the first of November themselves.
    let report = json!({"daily": [day("2025-03-01", 1.25), day("2026-11-01", 9.0)], "totals": {}});
    home.write("report.json", &report.to_string());
    let file = home.path("report.json");
    let words = [
        "1 day was taken in, 1 was known already",
        "nothing new was taken in, 2 were known already",
    ];
    for expected in words {
        let (exit, text, said) = home.run(&["history", "import", file.to_str().unwrap()]);
        assert_eq!(exit, 0, "{said}");
        assert!(text.contains(expected), "{text}");
    }
    let (_, text, _) = home.run(&["cost", "day", "--until", "2025-12-31", "--json"]);
    let report = document(&text);
    assert_eq!(report["rows"].as_array().unwrap().len(), 1);
    assert_eq!(
        (&report["rows"][0]["key"], &report["total"]["costUsd"]),
        (&json!("2025-03-01"), &json!(1.75))
    );
    assert_eq!(report["total"]["totalTokens"], 110);
}

#[test]
fn of_several_processes_that_find_it_damaged_one_mends_it() {
    let home = person(20, 50);
    assert_eq!(responses(&home), 1000);
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(home.path(&format!("{HISTORY}{suffix}"))).ok(); // it may be gone already
    }
    fs::write(home.path(HISTORY), "rubbish ".repeat(4000)).unwrap();
    let start = || {
        let mut command = home.command(&["cost", "agent", "--all", "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let all: Vec<_> = (0..4).map(|_| start()).collect();
    for child in all {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text} {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(document(&text)["total"]["responses"], 1000);
    }
    let names = fs::read_dir(home.path(".local/share/claudometer")).unwrap();
    let names = names.map(|one| one.unwrap().file_name().to_string_lossy().into_owned());
    let damaged: Vec<String> =
        names.filter(|name| name.contains("damaged") && !name.contains(".db-")).collect();
    assert_eq!(damaged.len(), 1, "{damaged:?}");
}

#[test]
fn machines_tell_each_other_over_a_folder_what_is_new_and_nothing_counts_twice() {
    let shared = tempfile::tempdir().unwrap();
    let (one, other) = (person(2, 5), Home::new());
    // A session that was begun on one machine and copied to the other.
    other.write(".claude/projects/-work-shop/copy.jsonl", &(line(0, 0) + &line(500, 4)));
    let (exit, _, said) = one.run(&["history", "sync"]);
    assert!(exit == 4 && said.contains("cost.syncFolder"), "{said}");
    for (home, name) in [(&one, "desk"), (&other, "my laptop")] {
        let settings = json!({"cost": {"device": name, "syncFolder": shared.path()}});
        home.write(".config/claudometer/settings.json", &settings.to_string());
    }
    let sync = |home: &Home| {
        let (exit, text, said) = home.run(&["history", "sync"]);
        assert_eq!(exit, 0, "{said}");
        text
    };
    assert_eq!(sync(&one), "2 days were told to other machines, 0 of their files were read.\n");
    assert_eq!(sync(&other), "2 days were told to other machines, 2 of their files were read.\n");
    // The other one knows now whose the copied session is; it need not say so again.
    assert_eq!((responses(&one), responses(&other)), (10, 11));
    sync(&one);
    sync(&other);
    assert_eq!((responses(&one), responses(&other)), (11, 11));
    for home in [&one, &other] {
        assert_eq!(sync(home), "0 days were told to other machines, 0 of their files were read.\n");
    }
    // The resident's own reading does it, too.
    other.write(".claude/projects/-work-shop/more.jsonl", &line(501, 4));
    for home in [&other, &one] {
        let history = rusqlite::Connection::open(home.path(HISTORY)).unwrap();
        history.execute("DELETE FROM facts WHERE name = 'synced_at'", []).unwrap();
        drop(history);
        assert_eq!(home.run(&["debug", "brief"]).0, 0);
    }
    assert_eq!(responses(&one), 12);
    let names: Vec<_> =
        fs::read_dir(shared.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "a folder each: {names:?}");
}

#[test]
fn an_export_of_many_years_is_taken_in_whatever_its_size() {
    let (one, other) = (Home::new(), Home::new());
    let folder = "a".repeat(4000);
    let lines: String = (0..5000)
        .map(|id| line(id, id).replace("/work/shop", &format!("/work/{folder}/{id}")))
        .collect();
    one.write(".claude/projects/-work/long.jsonl", &lines);
    let file = one.path("years.jsonl");
    assert_eq!(one.run(&["history", "export", file.to_str().unwrap()]).0, 0);
    assert!(file.metadata().unwrap().len() > 17 << 20, "more than any other file that is read");
    let (exit, text, said) = other.run(&["history", "import", file.to_str().unwrap()]);
    assert!(exit == 0 && text.contains("5000 responses were taken in"), "{text}{said}");
    assert_eq!(responses(&other), 5000);
}
