//! Values as logs really hold them: a counter may be text, a text may be missing, an object may be something else.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use claudometer_core::Amount;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use std::{borrow::Cow, fmt, marker::PhantomData};

/// More tokens than any response has: what exceeds it is damage.
const MOST: f64 = 1e15;

/// A count: a whole number that is not negative, also as text or with a point. Everything else is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Count(pub u64);

/// A text; `None` where there is something else, nothing, or an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<'a>(pub Option<Cow<'a, str>>);

impl Text<'_> {
    /// The text.
    pub fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// An object of a known shape; `None` where there is something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Map<T>(pub Option<T>);

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// A list of values of a known shape; empty where there is something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// A point in time, in one of the forms that logs use: RFC 3339 with any offset, without one (then UTC), or seconds or
/// milliseconds since 1970.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Instant(pub Option<DateTime<Utc>>);

fn count_of(number: f64) -> u64 {
    if number.is_finite() && (0.0..=MOST).contains(&number) { number as u64 } else { 0 }
}

/// Takes everything that a visitor does not care for, so that one odd value never costs the line.
macro_rules! forgiving {
    ($($name:ident($kind:ty)),*) => {
        $(fn $name<E>(self, _: $kind) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        })*
    };
    (rest) => {
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Self::Value::default())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
            while all.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
    (map) => {
        fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Self::Value, A::Error> {
            while all.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Self::Value::default())
        }
    };
}

/// Yes, or anything else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flag(pub bool);

/// An amount of money or credits that is not negative, exactly as it is written; `None` where there is something else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decimal(pub Option<Amount>);

struct CountVisitor;

