//! Kimi: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Odd, Report, Vendor, draft, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "kimi", name: "Kimi", short: "Km", dashboard: "https://www.kimi.com/code/console",
    variables: ["KIMI_CODE_API_KEY"], key: "API key", help: "Make a key in the console of Kimi Code.", asks: "api.kimi.com for the limits of the coding plan",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["kimi/"],
    scenes: {
        "calm": [("/coding/v1/usages", 200, "fixtures/kimi/usages.json")],
        "refused": [("/coding/v1/usages", 401, "fixtures/kimi/error_401.json")],
    },
}

const VENDOR: Vendor = Vendor {
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["kimi.com", "kimi.ai", "moonshot.cn"])
};
const URL: &str = "https://api.kimi.com/coding/v1/usages";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    read(&answer).finish(&answer)
}

/// Counts, and since September 2026 beside them or in their place a map of fractions by named period.
fn read(answer: &Value) -> Draft {
    let level = answer["user"]["membership"]["level"].as_str();
    let mut draft = Draft::new();
    draft.plan = level
        .map(|level| lenient::title_case(&level.trim_start_matches("LEVEL_").to_ascii_lowercase()));
    for limit in draft.elements("limits", &answer["limits"]) {
        match timed(limit) {
            Ok(window) => draft.fill(window),
            Err(Odd::UnknownKind) => draft.lose("limits has a window of an unknown length"),
            Err(Odd::Broken(what)) => draft.lose(&format!("limits has an element whose {what}")),
        }
    }
    if answer["usage"].is_object() {
        draft.fill(counted("weekly", WindowKind::Weekly, &answer["usage"]));
    }
    for (name, told) in answer["usages"].as_object().into_iter().flatten() {
        match period(name) {
            Period::Of(kind, minutes) => ratio(&mut draft, name, kind, minutes, told),
            Period::Unknown if told.is_object() => {
                draft.lose("usages has a period that is not known");
            }
            Period::Part | Period::Unknown => {}
        }
    }
    draft
}

/// A limit with a window of its own.
fn timed(limit: &Value) -> Result<Option<Window>, Odd> {
    let length = lenient::number(&limit["window"]["duration"]);
    let unit = limit["window"]["timeUnit"].as_str();
    let (Some(length), Some(unit)) = (length, unit) else {
        return Err(Odd::Broken("window has no length"));
    };
    let minutes = match unit {
        "TIME_UNIT_MINUTE" => length,
        "TIME_UNIT_HOUR" => length * 60.0,
        "TIME_UNIT_DAY" => length * 1440.0,
        _ => return Err(Odd::UnknownKind),
    };
    let minutes =
        (minutes > 0.0 && minutes < 1e6).then_some(minutes as u32).ok_or(Odd::UnknownKind)?;
    let kind = WindowKind::of_minutes(minutes);
    Ok(counted(kind.code(), kind, &limit["detail"]).map(|window| window.lasting(Some(minutes))))
}

fn counted(id: &str, kind: WindowKind, detail: &Value) -> Option<Window> {
    let number = |name: &str| lenient::number(&detail[name]);
    let allowance = Allowance::counted(number("used"), number("limit"))
        .or(Allowance::left(number("remaining"), number("limit")));
    let ends = lenient::instant(lenient::any(detail, &["resetTime", "resetAt", "reset_at"]));
    draft::window(id, kind, allowance, ends)
}

enum Period {
    Of(WindowKind, Option<u32>),
    /// A part of another one, and no limit of its own.
    Part,
    Unknown,
}

/// `limit_5h`, `limit_7d`, `limit_month_total`.
fn period(name: &str) -> Period {
    let Some(rest) = name.strip_prefix("limit_") else { return Period::Unknown };
    if let Some(part) = rest.strip_prefix("month") {
        let whole = part.is_empty() || part == "_total";
        return if whole { Period::Of(WindowKind::Monthly, None) } else { Period::Part };
    }
    let (length, part) = rest.split_once('_').map_or((rest, ""), |(length, part)| (length, part));
    let digits = length.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let minutes = match (digits.parse::<u32>(), &length[digits.len()..]) {
        (Ok(minutes), "m") => minutes,
        (Ok(hours), "h") => hours.saturating_mul(60),
        (Ok(days), "d") => days.saturating_mul(1440),
        _ => return Period::Unknown,
    };
    if part.is_empty() || part == "total" {
        Period::Of(WindowKind::of_minutes(minutes), Some(minutes))
    } else {
        Period::Part
    }
}

