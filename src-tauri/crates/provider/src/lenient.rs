//! Readers for what vendors really send: numbers as strings, instants in five forms, garbage between good values.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use claudometer_core::{Amount, Percent};
use serde_json::Value;
use std::borrow::Cow;

/// Epoch values above this are milliseconds.
const MILLISECONDS_FROM: f64 = 1e11;

/// A finite number, given as a number or as text, with its sign of percent or dollars and its thousands.
pub fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => bare(text).parse().ok()?,
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    number.is_finite().then_some(number)
}

/// A whole number of at least 0; fractions are cut off.
pub fn count(value: &Value) -> Option<u32> {
    number(value).filter(|n| (0.0..=f64::from(u32::MAX)).contains(n)).map(|n| n as u32)
}

/// Percent 0-100 or more; a negative one becomes 0.
pub fn percent(value: &Value) -> Option<Percent> {
    number(value).and_then(Percent::new)
}

/// The text of a number without what people write around it: `$1,250.50`, `37 %`, `€9`.
fn bare(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let digits = rest.trim_start_matches(['$', '€', '£', '¥', '+']).trim_end_matches('%').trim();
    let groups: Vec<&str> = digits.split('.').next().unwrap_or_default().split(',').collect();
    let thousands = groups.len() > 1
        && groups[1..].iter().all(|group| group.len() == 3)
        && (1..=3).contains(&groups[0].len());
    match (thousands, sign) {
        (true, sign) => Cow::Owned(format!("{sign}{}", digits.replace(',', ""))),
        (false, "") => Cow::Borrowed(digits),
        (false, sign) => Cow::Owned(format!("{sign}{digits}")),
    }
}

/// An exact amount, given as a number or as text.
pub fn amount(value: &Value) -> Option<Amount> {
    match value {
        Value::Number(number) => number.to_string().parse().ok(),
        Value::String(text) => bare(text).parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An instant: RFC 3339 with any fraction and zone, the same without a zone (UTC), a date, or epoch seconds or
/// milliseconds as number or text. Zero and less are "not said".
pub fn instant(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::Number(_) => epoch(number(value)?),
        Value::String(text) => {
            let text = text.trim();
            DateTime::parse_from_rfc3339(text)
                .map(|at| at.with_timezone(&Utc))
                .ok()
                .or_else(|| {
                    NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f")
                        .ok()
                        .map(|at| at.and_utc())
                })
                .or_else(|| {
                    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f")
                        .ok()
                        .map(|at| at.and_utc())
                })
                .or_else(|| {
                    NaiveDate::parse_from_str(text, "%Y-%m-%d")
                        .ok()?
                        .and_hms_opt(0, 0, 0)
                        .map(|at| at.and_utc())
                })
                .or_else(|| epoch(text.parse().ok()?))
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn epoch(value: f64) -> Option<DateTime<Utc>> {
    if !value.is_finite() || value <= 0.0 {
        return None;
    }
    let milliseconds = if value > MILLISECONDS_FROM { value } else { value * 1000.0 };
    DateTime::from_timestamp_millis(milliseconds as i64)
}

/// Text that is not blank, trimmed.
pub fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The first of several names of a key that holds anything but null.
pub fn any<'a>(value: &'a Value, names: &[&str]) -> &'a Value {
    names.iter().map(|name| &value[*name]).find(|found| !found.is_null()).unwrap_or(&Value::Null)
}

/// A name for ids: lower-case letters and digits, everything else one hyphen. Bounded in length.
pub fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars().take(64) {
        if letter.is_alphanumeric() {
            slug.extend(letter.to_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Words that are written in capitals.
const INITIALS: [&str; 4] = ["ai", "api", "gpt", "mcp"];

/// `business_usage` as `Business Usage`.
pub fn title_case(text: &str) -> String {
    let words = text.split(['_', '-', ' ']).filter(|word| !word.is_empty()).take(8);
    let capital = |word: &str| {
        if INITIALS.contains(&word) {
            return word.to_ascii_uppercase();
        }
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    };
    words.map(capital).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{arbitrary::any, prelude::*};
    use serde_json::json;

    #[test]
    fn one_instant_in_all_the_forms_that_vendors_use() {
        for given in [
            json!("2026-09-15T15:00:00Z"),
            json!("2026-09-15T15:00:00.000Z"),
            json!("2026-09-15T15:00:00.000000000+00:00"),
            json!("2026-09-15T17:00:00+02:00"),
            json!("2026-09-15T15:00:00"),
            json!("2026-09-15 15:00:00"),
            json!(1_789_484_400),
            json!(1_789_484_400.0),
            json!(1_789_484_400_000_i64),
            json!("1789484400"),
            json!("1789484400000"),
        ] {
            assert_eq!(
                instant(&given).map(|at| at.to_rfc3339()),
                Some("2026-09-15T15:00:00+00:00".into()),
                "{given}"
            );
        }
        assert_eq!(instant(&json!("2026-09-15")).map(|at| at.timestamp()), Some(1_789_430_400));
    }

    #[test]
    fn what_is_no_instant_is_none() {
        for given in [
            json!(null),
            json!(0),
            json!(-5),
            json!("soon"),
            json!(""),
            json!({}),
            json!(1e300),
            json!(true),
        ] {
            assert_eq!(instant(&given), None, "{given}");
        }
    }

    #[test]
    fn numbers_come_as_numbers_or_text_and_never_as_a_guess() {
        for (given, want) in [
            (json!(5), Some(5.0)),
            (json!(" 12.5 "), Some(12.5)),
            (json!("37 %"), Some(37.0)),
            (json!("$1,250.50"), Some(1250.5)),
            (json!("-$3"), Some(-3.0)),
            (json!("+4"), Some(4.0)),
            (json!("1,5"), None),
            (json!("12,34,567"), None),
            (json!("5 of 10"), None),
            (json!("bad"), None),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!(null), None),
            (json!(true), None),
            (json!([5]), None),
        ] {
            assert_eq!(number(&given), want, "{given}");
        }
    }

    #[test]
    fn amounts_are_exact_whatever_stands_around_them() {
        for (given, want) in [
            (json!("$2,050.10"), Some("2050.1")),
            (json!("0E-10"), Some("0")),
            (json!(7.25), Some("7.25")),
            (json!("-1.50"), Some("-1.5")),
            (json!("€9"), Some("9")),
            (json!("about 9"), None),
        ] {
            let got = amount(&given).map(|amount| amount.to_string());
            assert_eq!(got.as_deref(), want, "{given}");
        }
    }

    #[test]
    fn names_become_ids_and_titles() {
        assert_eq!(slug("Big-5.3 Model_Spark!"), "big-5-3-model-spark");
        assert_eq!(title_case("enterprise_cbp_usage"), "Enterprise Cbp Usage");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop::collection::vec(inner, 0..4).prop_map(Value::from)
        })
    }

    proptest! {
        #[test]
        fn no_value_makes_a_reader_panic(value in any_json()) {
            drop((number(&value), count(&value), percent(&value), amount(&value), instant(&value), text(&value)));
        }
    }
}
