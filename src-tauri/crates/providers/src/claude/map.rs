//! A usage answer, mapped: the same schema serves the login of the command line and the web session.
//!
//! `limits` is what the vendor's own pages show, so it comes first; the older named buckets fill in what it leaves out.
//! Every element is read by itself: a broken one is noted and costs its siblings nothing.

use super::money;
use chrono::{DateTime, Utc};
use claudometer_core::{Percent, Scope, Spend, Trouble, Window, WindowKind};
use claudometer_provider::{FetchError, lenient, shape};
use serde_json::Value;

/// More notes than this say nothing new.
const MOST_NOTES: usize = 20;

/// What a usage answer says.
#[derive(Debug, Default)]
pub struct Usage {
    /// Windows, session before week, whole account before its parts.
    pub windows: Vec<Window>,
    /// Spend beyond the plan.
    pub spend: Option<Spend>,
    /// What was not understood: keys and reasons, no values.
    pub notes: Vec<String>,
}

/// A period that windows of this vendor have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Period {
    /// Five hours.
    Session,
    /// Seven days.
    Week,
}

impl Period {
    const fn kind(self) -> WindowKind {
        match self {
            Self::Session => WindowKind::Session,
            Self::Week => WindowKind::Weekly,
        }
    }

    const fn minutes(self) -> u32 {
        match self {
            Self::Session => 300,
            Self::Week => 10_080,
        }
    }

    /// A window of this period; its id comes from the period and the scope.
    pub(super) fn window(
        self,
        scope: Scope,
        used: Option<Percent>,
        resets_at: Option<DateTime<Utc>>,
    ) -> Window {
        let mut id = self.kind().code().to_owned();
        for name in [&scope.model, &scope.pool].into_iter().flatten() {
            id = format!("{id}:{}", lenient::slug(name));
        }
        if let Some(surface) = &scope.surface {
            id = format!("{id}@{}", lenient::slug(surface));
        }
        Window { id, kind: self.kind(), scope, used, resets_at, minutes: Some(self.minutes()) }
    }
}

/// A window that has a key of its own, under one of several names.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Names of the key, the current one first.
    keys: &'static [&'static str],
    period: Period,
    part: Part,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Account,
    Model(&'static str),
    Pool(&'static str),
}

/// Every bucket whose meaning is known. Code names that are not here come and go; they are noted and not shown.
pub(super) const BUCKETS: &[Bucket] = &[
    Bucket { keys: &["five_hour"], period: Period::Session, part: Part::Account },
    Bucket { keys: &["seven_day"], period: Period::Week, part: Part::Account },
    Bucket { keys: &["seven_day_opus"], period: Period::Week, part: Part::Model("Opus") },
    Bucket { keys: &["seven_day_sonnet"], period: Period::Week, part: Part::Model("Sonnet") },
    Bucket {
        keys: &["seven_day_oauth_apps"],
        period: Period::Week,
        part: Part::Pool("OAuth apps"),
    },
    Bucket {
        keys: &[
            "seven_day_cowork",
            "seven_day_routines",
            "seven_day_claude_routines",
            "claude_routines",
            "routines",
            "routine",
            "cowork",
        ],
        period: Period::Week,
        part: Part::Pool("Routines"),
    },
    Bucket {
        keys: &["seven_day_design", "seven_day_omelette", "omelette_promotional"],
        period: Period::Week,
        part: Part::Pool("Design"),
    },
];

/// Names that a percentage has in a bucket: in usage answers, in `limits`, on the status line.
const PERCENT_KEYS: &[&str] = &["utilization", "percent", "used_percentage"];

impl Bucket {
    fn scope(&self) -> Scope {
        match self.part {
            Part::Account => Scope::default(),
            Part::Model(name) => Scope { model: Some(name.to_owned()), ..Scope::default() },
            Part::Pool(name) => Scope { pool: Some(name.to_owned()), ..Scope::default() },
        }
    }

    /// The bucket's value in `answer`, by the first of its names that holds an object.
    fn value<'a>(&self, answer: &'a Value) -> Option<&'a Value> {
        self.keys.iter().map(|key| &answer[*key]).find(|value| value.is_object())
    }

    /// The window that the bucket tells of in `answer`; `None` where it is null, absent or no object.
    pub(super) fn window(&self, answer: &Value) -> Option<Window> {
        let value = self.value(answer)?;
        let used = lenient::percent(lenient::any(value, PERCENT_KEYS));
        Some(self.period.window(self.scope(), used, lenient::instant(&value["resets_at"])))
    }

    /// Whether `window` tells of the same allowance under a name of its own: `Sonnet 5` is what the Sonnet bucket is.
    fn is_told_by(&self, window: &Window) -> bool {
        if window.kind != self.period.kind() {
            return false;
        }
        let slug = |name: &Option<String>| name.as_deref().map(lenient::slug).unwrap_or_default();
        match self.part {
            Part::Account => window.scope.is_account(),
            Part::Model(name) => {
                window.scope.surface.is_none()
                    && slug(&window.scope.model)
                        .split('-')
                        .any(|word| word.eq_ignore_ascii_case(name))
            }
            Part::Pool(pool) => [&window.scope.model, &window.scope.surface, &window.scope.pool]
                .into_iter()
                .any(|name| {
                    let name = slug(name);
                    name == lenient::slug(pool)
                        || self.keys.iter().any(|key| name == lenient::slug(key))
                }),
        }
    }
}