/// A fraction of a period. Where a count tells the same one, its reset is the exact one.
fn ratio(draft: &mut Draft, name: &str, kind: WindowKind, minutes: Option<u32>, told: &Value) {
    let own = draft.windows().find(|known| known.kind == kind && known.scope.is_account());
    let own = own.and_then(|known| known.resets_at);
    draft.bucket(name, told, |told| {
        let allowance = Allowance::used_fraction(lenient::number(&told["used_ratio"]));
        let ends =
            own.or_else(|| lenient::instant(lenient::any(told, &["reset_time", "resetTime"])));
        Some(draft::window(kind.code(), kind, allowance, ends)?.lasting(minutes))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(answer: &Value) -> Vec<(String, Option<u32>, Option<f64>)> {
        let windows = read(answer).report().reading.windows.into_iter();
        let used = |used: Option<claudometer_core::Percent>| used.map(claudometer_core::Percent::get);
        windows.map(|w| (w.id, w.minutes, used(w.used))).collect()
    }

    #[test]
    fn windows_are_classified_by_their_length_and_a_limit_of_nothing_is_none() {
        let of = |duration: u32, unit: &str, limit: Value| {
            told(&json!({"limits": [{"window": {"duration": duration, "timeUnit": unit}, "detail": {"limit": limit, "used": "5"}}]}))
        };
        let session = ("session".to_owned(), Some(300), Some(50.0));
        assert_eq!(of(5, "TIME_UNIT_HOUR", json!("10")), [session]);
        assert_eq!(of(7, "TIME_UNIT_DAY", json!(0)), []);
        assert_eq!(of(1, "TIME_UNIT_MOON", json!(1)), []);
    }

    #[test]
    fn counts_and_fractions_are_one_set_in_which_spent_is_never_overruled() {
        let count = |used: u32| json!([{"window": {"duration": 300, "timeUnit": "TIME_UNIT_MINUTE"}, "detail": {"limit": "100", "remaining": 100 - used, "resetTime": "2026-09-15T14:30:00.2Z"}}]);
        let ratio = |ratio: f64| json!({"limit_5h": {"used_ratio": ratio, "reset_time": "2026-09-15T14:30:00Z"}, "limit_month_total": {"used_ratio": "0.6"}, "limit_month_code": {"used_ratio": 0.5}, "limit_7d": null});
        for (limits, usages, session) in [
            (count(20), ratio(0.2), Some(20.0)),
            (count(100), ratio(0.0), Some(100.0)),
            (count(0), ratio(1.0), Some(100.0)),
            (count(10), ratio(0.25), Some(25.0)),
            (json!(null), ratio(0.25), Some(25.0)),
        ] {
            let answer = json!({"limits": limits, "usages": usages});
            assert_eq!(
                told(&answer),
                [
                    ("session".to_owned(), Some(300), session),
                    ("monthly".to_owned(), None, Some(60.0))
                ],
                "{answer}"
            );
        }
        let exact = read(&json!({"limits": count(20), "usages": ratio(0.2)})).report().reading;
        let reset = exact.windows[0].resets_at.unwrap();
        assert_eq!(reset.to_rfc3339(), "2026-09-15T14:30:00.200+00:00", "the count's own reset");
    }

    #[test]
    fn a_map_without_figures_is_no_reading_and_an_unknown_period_is_noted() {
        let plan = json!({"user": {"membership": {"level": "LEVEL_BASIC"}}});
        let trouble = |usages: Value| {
            let mut answer = plan.clone();
            answer["usages"] = usages;
            read(&answer).finish(&answer).err().map(|error| error.trouble)
        };
        assert_eq!(trouble(json!({})), Some(Trouble::BadPayload));
        assert_eq!(trouble(json!({"limit_5h": {}, "limit_7d": {}})), Some(Trouble::BadPayload));
        assert_eq!(trouble(json!({"limit_moon": {"used_ratio": 0.5}})), Some(Trouble::BadPayload));
        assert_eq!(trouble(json!({"limit_12h": {"used_ratio": 0.5}})), None);
    }
}
