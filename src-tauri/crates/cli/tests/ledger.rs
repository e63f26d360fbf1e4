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
use claudometer_store::{DayKey, Store, Stored, Sums};
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
        .days(None, None, &mut |key, sums| days.push(format!("{key:?} {}", counted(&sums))))
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
            .days(None, None, &mut |DayKey { day, model, session, .. }, sums| {
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
