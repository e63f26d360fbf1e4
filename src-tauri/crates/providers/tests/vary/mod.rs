//! Answers said otherwise: variations of a document whose right outcome is that of the original.

mod said;
mod written;

pub(crate) use said::{count, null_keys, said_otherwise};
pub(crate) use written::{Style, written};

use serde_json::Value;

/// Every object in a document.
pub(crate) fn objects<'a>(
    value: &'a Value,
    each: &mut dyn FnMut(&'a serde_json::Map<String, Value>),
) {
    match value {
        Value::Object(members) => {
            each(members);
            members.values().for_each(|member| objects(member, each));
        }
        Value::Array(items) => items.iter().for_each(|item| objects(item, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A copy in which `leaf`, told the key that holds it, took the place of every leaf.
pub(crate) fn leaves(value: &Value, key: &str, leaf: &dyn Fn(&str, &Value) -> Value) -> Value {
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, it)| (key.clone(), leaves(it, key, leaf))).collect()
        }
        Value::Array(items) => items.iter().map(|item| leaves(item, key, leaf)).collect(),
        leaf_value => leaf(key, leaf_value),
    }
}

/// Whether a key holds an amount, a count or a share: never a code, a unit, a state, an id or an instant.
pub(crate) fn is_figure(key: &str, value: &Value) -> bool {
    const YES: [&str; 22] = [
        "percent",
        "utilization",
        "used",
        "usage",
        "limit",
        "remain",
        "balance",
        "amount",
        "fraction",
        "ratio",
        "entitlement",
        "quota",
        "credit",
        "total",
        "spend",
        "cents",
        "val",
        "allowance",
        "seconds",
        "count",
        "current",
        "cap",
    ];
    const NO: [&str; 12] = [
        "code",
        "unit",
        "status",
        "number",
        "version",
        "position",
        "_id",
        "reset",
        "date",
        "time",
        "exponent",
        "decimal_places",
    ];
    let lower = key.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    has(&YES) && !has(&NO) && lower != "id" && instant(key, value).is_none()
}

/// The moment that a leaf names.
pub(crate) fn instant(key: &str, value: &Value) -> Option<chrono::DateTime<chrono::Utc>> {
    let lower = key.to_ascii_lowercase();
    if let Value::String(text) = value
        && text.contains('T')
    {
        return claudometer_provider::lenient::instant(value);
    }
    let counts = ["token", "total", "used", "count"].iter().any(|word| lower.contains(word));
    let number = claudometer_provider::lenient::number(value)?;
    let plausible = (1.6e9..2.2e9).contains(&number) || (1.6e12..2.2e12).contains(&number);
    (plausible && !counts && !lower.ends_with("id"))
        .then(|| claudometer_provider::lenient::instant(value))?
}
