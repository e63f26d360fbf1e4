//! A usage answer, mapped: the same schema serves the login of the command line and the web session.
//!
//! `limits` is what the vendor's own pages show, so it comes first; the older named buckets fill in what it leaves out.
//! Every element is read by itself: a broken one is noted and costs its siblings nothing.

use super::money;
use chrono::{DateTime, Utc};
use claudometer_core::{Allowance, SavedResets, Scope, Trouble, Window, WindowKind};
use claudometer_provider::{Draft, Odd, Vendor, Word, lenient};
use serde_json::Value;

/// The vendor, at both of its doors. Every refusal of it names its kind.
pub(super) const VENDOR: Vendor = Vendor {
    sign_in: &["/login"],
    form: &["/error/type", "/error/message"],
    says: &[
        (Word::Kind("rate_limit_error"), Trouble::RateLimited),
        (Word::Kind("authentication_error"), Trouble::AuthExpired),
        (Word::Kind("overloaded_error"), Trouble::UpstreamDown),
        (Word::Kind("api_error"), Trouble::UpstreamDown),
        (Word::Kind("timeout_error"), Trouble::UpstreamDown),
    ],
    ..Vendor::of(&["anthropic.com", "claude.ai", "claude.com"])
};

/// The same for a session of a browser, of which a refused permission is the end.
pub(super) const PAGES: Vendor = Vendor { means: &[(403, Trouble::AuthExpired)], ..VENDOR };

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

    /// A window of this period; its id comes from the period and the scope.
    pub(super) fn window(
        self,
        scope: Scope,
        allowance: Allowance,
        resets_at: Option<DateTime<Utc>>,
    ) -> Option<Window> {
        let mut id = self.kind().code().to_owned();
        for name in [&scope.model, &scope.pool].into_iter().flatten() {
            id = format!("{id}:{}", lenient::slug(name));
        }
        if let Some(surface) = &scope.surface {
            id = format!("{id}@{}", lenient::slug(surface));
        }
        Some(Window::of(id, self.kind(), allowance)?.scoped(scope).resetting(resets_at))
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

    /// The window that the bucket tells of in `answer`, under whichever of its names; `None` where all are null, absent or
    /// no object.
    pub(super) fn window(&self, answer: &Value) -> Option<Window> {
        let told = self.keys.iter().filter_map(|key| self.of(&answer[*key]));
        told.reduce(|one, twin| {
            let allowance = one.allowance().and(twin.allowance());
            let resets_at = one.resets_at.or(twin.resets_at);
            one.with(allowance).resetting(resets_at)
        })
    }

    fn of(&self, value: &Value) -> Option<Window> {
        let used = Allowance::used_percent(lenient::number(lenient::any(value, PERCENT_KEYS)));
        let resets_at = lenient::instant(&value["resets_at"]);
        value.is_object().then(|| self.period.window(self.scope(), used, resets_at))?
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

/// Maps a usage answer: both objects in which limits are told, and both in which money is.
pub fn usage(answer: &Value, now: DateTime<Utc>) -> Draft {
    let mut draft = Draft::new();
    draft.each("limits", &answer["limits"], of_limit);
    take_buckets(&mut draft, answer);
    note_unknown(&mut draft, answer);
    money::take(&mut draft, answer, now);
    draft.reset_credits = saved_resets(&answer["cedar_ember"], now);
    let named = BUCKETS.iter().flat_map(|bucket| bucket.keys).chain(&KNOWN);
    let names = |members: &serde_json::Map<String, Value>| {
        named.into_iter().any(|key| members.contains_key(*key))
    };
    if answer.as_object().is_some_and(names) {
        draft.nothing("The vendor reports no limit for this account.");
    }
    draft
}

/// Keys of an answer that are no buckets.
const KNOWN: [&str; 4] = ["limits", "extra_usage", "spend", "cedar_ember"];

/// Resets of limits that the person saved; unknown where the vendor does not offer them to who asks.
fn saved_resets(value: &Value, now: DateTime<Utc>) -> Option<SavedResets> {
    let grants = value["grants"].as_array().filter(|_| value["eligible"] == true)?;
    let each = grants.iter().filter_map(|grant| {
        let left = lenient::count(&grant["resets_left"])?;
        Some((left, lenient::instant(&grant["ends_at"])))
    });
    Some(SavedResets::of_grants(each, now)).filter(|all| all.left > 0)
}

/// One element of the list; nothing for one that says only what others say.
fn of_limit(entry: &Value) -> Result<Option<Window>, Odd> {
    let kind = entry["kind"].as_str().ok_or(Odd::Broken("kind is missing"))?;
    let period = match kind {
        "session" => Period::Session,
        "weekly_all" | "weekly_scoped" => Period::Week,
        _ => return Err(Odd::UnknownKind),
    };
    let scope = scope(&entry["scope"]);
    if kind == "weekly_scoped" && scope.is_account() {
        return Ok(None);
    }
    let percent = lenient::any(entry, PERCENT_KEYS);
    let used = lenient::number(percent);
    if used.is_none() && !percent.is_null() {
        return Err(Odd::Broken("percent is no number"));
    }
    let resets_at = lenient::instant(&entry["resets_at"]);
    Ok(period.window(scope, Allowance::used_percent(used), resets_at))
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

/// Takes in the older buckets: they fill in what the list of limits leaves out.
fn take_buckets(draft: &mut Draft, answer: &Value) {
    for bucket in BUCKETS {
        for key in bucket.keys {
            let value = &answer[*key];
            if !(value.is_null() || value.is_object()) {
                draft.lose(&format!("{key} is no object"));
            }
            let percent = lenient::any(value, PERCENT_KEYS);
            if lenient::number(percent).is_none() && !percent.is_null() {
                draft.lose(&format!("{key} has a percent that is no number"));
            }
        }
        let Some(window) = bucket.window(answer) else { continue };
        let known = draft.windows().find(|known| bucket.is_told_by(known)).cloned();
        draft.fill(Some(match known {
            Some(known) => Window { id: known.id, scope: known.scope, ..window },
            None => window,
        }));
    }
}

/// Notes keys that are not known; one that looks like a window may be one.
fn note_unknown(draft: &mut Draft, answer: &Value) {
    let known =
        |key: &str| KNOWN.contains(&key) || BUCKETS.iter().any(|bucket| bucket.keys.contains(&key));
    for (key, value) in answer.as_object().into_iter().flatten() {
        if known(key) || !value.is_object() {
            continue;
        }
        let text = format!("{} is not known", plain(key));
        if lenient::number(&value["utilization"]).is_some() && !draft.tells() {
            draft.lose(&text);
        } else {
            draft.note(&text);
        }
    }
}

/// A key that looks like a name in code; others could be data.
fn plain(key: &str) -> &str {
    let code = key.len() <= 48 && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if code { key } else { "a key" }
}

#[cfg(test)]
#[path = "map_tests.rs"]
mod tests;
