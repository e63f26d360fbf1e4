//! Every recorded answer, said otherwise in each way that changes nothing: the outcome is that of the original.

#[path = "world/records.rs"]
mod records;
mod vary;
mod world;

use chrono::{DateTime, Utc};
use claudometer_provider::{Recorded, json};
use records::Case;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::Path;

/// An outcome without words, in an order of its own.
fn plain(outcome: Option<Value>) -> Value {
    let mut outcome = outcome.unwrap_or_default();
    if let Some(members) = outcome.as_object_mut() {
        members.remove("detail");
    }
    for list in ["windows", "unlimited"] {
        if let Some(rows) = outcome.get_mut(list).and_then(Value::as_array_mut) {
            rows.sort_by_key(|row| row["id"].to_string() + &row.to_string());
        }
    }
    outcome
}

/// Equal but for the fractions of a second that some forms of instants do not have, and what arithmetic leaves behind.
fn same(one: &Value, other: &Value) -> bool {
    let at = |value: &Value| value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    match (one, other) {
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, value)| b.get(key).is_some_and(|it| same(value, it)))
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Number(a), Value::Number(b)) => {
            let difference = a.as_f64().zip(b.as_f64()).map(|(a, b)| (a - b).abs());
            difference.is_some_and(|difference| difference < 1e-6)
        }
        (one, other) => match (at(one), at(other)) {
            (Some(one), Some(other)) => (one - other).num_milliseconds().abs() <= 1_000,
            _ => one == other,
        },
    }
}

/// Keys that are null in one good answer to a question: null and absent are the same in every other.
fn nulls(cases: &[Case]) -> BTreeMap<String, BTreeSet<(String, String)>> {
    let mut all: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.entry["expect"]["ok"] == true) {
        if let Ok(body) = json::read(&case.recorded.response.body) {
            vary::null_keys(&body, "", all.entry(case.recorded.request.clone()).or_default());
        }
    }
    all
}

async fn faults(case: &Case, variations: Vec<(&'static str, Vec<u8>)>) -> Vec<String> {
    let original = plain(records::played(case.provider, &case.recorded).await);
    let mut faults = Vec::new();
    for (name, body) in variations {
        let mut response = case.recorded.response.clone();
        response.body = body;
        let varied = Recorded { response, ..case.recorded.clone() };
        let outcome = plain(records::played(case.provider, &varied).await);
        if !same(&original, &outcome) {
            faults.push(format!("{} with {name}:\n  {original}\n  {outcome}", case.recorded.file));
        }
    }
    faults
}

#[tokio::test]
async fn an_answer_that_is_said_otherwise_is_the_same_answer() {
    let cases = records::all();
    let nulls = nulls(&cases);
    let (mut found, mut objects) = (Vec::new(), 0);
    for case in cases.iter().filter(|case| case.recorded.response.status > 0) {
        let Ok(body) = json::read(&case.recorded.response.body) else { continue };
        objects += vary::count(&body);
        let none = BTreeSet::new();
        let nulls = nulls.get(&case.recorded.request).unwrap_or(&none);
        let is_good = case.entry["expect"]["ok"] == true;
        found.extend(faults(case, vary::said_otherwise(&body, nulls, is_good)).await);
    }
    assert!(objects > 500, "{objects} objects were varied");
    assert!(found.is_empty(), "{} faults\n{}", found.len(), found.join("\n"));
}

#[tokio::test]
async fn a_file_or_a_conversation_that_is_written_otherwise_is_the_same() {
    let mut found = Vec::new();
    for case in records::all().iter().filter(|case| case.recorded.response.status == 0) {
        let text = case.recorded.text();
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let mut variations: Vec<(&'static str, Vec<u8>)> = Vec::new();
        let ending = Path::new(&case.recorded.file).extension().and_then(OsStr::to_str);
        if ending == Some("json") {
            let Ok(body) = json::read(&text) else { continue };
            let plain = vary::Style::default();
            for (name, style) in [
                ("keys the other way round", vary::Style { reversed: true, ..plain }),
                ("odd white space", vary::Style { spaced: true, ..plain }),
                ("escapes", vary::Style { escaped: true, ..plain }),
            ] {
                variations.push((name, vary::written(&body, style).into_bytes()));
            }
            // Rows of a database are no file.
            if !case.recorded.asks("ItemTable") {
                variations.push(("byte order mark", format!("\u{feff}{text}").into_bytes()));
            }
        } else if ending == Some("jsonl") {
            variations.push(("other line ends", (lines.join("\r\n\r\n") + "\r\n").into_bytes()));
            let noise = r#"{"method":"zz/future","params":{"rateLimits":null},"zz":1e400}"#;
            let noisy: Vec<&str> = lines.iter().flat_map(|line| [noise, *line]).collect();
            variations.push(("lines that nobody knows", noisy.join("\n").into_bytes()));
        } else if ending == Some("txt") && !case.recorded.file.contains("credentials") {
            variations.push(("other line ends", text.replace('\n', "\r\n").into_bytes()));
            let blanks = lines.join("   \n") + "   \n\n\n";
            variations.push(("blanks behind lines", blanks.into_bytes()));
            // What a person pastes has no hint behind it.
            if !case.recorded.asks("pasted") {
                let hint = format!("{text}\n\nTip: a hint that names no figure\n");
                variations.push(("a hint behind it", hint.into_bytes()));
            }
        }
        found.extend(faults(case, variations).await);
    }
    assert!(found.is_empty(), "{} faults\n{}", found.len(), found.join("\n"));
}