impl<'de> Visitor<'de> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a count")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Count, E> {
        Ok(Count(if number as f64 <= MOST { number } else { 0 }))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Count, E> {
        Ok(Count(u64::try_from(number).unwrap_or(0)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Count, E> {
        Ok(Count(count_of(number)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Count, E> {
        Ok(Count(text.trim().parse().map_or(0, count_of)))
    }

    forgiving!(visit_bool(bool));
    forgiving!(rest);
    forgiving!(map);
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(CountVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(Text((!text.is_empty()).then_some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(Text((!text.is_empty()).then(|| Cow::Owned(text.to_owned()))))
    }

    forgiving!(visit_bool(bool), visit_u64(u64), visit_i64(i64), visit_f64(f64));
    forgiving!(rest);
    forgiving!(map);
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct MapVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MapVisitor<T> {
    type Value = Map<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, all: A) -> Result<Map<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(all)).map(|value| Map(Some(value)))
    }

    forgiving!(visit_bool(bool), visit_u64(u64), visit_i64(i64), visit_f64(f64), visit_str(&str));
    forgiving!(rest);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Map<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MapVisitor(PhantomData))
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<List<T>, A::Error> {
        let mut list = List::default();
        while let Some(one) = all.next_element()? {
            list.0.push(one);
        }
        Ok(list)
    }

    fn visit_unit<E>(self) -> Result<List<T>, E> {
        Ok(List::default())
    }

    forgiving!(visit_bool(bool), visit_u64(u64), visit_i64(i64), visit_f64(f64), visit_str(&str));
    forgiving!(map);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct FlagVisitor;

impl<'de> Visitor<'de> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("yes or no")
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Flag, E> {
        Ok(Flag(yes))
    }

    forgiving!(visit_u64(u64), visit_i64(i64), visit_f64(f64), visit_str(&str));
    forgiving!(rest);
    forgiving!(map);
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct DecimalVisitor;

impl<'de> Visitor<'de> for DecimalVisitor {
    type Value = Decimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an amount")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Decimal, E> {
        Ok(decimal(&number.to_string()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Decimal, E> {
        Ok(decimal(&number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Decimal, E> {
        Ok(decimal(text.trim()))
    }

    forgiving!(visit_bool(bool), visit_i64(i64));
    forgiving!(rest);
    forgiving!(map);
}

fn decimal(text: &str) -> Decimal {
    Decimal(text.parse().ok().filter(|amount: &Amount| !amount.is_negative()))
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DecimalVisitor)
    }
}

struct InstantVisitor;

impl<'de> Visitor<'de> for InstantVisitor {
    type Value = Instant;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time")
    }

    fn visit_str<E>(self, text: &str) -> Result<Instant, E> {
        Ok(Instant(instant(text)))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Instant, E> {
        Ok(Instant(since_epoch(number as f64)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Instant, E> {
        Ok(Instant(since_epoch(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Instant, E> {
        Ok(Instant(since_epoch(number)))
    }

    forgiving!(visit_bool(bool));
    forgiving!(rest);
    forgiving!(map);
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(InstantVisitor)
    }
}

/// A time in any of the written forms.
pub fn instant(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Some(at) = plain(text.as_bytes()) {
        return Some(at);
    }
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let local = text.replace(' ', "T");
    if let Ok(at) = local.parse::<NaiveDateTime>() {
        return Some(at.and_utc());
    }
    text.parse().ok().and_then(since_epoch)
}

/// The usual form, `2026-08-03T13:40:02.118Z`, read without looking for any other.
fn plain(text: &[u8]) -> Option<DateTime<Utc>> {
    let (head, rest) = text.split_at_checked(19)?;
    let number = |from: usize, until: usize| {
        head[from..until].iter().try_fold(0_u32, |number, byte| {
            byte.is_ascii_digit().then(|| number * 10 + u32::from(byte - b'0'))
        })
    };
    let signs = (head[4], head[7], head[10], head[13], head[16]);
    if signs != (b'-', b'-', b'T', b':', b':') {
        return None;
    }
    let millis = match rest {
        [b'Z'] => 0,
        [b'.', a, b, c, b'Z'] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => {
            u32::from(a - b'0') * 100 + u32::from(b - b'0') * 10 + u32::from(c - b'0')
        }
        _ => return None,
    };
    let date = NaiveDate::from_ymd_opt(number(0, 4)?.cast_signed(), number(5, 7)?, number(8, 10)?)?;
    let at = date.and_hms_milli_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, millis)?;
    Some(at.and_utc())
}

/// Seconds, or milliseconds where seconds would lie beyond the year 5000.
fn since_epoch(number: f64) -> Option<DateTime<Utc>> {
    let millis = if number.abs() < 1e11 { number * 1000.0 } else { number };
    (millis > 0.0).then(|| DateTime::from_timestamp_millis(millis.round() as i64)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_count_is_read_from_whatever_holds_one() {
        for (value, count) in [
            (json!(1200), 1200),
            (json!("1200"), 1200),
            (json!(1200.0), 1200),
            (json!(null), 0),
            (json!(true), 0),
            (json!(-5), 0),
            (json!("many"), 0),
            (json!(1e30), 0),
            (json!([1]), 0),
            (json!({"a": 1}), 0),
        ] {
            let read: Count = serde_json::from_str(&value.to_string()).unwrap();
            assert_eq!(read.0, count, "{value}");
        }
    }

    #[test]
    fn an_amount_is_read_exactly_and_what_is_none_is_not() {
        let read = |text: &str| {
            let Decimal(amount) = serde_json::from_str(text).unwrap();
            amount.map(|amount| amount.to_string())
        };
        assert_eq!(read("0.0123").as_deref(), Some("0.0123"));
        assert_eq!(read("1e-7").as_deref(), Some("0.0000001"));
        assert_eq!(read("\"2.50\"").as_deref(), Some("2.5"));
        assert_eq!(read("0").as_deref(), Some("0"));
        for other in ["-1", "-0.5", "null", "\"free\"", "{}"] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn a_text_or_an_object_that_is_something_else_is_none() {
        assert_eq!(serde_json::from_str::<Text<'_>>("\"a\\n\"").unwrap().get(), Some("a\n"));
        for other in ["3", "null", "\"\"", "[1]", "{}", "true", "1.5"] {
            assert_eq!(serde_json::from_str::<Text<'_>>(other).unwrap().get(), None, "{other}");
        }
        let map =
            |text: &str| serde_json::from_str::<Map<std::collections::BTreeMap<String, u8>>>(text);
        assert_eq!(map("{\"a\":1}").unwrap().0.map(|map| map["a"]), Some(1));
        for other in ["3", "null", "\"x\"", "[{}]", "false"] {
            assert_eq!(map(other).unwrap(), Map(None), "{other}");
        }
    }

    #[test]
    fn every_form_of_a_time_is_read() {
        let expected = "2026-08-03T13:40:02.118Z".parse::<DateTime<Utc>>().unwrap();
        for text in [
            "2026-08-03T13:40:02.118Z",
            "2026-08-03T15:40:02.118+02:00",
            "2026-08-03T13:40:02.118",
            "2026-08-03 13:40:02.118",
            "1785764402118",
            "1785764402.118",
        ] {
            assert_eq!(instant(text), Some(expected), "{text}");
        }
        assert_eq!(instant("2026-08-03T13:40:02Z").map(|at| at.timestamp()), Some(1_785_764_402));
        for text in ["", "yesterday", "2026-13-03T13:40:02.118Z", "-5", "2026-08-03T13:40:0xZ"] {
            assert_eq!(instant(text), None, "{text}");
        }
        let number: Instant = serde_json::from_str("1785764402118").unwrap();
        assert_eq!(number.0, Some(expected));
    }
}
