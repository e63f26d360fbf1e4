//! Kimi: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
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

const URL: &str = "https://api.kimi.com/coding/v1/usages";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::NotSubscribed).await?;
    let level = answer["user"]["membership"]["level"].as_str();
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = level
        .map(|level| lenient::title_case(&level.trim_start_matches("LEVEL_").to_ascii_lowercase()));
    let limits = answer["limits"].as_array().map(Vec::as_slice).unwrap_or_default();
    reading.windows = limits.iter().filter_map(timed).collect();
    if answer["usage"].is_object() {
        reading.windows.push(counted("weekly", WindowKind::Weekly, &answer["usage"]));
    }
    key::told(reading, &answer)
}

/// A limit with a window of its own.
fn timed(limit: &Value) -> Option<Window> {
    let length = lenient::number(&limit["window"]["duration"])?;
    let minutes = match limit["window"]["timeUnit"].as_str()? {
        "TIME_UNIT_MINUTE" => length,
        "TIME_UNIT_HOUR" => length * 60.0,
        "TIME_UNIT_DAY" => length * 1440.0,
        _ => return None,
    };
    let minutes = (minutes > 0.0 && minutes < 1e6).then_some(minutes as u32)?;
    let kind = WindowKind::of_minutes(minutes);
    Some(Window { minutes: Some(minutes), ..counted(kind.code(), kind, &limit["detail"]) })
}

fn counted(id: &str, kind: WindowKind, detail: &Value) -> Window {
    let limit = lenient::number(&detail["limit"]);
    let used = lenient::number(&detail["used"])
        .or_else(|| Some(limit? - lenient::number(&detail["remaining"])?));
    let ends = lenient::instant(lenient::any(detail, &["resetTime", "resetAt", "reset_at"]));
    key::window(id, kind, key::share(used, limit), ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn windows_are_classified_by_their_length_and_a_limit_of_nothing_has_no_figure() {
        let of = |duration: u32, unit: &str, limit: Value| {
            timed(&json!({"window": {"duration": duration, "timeUnit": unit}, "detail": {"limit": limit, "used": "5"}}))
                .map(|w| (w.id, w.minutes, w.used.map(claudometer_core::Percent::get)))
        };
        assert_eq!(
            of(5, "TIME_UNIT_HOUR", json!("10")),
            Some(("session".into(), Some(300), Some(50.0)))
        );
        assert_eq!(of(7, "TIME_UNIT_DAY", json!(0)), Some(("weekly".into(), Some(10_080), None)));
        assert_eq!(of(1, "TIME_UNIT_MOON", json!(1)), None);
    }
}