/// Maps a usage answer. An answer that says only that there is no quota is [`Trouble::NoData`]; one in which nothing is
/// known is [`Trouble::BadPayload`] with its shape.
pub fn usage(answer: &Value, now: DateTime<Utc>) -> Result<Usage, FetchError> {
    if let Some(refusal) = refusal(answer) {
        return Err(refusal);
    }
    let mut usage = Usage::default();
    let mut broken = take_limits(&mut usage, &answer["limits"]);
    broken |= take_buckets(&mut usage, answer);
    broken |= note_unknown(&mut usage, answer);
    usage.spend = money::spend(&answer["extra_usage"], now);
    usage
        .windows
        .sort_by_key(|window| (window.kind != WindowKind::Session, !window.scope.is_account()));
    if usage.windows.is_empty() && usage.spend.is_none() {
        return Err(nothing_known(answer, broken));
    }
    Ok(usage)
}

/// An error that came with a good status.
pub(super) fn refusal(answer: &Value) -> Option<FetchError> {
    let kind = answer["error"]["type"].as_str()?;
    let (trouble, detail) = match kind {
        "rate_limit_error" => (Trouble::RateLimited, "The vendor asks to wait."),
        "authentication_error" => (Trouble::AuthExpired, "The vendor refused the login."),
        "permission_error" => (Trouble::ForbiddenScope, "The vendor refused access."),
        "overloaded_error" | "api_error" | "timeout_error" => {
            (Trouble::UpstreamDown, "The vendor has trouble of its own.")
        }
        _ => {
            return Some(FetchError::unreadable(
                "The vendor answered with an error that is not known.",
                Some(shape::of(answer)),
            ));
        }
    };
    Some(FetchError::new(trouble, detail))
}

fn nothing_known(answer: &Value, broken: bool) -> FetchError {
    let named = BUCKETS.iter().flat_map(|bucket| bucket.keys).chain(&["limits", "extra_usage"]);
    let speaks_of_limits = answer
        .as_object()
        .is_some_and(|members| named.into_iter().any(|key| members.contains_key(*key)));
    if speaks_of_limits && !broken {
        return FetchError::new(Trouble::NoData, "The vendor reports no limit for this account.");
    }
    FetchError::unreadable("The answer holds no limit that is known.", Some(shape::of(answer)))
}

/// Takes in the list of limits. Returns whether something in it was broken.
fn take_limits(usage: &mut Usage, limits: &Value) -> bool {
    let Some(entries) = limits.as_array() else {
        let broken = !limits.is_null();
        if broken {
            note(usage, "limits is not a list");
        }
        return broken;
    };
    let mut broken = false;
    for entry in entries.iter().take(200) {
        match of_limit(entry) {
            Ok(Some(window)) => add(usage, window),
            Ok(None) => {}
            Err(reason) => {
                broken = true;
                note(usage, reason);
            }
        }
    }
    broken
}

