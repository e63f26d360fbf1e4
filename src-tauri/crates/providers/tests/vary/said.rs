//! Another document that says the same.

use super::{Style, instant, is_figure, leaves, objects, written};
use chrono::{FixedOffset, SecondsFormat};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Lists of which each row says what it is of.
const LIMIT_LISTS: [&str; 6] = [
    "limits",
    "buckets",
    "groups",
    "additional_rate_limits",
    "model_remains",
    "clientModelConfigs",
];
const ROW_LISTS: [&str; 9] = [
    "limits",
    "buckets",
    "groups",
    "additional_rate_limits",
    "model_remains",
    "clientModelConfigs",
    "balance_infos",
    "credit_grants",
    "usageBreakdownList",
];

/// Every variation of a document with its name. `nulls` are keys that are null in another answer to the same question, by
/// the path of the object that holds them; `is_good` says whether the answer is a reading.
pub(crate) fn said_otherwise(
    body: &Value,
    nulls: &BTreeSet<(String, String)>,
    is_good: bool,
) -> Vec<(&'static str, Vec<u8>)> {
    let plain = Style::default();
    let text = |value: &Value| written(value, plain).into_bytes();
    let mut all = vec![
        ("keys the other way round", written(body, Style { reversed: true, ..plain }).into_bytes()),
        ("odd white space", written(body, Style { spaced: true, ..plain }).into_bytes()),
        ("escapes", written(body, Style { escaped: true, ..plain }).into_bytes()),
        ("other numbers", written(body, Style { other_numbers: true, ..plain }).into_bytes()),
        ("byte order mark", [b"\xef\xbb\xbf".as_slice(), &text(body)].concat()),
        ("unknown keys", text(&with_strangers(body))),
        ("bad siblings first", text(&with_garbage(body, true))),
        ("bad siblings last", text(&with_garbage(body, false))),
    ];
    for (name, odd) in [
        ("an infinite number", b"1e400".as_slice()),
        ("no number", b"NaN"),
        ("half a letter", b"\"cut \\ud83d\""),
        ("bytes that are no text", b"\"\xff\xfe\""),
    ] {
        all.extend(beside(body, odd).map(|text| (name, text)));
    }
    all.extend(
        beside(body, &[b"[".repeat(300), b"]".repeat(300)].concat()).map(|it| ("depth", it)),
    );
    if is_good {
        all.push(("nulls dropped", text(&without_nulls(body))));
        all.push(("nulls added", text(&with_nulls(body, "", nulls))));
        all.push(("figures as text", text(&leaves(body, "", &as_text))));
        all.push(("text as figures", text(&leaves(body, "", &as_figure))));
        all.push(("rows the other way round", text(&rows(body, "", &ROW_LISTS, &reversed))));
        all.push(("rows told twice", text(&rows(body, "", &LIMIT_LISTS, &twice))));
        all.push(("poorer twins", text(&rows(body, "", &LIMIT_LISTS, &with_poorer))));
        for (name, form) in INSTANTS {
            let other =
                |key: &str, value: &Value| instant(key, value).map_or_else(|| value.clone(), form);
            all.push((name, text(&leaves(body, "", &other))));
        }
    }
    all
}

type Form = fn(chrono::DateTime<chrono::Utc>) -> Value;

const INSTANTS: [(&str, Form); 8] = [
    ("instants in seconds", |at| json!(at.timestamp())),
    ("instants in milliseconds", |at| json!(at.timestamp_millis())),
    ("instants in seconds as text", |at| json!(at.timestamp().to_string())),
    ("instants in milliseconds as text", |at| json!(at.timestamp_millis().to_string())),
    ("instants without a fraction", |at| json!(at.to_rfc3339_opts(SecondsFormat::Secs, true))),
    ("instants in nanoseconds", |at| json!(at.format("%Y-%m-%dT%H:%M:%S%.9fZ").to_string())),
    ("instants of another zone", |at| {
        let zone = FixedOffset::east_opt(19_800);
        json!(zone.map(|zone| at.with_timezone(&zone).to_rfc3339()))
    }),
    ("instants without a zone", |at| json!(at.format("%Y-%m-%dT%H:%M:%S").to_string())),
];

/// A key beside all others whose value is not JSON.
fn beside(body: &Value, odd: &[u8]) -> Option<Vec<u8>> {
    let text = written(body, Style::default());
    let rest = text.strip_prefix('{')?;
    let comma: &[u8] = if rest.starts_with('}') { b"" } else { b"," };
    Some([b"{\"zz_future\":", odd, comma, rest.as_bytes()].concat())
}

