//! Every recorded answer of every provider, along the path that people get.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "world/records.rs"]
mod records;
mod world;

use chrono::{DateTime, Utc};
use claudometer_core::Amount;
use claudometer_host::http::Response;
use claudometer_provider::Recorded;
use claudometer_providers::ALL;
use serde_json::{Map, Value};

#[tokio::test]
async fn every_recorded_answer_becomes_what_the_index_says() {
    let mut faults = Vec::new();
    let mut counts = std::collections::BTreeMap::new();
    for records::Case { provider, entry, recorded } in records::all() {
        *counts.entry(provider.id.as_str()).or_insert(0) += 1;
        let outcome = records::played(provider, &recorded).await;
        if let Some(fault) = verdict(&entry["expect"], outcome.as_ref()) {
            faults.push(format!("{}: {fault}", recorded.file));
        }
    }
    assert!(counts.values().all(|count| *count >= 3), "three recorded answers each: {counts:?}");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test]
async fn an_answer_of_no_source_has_no_outcome() {
    let response = Response { status: 200, headers: Vec::new(), body: b"{}".to_vec() };
    let foreign = Recorded {
        file: "nobody/usage.json".into(),
        request: "GET https://nobody.example/".into(),
        response,
    };
    for provider in ALL {
        assert!((provider.stage)(&foreign).is_none(), "{}", provider.id);
    }
}

/// `None` where `got` shows all that `want` asserts, else what differs. Keys that `want` leaves out are not asserted.
fn verdict(want: &Value, got: Option<&Value>) -> Option<String> {
    let Some(got) = got else { return Some("no outcome".to_owned()) };
    want.as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| !["note", "headline"].contains(&key.as_str()))
        .find_map(|(key, want)| {
            if key == "windows" {
                return windows_fault(
                    want.as_array().unwrap(),
                    got["windows"].as_array().map_or(&[], Vec::as_slice),
                );
            }
            (!same_value(key, want, &got[key]))
                .then(|| format!("{key}: wanted {want}, got {}", got[key]))
        })
}

fn windows_fault(want: &[Value], got: &[Value]) -> Option<String> {
    let mut left: Vec<&Value> = got.iter().collect();
    for window in want {
        let Some(at) = left.iter().position(|one| same_window(window, one)) else {
            return Some(format!("window missing or different: {window} among {left:?}"));
        };
        left.remove(at);
    }
    let extra: Vec<_> = left.into_iter().filter(|window| !window["used"].is_null()).collect();
    (!extra.is_empty()).then(|| format!("windows nobody asked for: {extra:?}"))
}

fn same_window(want: &Value, got: &Value) -> bool {
    want["kind"] == got["kind"]
        && same_number(&want["used"], &got["used"])
        && same_instant(&want["resets_at"], &got["resets_at"])
        && (want["minutes"].is_null() || want["minutes"] == got["minutes"])
        && ["model", "surface", "pool"].iter().all(|part| {
            let (want, got) = (&want["scope"], &got["scope"]);
            want.as_object().is_none_or(Map::is_empty) || fold(&want[*part]) == fold(&got[*part])
        })
}

fn same_value(key: &str, want: &Value, got: &Value) -> bool {
    match want {
        Value::Null => got.is_null(),
        Value::String(_) if ["expires_at", "as_of"].contains(&key) => same_instant(want, got),
        Value::String(text) if ["used", "limit", "balance"].contains(&key) => {
            let amount = |text: &str| text.parse::<Amount>().ok();
            amount(text).is_some() && amount(text) == got.as_str().and_then(amount)
        }
        Value::Object(members) => {
            got.is_object() && members.iter().all(|(key, want)| same_value(key, want, &got[key]))
        }
        Value::Array(items) => {
            let sorted = |items: &[Value]| {
                let mut all: Vec<_> = items.iter().map(fold).collect();
                all.sort();
                all
            };
            got.as_array().is_some_and(|got| sorted(items) == sorted(got))
        }
        Value::Number(_) => got.is_number() && same_number(want, got),
        Value::Bool(_) | Value::String(_) => fold(want) == fold(got),
    }
}

fn same_number(want: &Value, got: &Value) -> bool {
    match (want.as_f64(), got.as_f64()) {
        (Some(want), Some(got)) => (want - got).abs() <= 0.05,
        (want, got) => want.is_none() && got.is_none(),
    }
}

fn same_instant(want: &Value, got: &Value) -> bool {
    let instant =
        |value: &Value| value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    match (instant(want), instant(got)) {
        (Some(want), Some(got)) => (want - got).num_milliseconds().abs() <= 1000,
        (want, got) => want.is_none() && got.is_none() && got == want,
    }
}

fn fold(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.trim().to_lowercase()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(value.to_string())
        }
    }
}
