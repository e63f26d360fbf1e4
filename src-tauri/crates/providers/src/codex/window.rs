//! Limit windows: a pair of slots becomes windows that are named by their length, never by their slot.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Allowance, Scope, Window, WindowKind};
use claudometer_provider::{
    Draft,
    lenient::{any, count, instant, number, slug, text, title_case},
};
use serde_json::Value;

const PRIMARY: &[&str] = &["primary_window", "primaryWindow", "primary"];
const SECONDARY: &[&str] = &["secondary_window", "secondaryWindow", "secondary"];
const USED: &[&str] = &["used_percent", "usedPercent"];
const SECONDS: &[&str] = &["limit_window_seconds", "limitWindowSeconds"];
const MINUTES: &[&str] =
    &["window_minutes", "windowMinutes", "windowDurationMins", "window_duration_mins"];
const RESET_AT: &[&str] = &["reset_at", "resets_at", "resetsAt", "resetAt", "reset_timestamp"];
const RESET_AFTER: &[&str] =
    &["reset_after_seconds", "resets_in_seconds", "resetAfterSeconds", "resetsInSeconds"];

/// Whose windows a pair of slots describes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Before the kind in ids; empty for the account itself.
    prefix: String,
    pool: Option<String>,
}

impl Group {
    /// The account itself.
    pub const fn account() -> Self {
        Self { prefix: String::new(), pool: None }
    }

    /// Reviews of pull requests, which are counted apart.
    pub fn code_review() -> Self {
        Self { prefix: "code-review".to_owned(), pool: Some("Code review".to_owned()) }
    }

    /// An additional limit, by its feature and its name; `None` where it has neither.
    pub fn additional(feature: Option<&str>, name: Option<&str>) -> Option<Self> {
        let prefix =
            [feature, name].into_iter().flatten().map(slug).find(|slug| !slug.is_empty())?;
        let pool = name
            .map(without_model)
            .or_else(|| feature.map(|feature| title_case(without_model(feature).as_str())))?;
        Some(Self { prefix, pool: Some(pool) })
    }

    fn id(&self, kind: WindowKind) -> String {
        if self.prefix.is_empty() {
            kind.code().to_owned()
        } else {
            format!("{}:{}", self.prefix, kind.code())
        }
    }

    fn scope(&self) -> Scope {
        Scope { pool: self.pool.clone(), ..Scope::default() }
    }
}

/// `GPT-5.3-Codex-Spark` as `Spark`; a name that is nothing but a model stays.
fn without_model(name: &str) -> String {
    let name = name.trim();
    let mut rest = name;
    loop {
        let end = rest.find(['-', '_', ' ']).unwrap_or(rest.len());
        let word = rest[..end].to_ascii_lowercase();
        let of_model = word == "gpt"
            || word == "codex"
            || (rest != name && word.starts_with(|c: char| c.is_ascii_digit()));
        let after = rest[end..].trim_start_matches(['-', '_', ' ']);
        if !of_model {
            return rest.to_owned();
        }
        if after.is_empty() {
            return name.to_owned();
        }
        rest = after;
    }
}

/// Whether a value has slots at all.
pub fn has_slots(value: &Value) -> bool {
    [PRIMARY, SECONDARY].iter().any(|names| names.iter().any(|name| value.get(name).is_some()))
}

/// Takes in the windows of a pair of slots, read at `now`. What is garbage is left out with a note; its sibling stays.
pub fn take(draft: &mut Draft, pair: &Value, group: &Group, now: DateTime<Utc>) {
    let mut read = |names: &[&str], slot: &str| match slot_of(any(pair, names), now) {
        Ok(slot) => slot,
        Err(why) => {
            draft.lose(format!("{} {slot} window: {why}", group.prefix).trim_start());
            None
        }
    };
    let (primary, secondary) = (read(PRIMARY, "primary"), read(SECONDARY, "secondary"));
    let known = |slot: &Option<Slot>| slot.as_ref().and_then(|slot| slot.kind);
    let (first, second) = (known(&primary), known(&secondary));
    // Without a length a slot keeps its old meaning, unless its sibling is known to have that one.
    let of_primary = first.unwrap_or(if second == Some(WindowKind::Session) {
        WindowKind::Weekly
    } else {
        WindowKind::Session
    });
    let of_secondary = second.unwrap_or(if of_primary == WindowKind::Weekly {
        WindowKind::Session
    } else {
        WindowKind::Weekly
    });
    let mut slots: Vec<(WindowKind, Slot)> = [(of_primary, primary), (of_secondary, secondary)]
        .into_iter()
        .filter_map(|(kind, slot)| Some((kind, slot?)))
        .collect();
    // The shorter first, whatever slot it came in.
    slots.sort_by_key(|(kind, _)| *kind);
    for (kind, slot) in slots {
        let window = Window::of(group.id(kind), kind, slot.used);
        let window = window.map(|window| window.scoped(group.scope()).resetting(slot.resets_at));
        // A length that is not told is not known here, whatever its kind usually has.
        draft.add(window.map(|window| Window { minutes: slot.minutes, ..window }));
    }
}