fn with_strangers(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            // In a map of names to figures a new number is a new figure.
            let figures = !members.is_empty() && members.values().all(|it| number(it).is_some());
            let mut all: Map<String, Value> =
                members.iter().map(|(key, it)| (key.clone(), with_strangers(it))).collect();
            for (key, stranger) in [
                ("zz_flag", json!(true)),
                ("zz_text", json!("…")),
                ("zz_none", json!(null)),
                ("zz_list", json!([])),
                ("zz_object", json!({"zz_inner": [null, "x"]})),
                ("zz_number", json!(99)),
            ] {
                if !(figures && key == "zz_number") {
                    all.entry(key).or_insert(stranger);
                }
            }
            Value::Object(all)
        }
        Value::Array(items) => items.iter().map(with_strangers).collect(),
        leaf => leaf.clone(),
    }
}

fn with_garbage(value: &Value, first: bool) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, it)| (key.clone(), with_garbage(it, first))).collect()
        }
        Value::Array(items) => {
            let mut all: Vec<Value> = items.iter().map(|item| with_garbage(item, first)).collect();
            if !items.is_empty() && items.iter().all(Value::is_object) {
                let bad = [json!(null), json!("x"), json!(7), json!({}), json!({"zz_inner": null})];
                let at = if first { 0 } else { all.len() };
                all.splice(at..at, bad);
            }
            Value::Array(all)
        }
        leaf => leaf.clone(),
    }
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, it)| !it.is_null())
            .map(|(key, it)| (key.clone(), without_nulls(it)))
            .collect(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        leaf => leaf.clone(),
    }
}

fn with_nulls(value: &Value, path: &str, nulls: &BTreeSet<(String, String)>) -> Value {
    match value {
        Value::Object(members) => {
            let inner = |(key, it): (&String, &Value)| {
                (key.clone(), with_nulls(it, &format!("{path}/{key}"), nulls))
            };
            let mut all: Map<String, Value> = members.iter().map(inner).collect();
            for (_, key) in nulls.iter().filter(|(at, _)| at == path) {
                all.entry(key.as_str()).or_insert(Value::Null);
            }
            Value::Object(all)
        }
        Value::Array(items) => {
            items.iter().map(|item| with_nulls(item, &format!("{path}/*"), nulls)).collect()
        }
        leaf => leaf.clone(),
    }
}

/// Keys that are null in a document, with the path of the object that holds them.
pub(crate) fn null_keys(value: &Value, path: &str, found: &mut BTreeSet<(String, String)>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                if member.is_null() {
                    found.insert((path.to_owned(), key.clone()));
                }
                null_keys(member, &format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                null_keys(item, &format!("{path}/*"), found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn as_text(key: &str, value: &Value) -> Value {
    match value {
        Value::Number(number) if is_figure(key, value) => json!(number.to_string()),
        other => other.clone(),
    }
}

fn as_figure(key: &str, value: &Value) -> Value {
    match value {
        Value::String(text) if is_figure(key, value) => {
            let number = serde_json::from_str::<Value>(text).ok().filter(Value::is_number);
            number.unwrap_or_else(|| value.clone())
        }
        other => other.clone(),
    }
}

fn number(value: &Value) -> Option<f64> {
    claudometer_provider::lenient::number(value)
}

/// Changes lists of rows that say what they are of. Rows without a unit are told apart by how many there are, so a list that
/// has some is left alone.
fn rows(
    value: &Value,
    key: &str,
    lists: &[&str],
    change: &dyn Fn(&[Value]) -> Vec<Value>,
) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, it)| (key.clone(), rows(it, key, lists, change))).collect()
        }
        Value::Array(items) => {
            let all: Vec<Value> = items.iter().map(|item| rows(item, key, lists, change)).collect();
            let told_apart = !all.is_empty()
                && all.iter().all(Value::is_object)
                && all.iter().all(|row| row.get("type").is_none() || has_period(row));
            Value::Array(if lists.contains(&key) && told_apart { change(&all) } else { all })
        }
        leaf => leaf.clone(),
    }
}

fn has_period(row: &Value) -> bool {
    row.get("unit").is_some()
        || row["type"].as_str().is_some_and(|kind| kind.contains("ly") || kind.contains("hour"))
}

fn reversed(rows: &[Value]) -> Vec<Value> {
    rows.iter().rev().cloned().collect()
}

fn twice(rows: &[Value]) -> Vec<Value> {
    rows.iter().chain(rows).cloned().collect()
}

fn with_poorer(rows: &[Value]) -> Vec<Value> {
    let poorer = |key: &str, value: &Value| {
        let figure = number(value).is_some() && (is_figure(key, value) || key == "value");
        if figure { Value::Null } else { value.clone() }
    };
    rows.iter().map(|row| leaves(row, "", &poorer)).chain(rows.iter().cloned()).collect()
}

/// How many objects a document has, so that a test can say that it varied something.
pub(crate) fn count(value: &Value) -> usize {
    let mut count = 0;
    objects(value, &mut |_| count += 1);
    count
}
