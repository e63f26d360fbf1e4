//! The shape of an answer: keys and types, never values. What a report of a changed format may contain.

use claudometer_host::redact;
use serde_json::Value;
use std::collections::BTreeSet;

const DEEPEST: usize = 6;
const LONGEST: usize = 4_000;

/// Keys and types of `value`, compact: `{a:number,b:[{c:text|null}]}`. Keys that look like data are masked.
pub fn of(value: &Value) -> String {
    let mut shape = describe(value, 0);
    if shape.len() > LONGEST {
        let cut = (0..=LONGEST).rev().find(|at| shape.is_char_boundary(*at)).unwrap_or(0);
        shape.truncate(cut);
        shape.push('…');
    }
    shape
}

fn describe(value: &Value, depth: usize) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "bool".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "text".into(),
        Value::Array(_) | Value::Object(_) if depth == DEEPEST => "…".into(),
        Value::Array(items) => {
            let kinds: BTreeSet<_> =
                items.iter().take(50).map(|item| describe(item, depth + 1)).collect();
            format!("[{}]", kinds.into_iter().collect::<Vec<_>>().join("|"))
        }
        Value::Object(members) => {
            let each: BTreeSet<_> = members
                .iter()
                .take(100)
                .map(|(key, member)| format!("{}:{}", masked(key), describe(member, depth + 1)))
                .collect();
            format!("{{{}}}", each.into_iter().collect::<Vec<_>>().join(","))
        }
    }
}

/// A key is a name in the vendor's code unless it looks like an id, an address or a secret.
fn masked(key: &str) -> &str {
    let name = !key.is_empty()
        && key.len() <= 48
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    let digits = key.bytes().filter(u8::is_ascii_digit).count();
    // Tokens and ids have hyphens and digits; names in code have one of them at most.
    let compound = digits > 0 && key.contains('-');
    let known_secret = redact::scrub(key) != key;
    let word = key.bytes().any(|b| b.is_ascii_alphabetic());
    if name && word && digits <= 6 && !compound && !known_secret { key } else { "‹key›" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_shape_has_keys_and_types_and_no_values() {
        let answer = json!({"token": "sk-secret", "list": [{"n": 1}, {"n": "x"}], "a@b.example": 1, "sk-ab-01-X": 1, "rt_abcdef": 1, "0aa00000-0000-4000-8000-000000000002": null});
        assert_eq!(of(&answer), "{list:[{n:number}|{n:text}],token:text,‹key›:null,‹key›:number}");
    }

    #[test]
    fn a_deep_or_long_answer_gives_a_bounded_shape() {
        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!({ "inner": deep });
        }
        assert!(of(&deep).len() < 100);
        let long: serde_json::Map<_, _> = (0..100)
            .map(|n| (format!("a_rather_long_name_of_a_member_{n}_ä"), json!([{"b": 1}])))
            .collect();
        assert!(of(&Value::Object(long)).len() <= LONGEST + 3);
    }
}