struct Slot {
    /// `None` where the length is not told.
    kind: Option<WindowKind>,
    used: Allowance,
    resets_at: Option<DateTime<Utc>>,
    minutes: Option<u32>,
}

fn slot_of(value: &Value, now: DateTime<Utc>) -> Result<Option<Slot>, &'static str> {
    if value.is_null() {
        return Ok(None);
    }
    if !value.is_object() {
        return Err("not an object");
    }
    let used = match any(value, USED) {
        Value::Null => Allowance::Unknown,
        told => {
            Allowance::used_percent(Some(number(told).ok_or("the percentage is not a number")?))
        }
    };
    let minutes = minutes(value);
    Ok(Some(Slot {
        kind: minutes.map(WindowKind::of_minutes),
        used,
        resets_at: resets_at(value, now),
        minutes,
    }))
}

fn minutes(value: &Value) -> Option<u32> {
    let of_seconds = number(any(value, SECONDS)).map(|seconds| (seconds / 60.0).round());
    let minutes = of_seconds.or_else(|| number(any(value, MINUTES)).map(f64::round))?;
    (1.0..=f64::from(u32::MAX)).contains(&minutes).then_some(minutes as u32)
}

/// When something resets: as an instant, else counted from `now`; `None` where neither is told.
pub fn resets_at(value: &Value, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    instant(any(value, RESET_AT)).or_else(|| {
        let seconds = count(any(value, RESET_AFTER)).filter(|seconds| *seconds > 0)?;
        now.checked_add_signed(TimeDelta::seconds(i64::from(seconds)))
    })
}

