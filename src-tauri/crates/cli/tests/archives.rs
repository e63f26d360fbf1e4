//! What other programs kept of logs that are gone is taken in once, and never beside what is known better.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the real program"
)]

mod home;

use home::{Home, document};
use serde_json::Value;
use std::fs;

/// A database of another program in a home without logs.
fn with(tables: &str) -> Home {
    let home = Home::new();
    fs::create_dir_all(home.path("old")).unwrap();
    let database = rusqlite::Connection::open(home.path("old/usage.db")).unwrap();
    database.execute_batch(tables).unwrap();
    home
}

/// Imports it twice; what it says the first time, and the second.
fn import_twice(home: &Home) -> [String; 2] {
    [(), ()].map(|()| {
        let file = home.path("old/usage.db");
        let (exit, text, said) = home.run(&["history", "import", file.to_str().unwrap()]);
        assert_eq!(exit, 0, "{said}");
        text.rsplit_once(": ").unwrap().1.trim_end().to_owned()
    })
}

/// What is said of something new, and of the same again.
fn twice(what: &str) -> [String; 2] {
    let (count, _) = what.split_once(' ').unwrap();
    let were = if count == "1" { "was" } else { "were" };
    [
        format!("{what} taken in."),
        format!("nothing new was taken in, {count} {were} known already."),
    ]
}

/// Key and tokens of each row, and how many tokens are estimated.
fn rows(home: &Home, by: &str) -> (Vec<(String, u64)>, u64) {
    let (exit, text, said) =
        home.run(&["cost", by, "--all", "--zone", "Pacific/Auckland", "--json"]);
    assert_eq!(exit, 0, "{said}");
    let report = document(&text);
    let row = |row: &Value| {
        (row["key"].as_str().unwrap().to_owned(), row["totalTokens"].as_u64().unwrap())
    };
    let rows = report["rows"].as_array().unwrap().iter().map(row).collect();
    (rows, report["estimated"]["totalTokens"].as_u64().unwrap_or_default())
}

fn of(rows: &[(&str, u64)], estimated: u64) -> (Vec<(String, u64)>, u64) {
    (rows.iter().map(|(key, tokens)| ((*key).to_owned(), *tokens)).collect(), estimated)
}

#[test]
fn responses_of_goblin_are_the_same_as_those_of_the_log_and_its_days_fill_what_is_left() {
    let home = with(include_str!("archives/goblin.sql"));
    // One of them is still in the log, with more than was noted of it.
    home.write(
        ".claude/projects/-work-shop/s1.jsonl",
        r#"{"type":"assistant","timestamp":"2025-03-01T10:01:00.000Z","sessionId":"s1","cwd":"/work/shop","requestId":"req_b","message":{"id":"msg_b","model":"claude-opus-4-5-20251101","usage":{"input_tokens":1,"output_tokens":90,"cache_creation_input_tokens":3,"cache_read_input_tokens":4}}}"#,
    );
    let said = import_twice(&home);
    assert_eq!(
        said[0],
        "1 response and 2 days were taken in, 1 was known already, 1 was not understood."
    );
    assert_eq!(said[1], "nothing new was taken in, 4 were known already, 1 was not understood.");
    assert_eq!(
        rows(&home, "model"),
        of(&[("claude-opus-4-5-20251101", 198), ("gpt-5", 600)], 1000)
    );
    assert_eq!(rows(&home, "agent").0.len(), 2);
}

#[test]
fn lines_of_goblins_fork_that_tell_of_one_response_count_once_and_its_sums_are_an_estimate() {
    let home = with(include_str!("archives/goblin-fork.sql"));
    assert_eq!(import_twice(&home), twice("2 days were"));
    assert_eq!(rows(&home, "device"), of(&[("desk", 110)], 1000), "the machines that it names");
    let kept = fs::read(home.path(".local/share/claudometer/history.db")).unwrap();
    assert!(!kept.windows(13).any(|part| part == b"a secret plan"), "no text is ever kept");
}

#[test]
fn sums_that_tokentop_saw_grow_are_counted_by_what_they_grew() {
    let home = with(include_str!("archives/tokentop.sql"));
    assert_eq!(import_twice(&home), twice("3 days were"));
    let (_, text, _) =
        home.run(&["cost", "day", "--all", "--zone", "UTC", "--agent", "claude", "--json"]);
    let report = document(&text);
    let tokens: Vec<_> = report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["totalTokens"].as_u64().unwrap())
        .collect();
    assert_eq!(tokens.iter().sum::<u64>(), 250 + 25 + 150 + 5);
    assert_eq!(tokens.len(), 2);
    assert!(tokens.contains(&220), "{tokens:?}");
    assert_eq!(rows(&home, "agent"), of(&[("claude", 430), ("opencode", 14)], 0));
}

#[test]
fn what_tokentop_kept_at_first_is_read_too() {
    let home = with(include_str!("archives/tokentop-first.sql"));
    assert_eq!(import_twice(&home), twice("1 day was"));
    assert_eq!(rows(&home, "project"), of(&[("/work/shop", 26)], 0));
}

#[test]
fn a_database_of_something_else_is_refused_and_named() {
    let home = with("CREATE TABLE notes (id INTEGER)");
    let file = home.path("old/usage.db");
    let (exit, _, said) = home.run(&["history", "import", file.to_str().unwrap()]);
    assert_eq!(exit, 4);
    assert!(said.contains("neither an export nor"), "{said}");
}
