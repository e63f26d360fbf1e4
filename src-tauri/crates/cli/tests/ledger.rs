//! Every response is counted once: trees of logs with known totals, read whole, in any order, and as they grow.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and copies files"
)]

use chrono::NaiveDate;
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, clock::Zone, http::HttpError,
};
use claudometer_ledger::{Ledger, tally};
use claudometer_pricing::{Catalog, litellm};
use claudometer_store::{DayKey, Sessions, Store, Stored, Sums};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs")
}

fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(logs().join(name)).unwrap()).unwrap()
}

fn prices() -> Catalog {
    litellm(&fs::read(logs().join("pricing.json")).unwrap()).unwrap()
}

fn host(home: &Path) -> Host {
    Host {
        clock: Clock::default(),
        env: Environment::of(home, []),
        files: Files::disk(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

/// Brings a store up to date with the logs of a home.
fn ingest(home: &Path, store: &mut Store) {
    let (host, prices, zone) = (host(home), prices(), Zone::named("Asia/Kolkata").unwrap());
    let ledger = Ledger {
        host: &host,
        homes: &[],
        sources: claudometer_providers::LOGS,
        prices: &prices,
        zone: &zone,
        zone_name: "Asia/Kolkata",
        device: "here".into(),
        progress: &(),
    };
    ledger.ingest(store).unwrap();
}

/// Everything that a store tells.
fn contents(store: &mut Store) -> (Vec<Stored>, Vec<String>) {
    let mut responses = Vec::new();
    store.responses(None, None, &mut |stored| responses.push(stored)).unwrap();
    responses.sort_by_key(|stored| stored.response.key);
    let mut days = Vec::new();
    store
        .days(None, None, Sessions::Named, &mut |key, sums| {
            days.push(format!("{key:?} {}", counted(&sums)));
        })
        .unwrap();
    days.sort();
    (responses, days)
}

/// The sums without the times, which may have been wider once.
fn counted(sums: &Sums) -> String {
    format!(
        "{:?}",
        (sums.responses, sums.tokens, sums.logged, sums.priced, sums.cost, sums.unpriced)
    )
}

fn cases() -> Vec<(String, Value)> {
    let expected = json("expected.json");
    let cases = expected["cases"].as_object().unwrap();
    cases.iter().map(|(name, case)| (name.clone(), case.clone())).collect()
}

/// What is expected and is not there, or is something else.
fn faults(path: &str, expected: &Value, found: &Value, faults: &mut Vec<String>) {
    match expected {
        Value::Object(fields) => {
            for (name, value) in fields {
                self::faults(&format!("{path}.{name}"), value, &found[name], faults);
            }
        }
        Value::Array(items) if items.iter().all(Value::is_object) => {
            let count = found.as_array().map(Vec::len);
            if count != Some(items.len()) {
                faults.push(format!("{path}: {count:?} instead of {}", items.len()));
            }
            for (nth, value) in items.iter().enumerate() {
                self::faults(&format!("{path}[{nth}]"), value, &found[nth], faults);
            }
        }
        _ if same(expected, found) => {}
        _ => faults.push(format!("{path}: {found} instead of {expected}")),
    }
}

/// Amounts and seconds are written with any number of zeros.
fn same(expected: &Value, found: &Value) -> bool {
    let amount = |value: &Value| value.as_str()?.parse::<f64>().ok();
    let time = |value: &Value| chrono::DateTime::parse_from_rfc3339(value.as_str()?).ok();
    expected == found
        || time(expected).is_some_and(|expected| Some(expected) == time(found))
        || amount(expected)
            .zip(amount(found))
            .is_some_and(|(one, other)| (one - other).abs() < 1e-6)
}

const ASPECTS: [&str; 8] = [
    "totals",
    "by_model",
    "by_session",
    "by_project",
    "by_day",
    "cost_usd",
    "unpriced_models",
    "blocks",
];

#[test]
fn every_tree_of_logs_has_the_totals_that_its_rules_say() {
    let mut wrong = Vec::new();
    let zones: Vec<(String, Zone)> = ["UTC", "America/Los_Angeles", "Asia/Kolkata"]
        .map(|name| (name.to_owned(), Zone::named(name).unwrap()))
        .into();
    for (name, case) in cases() {
        let mut store = Store::in_memory().unwrap();
        ingest(&logs().join(&name).join("home"), &mut store);
        let found = serde_json::to_value(tally(&mut store, &zones).unwrap()).unwrap();
        for aspect in ASPECTS.iter().filter(|aspect| case.get(**aspect).is_some()) {
            faults(&format!("{name} {aspect}"), &case[*aspect], &found[*aspect], &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_sums_of_days_are_those_of_their_responses() {
    for (name, _) in cases() {
        let mut store = Store::in_memory().unwrap();
        ingest(&logs().join(&name).join("home"), &mut store);
        let zone = Zone::named("Asia/Kolkata").unwrap();
        let mut expected: BTreeMap<(NaiveDate, String, String), Sums> = BTreeMap::new();
        let mut found = expected.clone();
        let key = |day, model: &str, session: &str| (day, model.to_owned(), session.to_owned());
        store
            .responses(None, None, &mut |stored| {
                if stored.counts() {
                    let response = &stored.response;
                    let day = zone.wall(response.at).date();
                    let key = key(day, &response.model, &response.session);
                    expected.entry(key).or_default().add(&Sums::of(&stored));
                }
            })
            .unwrap();
        store
            .days(None, None, Sessions::Named, &mut |DayKey { day, model, session, .. }, sums| {
                found.entry(key(day, &model, &session)).or_default().add(&sums);
            })
            .unwrap();
        assert_eq!(found, expected, "{name}");
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

/// Files of lines below a folder.
fn files_of_lines(folder: &Path) -> Vec<PathBuf> {
    let wanted = |path: &Path| path.extension().is_some_and(|end| end == "jsonl");
    Files::disk().leaves(folder, &wanted).into_iter().map(|leaf| leaf.path).collect()
}

#[test]
fn a_log_that_grows_by_any_piece_gives_the_same_history() {
    for (name, _) in cases() {
        let source = logs().join(&name).join("home");
        let mut whole = Store::in_memory().unwrap();
        ingest(&source, &mut whole);
        let expected = contents(&mut whole);
        for path in files_of_lines(&source) {
            let text = fs::read(&path).unwrap();
            let home = tempfile::tempdir().unwrap();
            copy(&source, home.path());
            let target = home.path().join(path.strip_prefix(&source).unwrap());
            let mut cuts: Vec<usize> =
                (0..8).map(|nth| fastrand::usize(..=text.len()) / (nth % 3 + 1)).collect();
            cuts.push(text.len());
            cuts.sort_unstable();
            let mut store = Store::in_memory().unwrap();
            for cut in &cuts {
                fs::write(&target, &text[..*cut]).unwrap();
                ingest(home.path(), &mut store);
            }
            let found = contents(&mut store);
            // A file is known by its path: its own place is part of the key of lines without any id.
            assert_eq!(found.0.len(), expected.0.len(), "{name}: cut at {cuts:?}");
            assert_eq!(totals(&found), totals(&expected), "{name}: cut at {cuts:?}");
        }
    }
}

fn totals((responses, days): &(Vec<Stored>, Vec<String>)) -> (Vec<String>, Vec<String>) {
    let mut shown: Vec<String> = responses
        .iter()
        .map(|stored| {
            let one = &stored.response;
            format!(
                "{} {} {} {:?} {:?}",
                one.at, one.session, one.model, one.tokens, stored.repeated
            )
        })
        .collect();
    shown.sort();
    (shown, days.clone())
}

#[test]
fn the_order_of_lines_does_not_matter_where_each_names_its_response() {
    for (name, _) in cases().iter().filter(|(name, _)| name.starts_with("claude/")) {
        let source = logs().join(name).join("home");
        let mut whole = Store::in_memory().unwrap();
        ingest(&source, &mut whole);
        let expected = totals(&contents(&mut whole));
        for _ in 0..4 {
            let home = tempfile::tempdir().unwrap();
            copy(&source, home.path());
            for path in files_of_lines(home.path()) {
                let text = fs::read(&path).unwrap();
                let mut lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
                fastrand::shuffle(&mut lines);
                fs::write(&path, lines.join(&b'\n')).unwrap();
            }
            let mut store = Store::in_memory().unwrap();
            ingest(home.path(), &mut store);
            assert_eq!(totals(&contents(&mut store)), expected, "{name}");
        }
    }
}

/// A database of the assistant's second generation, opened as its owner has it: what was written last is in the file beside it.
fn second_generation(path: &Path) -> rusqlite::Connection {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let database = rusqlite::Connection::open(path).unwrap();
    database
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0;
             CREATE TABLE message (id TEXT, session_id TEXT, time_created INTEGER, time_updated INTEGER, data TEXT);
             CREATE TABLE session_message (id TEXT, session_id TEXT, type TEXT, seq INTEGER, time_created INTEGER, time_updated INTEGER, data TEXT);",
        )
        .unwrap();
    database
}

#[test]
fn a_database_of_the_second_generation_is_read_with_what_its_owner_wrote_last_and_the_first_one_is_not()
 {
    let home = tempfile::tempdir().unwrap();
    let database = second_generation(&home.path().join(".local/share/opencode/opencode.db"));
    let at = 1_785_765_122_118_i64;
    let tokens = |output: u64| serde_json::json!({"input": 10, "output": output, "reasoning": 5, "cache": {"read": 7, "write": 3}});
    let old = serde_json::json!({"id": "msg_1", "sessionID": "ses_1", "role": "assistant", "modelID": "gpt-5", "providerID": "openai",
        "path": {"cwd": "/work/shop"}, "time": {"created": at, "completed": at + 9}, "cost": 0, "tokens": tokens(100)});
    let new = |output: u64| {
        serde_json::json!({"model": {"id": "gpt-5", "providerID": "openai"}, "path": {"cwd": "/work/shop"},
        "time": {"created": at, "completed": at + 9}, "cost": 0.5, "tokens": tokens(output)})
    };
    database
        .execute("INSERT INTO message VALUES ('msg_1', 'ses_1', ?1, ?1, ?2)", (at, old.to_string()))
        .unwrap();
    let mut store = Store::in_memory().unwrap();
    ingest(home.path(), &mut store);
    let total = |store: &mut Store| {
        let (all, _) = contents(store);
        let counted = all.iter().filter(|one| one.counts());
        counted.map(|one| one.response.tokens.output).sum::<u64>()
    };
    assert_eq!(total(&mut store), 105, "the first generation, while there is no other");
    let put = "INSERT INTO session_message VALUES (?1, 'ses_1', ?2, 1, ?3, ?3, ?4)";
    database.execute(put, ("msg_1", "assistant", at, new(100).to_string())).unwrap();
    database.execute(put, ("msg_2", "assistant", at + 1, new(200).to_string())).unwrap();
    database.execute(put, ("msg_3", "user", at + 2, new(400).to_string())).unwrap();
    ingest(home.path(), &mut store);
    assert_eq!(total(&mut store), 105 + 205, "migrated rows count once, and only answers do");
    let (all, _) = contents(&mut store);
    let cost =
        all.iter().find(|one| one.response.tokens.output == 205).unwrap().response.logged_cost;
    assert_eq!(cost.map(|cost| cost.to_string()).as_deref(), Some("0.5"));
}