/// Takes in the windows of an element of `additional_rate_limits`.
pub fn additional(draft: &mut Draft, element: &Value, now: DateTime<Utc>) {
    let feature = text(any(element, &["metered_feature", "meteredFeature", "limit_id", "limitId"]));
    let name = text(any(element, &["limit_name", "limitName"]));
    let Some(group) = Group::additional(feature.as_deref(), name.as_deref()) else {
        draft.lose("additional limit: without a name");
        return;
    };
    let nested = any(element, &["rate_limit", "rateLimit"]);
    take(draft, if nested.is_null() { element } else { nested }, &group, now);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing::now;
    use claudometer_core::Percent;
    use serde_json::json;

    fn read(pair: &Value) -> Vec<(String, Option<f64>, Option<u32>)> {
        let mut draft = Draft::new();
        take(&mut draft, pair, &Group::account(), now());
        let windows = draft.report().reading.windows;
        windows.into_iter().map(|w| (w.id, w.used.map(Percent::get), w.minutes)).collect()
    }

    fn slot(used: impl Into<Value>, seconds: impl Into<Value>) -> Value {
        json!({"used_percent": used.into(), "limit_window_seconds": seconds.into()})
    }

    #[test]
    fn a_window_is_named_by_its_length_and_only_without_one_by_its_slot() {
        let w = |id: &str, used: f64, minutes: Option<u32>| (id.to_owned(), Some(used), minutes);
        for (primary, secondary, want) in [
            (
                slot(1, 18_000),
                slot(2, 604_800),
                vec![w("session", 1.0, Some(300)), w("weekly", 2.0, Some(10_080))],
            ),
            (
                slot(1, 604_800),
                slot(2, 18_000),
                vec![w("session", 2.0, Some(300)), w("weekly", 1.0, Some(10_080))],
            ),
            (slot(1, 604_800), json!(null), vec![w("weekly", 1.0, Some(10_080))]),
            (json!(null), slot(2, 18_000), vec![w("session", 2.0, Some(300))]),
            (slot(1, 2_592_000), json!(null), vec![w("monthly", 1.0, Some(43_200))]),
            (slot(1, 86_400), json!(null), vec![w("daily", 1.0, Some(1_440))]),
            (slot(1, "17940"), json!(null), vec![w("session", 1.0, Some(299))]),
            (
                slot(1, json!(null)),
                slot(2, 0),
                vec![w("session", 1.0, None), w("weekly", 2.0, None)],
            ),
            (
                slot(1, 0),
                slot(2, 18_000),
                vec![w("session", 2.0, Some(300)), w("weekly", 1.0, None)],
            ),
            (
                slot(1, 604_800),
                slot(2, 0),
                vec![w("session", 2.0, None), w("weekly", 1.0, Some(10_080))],
            ),
            (
                slot(1, 604_800),
                slot(2, 604_800),
                vec![w("weekly", 2.0, Some(10_080))],
            ),
            (slot("bad", 18_000), slot("15", 604_800), vec![w("weekly", 15.0, Some(10_080))]),
            (json!("oops"), slot(103.5, 604_800), vec![w("weekly", 103.5, Some(10_080))]),
        ] {
            let pair = json!({"primary_window": primary, "secondary_window": secondary});
            assert_eq!(read(&pair), want, "{pair}");
        }
        let unknown =
            json!({"primary_window": {"used_percent": null, "limit_window_seconds": 18000}});
        assert_eq!(
            read(&unknown),
            [("session".to_owned(), None, Some(300))],
            "not reported is not 0"
        );
    }

    #[test]
    fn slots_lengths_and_resets_have_several_names() {
        let of_log = json!({"primary": {"used_percent": 11.5, "window_minutes": 300}, "secondary": {"used_percent": 3.0, "window_minutes": 10080}});
        let of_rpc = json!({"primary": {"usedPercent": 11.5, "windowDurationMins": 300}, "secondary": {"usedPercent": 3, "windowDurationMins": 10080}});
        assert_eq!(read(&of_log), read(&of_rpc));
        let at = |value: Value| resets_at(&value, now()).map(|at| (at - now()).num_seconds());
        for (value, want) in [
            (json!({"reset_at": 1_789_482_600}), Some(9_000)),
            (json!({"resets_at": "1789482600"}), Some(9_000)),
            (json!({"resetsAt": 1_789_482_600_000_i64}), Some(9_000)),
            (json!({"reset_timestamp": "2026-09-15T14:30:00Z"}), Some(9_000)),
            (json!({"reset_at": 0, "reset_after_seconds": 60}), Some(60)),
            (json!({"resets_in_seconds": 60}), Some(60)),
            (json!({"reset_at": 0, "reset_after_seconds": 0}), None),
            (json!({"reset_after_seconds": -5}), None),
            (json!({}), None),
        ] {
            assert_eq!(at(value.clone()), want, "{value}");
        }
    }

    #[test]
    fn an_additional_limit_is_named_without_its_model() {
        for (feature, name, id, label) in [
            (Some("codex_spark"), Some("GPT-5.3-Codex-Spark"), "codex-spark", "Spark"),
            (None, Some("GPT-5.3-Codex-Spark"), "gpt-5-3-codex-spark", "Spark"),
            (Some("codex_spark"), None, "codex-spark", "Spark"),
            (Some("x"), Some("GPT-5.3 Codex Spark Max"), "x", "Spark Max"),
            (Some("x"), Some("GPT-5.3-Codex"), "x", "GPT-5.3-Codex"),
            (Some("x"), Some("o4-mini"), "x", "o4-mini"),
            (Some("x"), Some("5 hour burst"), "x", "5 hour burst"),
        ] {
            let group = Group::additional(feature, name).unwrap();
            assert_eq!(
                (group.prefix.as_str(), group.pool.as_deref()),
                (id, Some(label)),
                "{name:?}"
            );
        }
        assert_eq!(Group::additional(None, None), None);
        assert_eq!(Group::additional(Some("!"), None), None);
    }

    #[test]
    fn what_is_garbage_among_additional_limits_leaves_a_note() {
        for garbage in [
            json!({"limit_name": null}),
            json!({"limit_name": "X", "rate_limit": {"primary": []}}),
        ] {
            let mut draft = Draft::new();
            additional(&mut draft, &garbage, now());
            assert_eq!((draft.windows().count(), draft.notes().len()), (0, 1), "{garbage}");
        }
    }
}