/// One element of the list; `Ok(None)` for one that says nothing that others do not say.
fn of_limit(entry: &Value) -> Result<Option<Window>, &'static str> {
    let kind = entry["kind"].as_str().ok_or("an entry of limits has no kind")?;
    let period = match kind {
        "session" => Period::Session,
        "weekly_all" | "weekly_scoped" => Period::Week,
        _ => return Err("an entry of limits has a kind that is not known"),
    };
    let scope = scope(&entry["scope"]);
    if kind == "weekly_scoped" && scope.is_account() {
        return Ok(None);
    }
    let percent = lenient::any(entry, PERCENT_KEYS);
    let used = lenient::percent(percent);
    if used.is_none() && !percent.is_null() {
        return Err("an entry of limits has a percent that is no number");
    }
    Ok(Some(period.window(scope, used, lenient::instant(&entry["resets_at"]))))
}

/// What part of the account a limit binds. A model without a display name, and "all models", are the whole account.
fn scope(value: &Value) -> Scope {
    let named = |value: &Value, names: &[&str]| {
        let name = lenient::text(value).or_else(|| lenient::text(lenient::any(value, names)));
        name.filter(|name| !lenient::slug(name).is_empty())
    };
    let everything = |name: &String| {
        ["all", "all-models", "all-model", "every-model"].contains(&lenient::slug(name).as_str())
    };
    Scope {
        model: named(&value["model"], &["display_name"]).filter(|name| !everything(name)),
        surface: named(&value["surface"], &["display_name", "id"]),
        pool: None,
    }
}

/// Adds a window unless it is there already; of two that tell the same one, figures fill gaps.
fn add(usage: &mut Usage, window: Window) {
    match usage.windows.iter_mut().find(|known| known.id == window.id) {
        Some(known) => fill(known, &window),
        None => usage.windows.push(window),
    }
}

fn fill(known: &mut Window, other: &Window) {
    if known.used.is_none() && other.used.is_some() {
        known.used = other.used;
        known.resets_at = other.resets_at.or(known.resets_at);
    }
    known.resets_at = known.resets_at.or(other.resets_at);
}

/// Takes in what the list of limits left out. Returns whether something was broken.
fn take_buckets(usage: &mut Usage, answer: &Value) -> bool {
    let mut broken = false;
    for bucket in BUCKETS {
        for key in bucket.keys {
            let value = &answer[*key];
            if !(value.is_null() || value.is_object()) {
                broken = true;
                note(usage, &format!("{key} is no object"));
            }
        }
        let Some(window) = bucket.window(answer) else { continue };
        let percent =
            bucket.value(answer).map_or(&Value::Null, |value| lenient::any(value, PERCENT_KEYS));
        if window.used.is_none() && !percent.is_null() {
            note(usage, &format!("{} has a percent that is no number", bucket.keys[0]));
        }
        match usage.windows.iter_mut().find(|known| bucket.is_told_by(known)) {
            Some(known) => fill(known, &window),
            None => usage.windows.push(window),
        }
    }
    broken
}

/// Notes keys that are not known. Returns whether one of them looks like a window.
fn note_unknown(usage: &mut Usage, answer: &Value) -> bool {
    let known = |key: &str| {
        ["limits", "extra_usage"].contains(&key)
            || BUCKETS.iter().any(|bucket| bucket.keys.contains(&key))
    };
    let mut window_like = false;
    for (key, value) in answer
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, value)| value.is_object() && !known(key))
    {
        window_like |= lenient::number(&value["utilization"]).is_some();
        note(usage, &format!("{} is not known", plain(key)));
    }
    window_like
}

/// A key that looks like a name in code; others could be data.
fn plain(key: &str) -> &str {
    let code = key.len() <= 48 && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if code { key } else { "a key" }
}

fn note(usage: &mut Usage, text: &str) {
    if usage.notes.len() < MOST_NOTES && !usage.notes.iter().any(|known| known == text) {
        usage.notes.push(text.to_owned());
    }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
