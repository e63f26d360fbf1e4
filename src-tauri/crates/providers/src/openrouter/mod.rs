//! OpenRouter: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, Datelike as _, Days, Months, Utc};
use claudometer_core::{Amount, Coverage, CreditUnit, Reading, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "openrouter", name: "OpenRouter", short: "Or", dashboard: "https://openrouter.ai/settings/credits",
    variables: ["OPENROUTER_API_KEY"], key: "API key", help: "Make a key at openrouter.ai/settings/keys.", asks: "openrouter.ai for the balance and the limit of the key",
    status: Some(claudometer_provider::StatusPage { url: "https://status.openrouter.ai/incidents.rss", link: "https://status.openrouter.ai", form: claudometer_provider::status::Form::Feed }), lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["openrouter/"],
    scenes: {
        "calm": [("/api/v1/credits", 200, "fixtures/openrouter/credits.json"), ("/api/v1/key", 200, "fixtures/openrouter/key_weekly_limit.json")],
        "refused": [("/api/v1/credits", 401, "fixtures/openrouter/error_401.json")],
    },
}

const CREDITS: &str = "https://openrouter.ai/api/v1/credits";
const LIMIT: &str = "https://openrouter.ai/api/v1/key";

/// Two questions, each of which some kinds of key may not ask: one answer is enough.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let forbidden = Trouble::ForbiddenScope;
    let (credits, limit) = futures::join!(
        key::get(host, CREDITS, key, forbidden),
        key::get(host, LIMIT, key, forbidden)
    );
    let coverage =
        if credits.is_ok() && limit.is_ok() { Coverage::Complete } else { Coverage::Partial };
    let told = limit.as_ref().or(credits.as_ref()).cloned();
    let answer = told.map_err(|error| worse(error, &credits, &limit))?;
    let mut reading = Reading::empty(coverage);
    if let Ok(credits) = &credits {
        reading.credits = key::balance(balance(&credits["data"]), CreditUnit::Usd);
    }
    if let Ok(limit) = &limit {
        let data = &limit["data"];
        reading.plan = (data["is_free_tier"] == true).then(|| "Free tier".to_owned());
        reading.windows.extend(window(data, host.now()));
        // A key without a cap has nothing to count, and says so.
        if data["usage"].is_number() && reading.plan.is_none() {
            reading.plan = Some("Pay as you go".to_owned());
        }
    }
    key::told(reading, &answer)
}

/// Of two failures the one that is about the key.
fn worse(
    limit: &FetchError,
    credits: &Result<Value, FetchError>,
    of_limit: &Result<Value, FetchError>,
) -> FetchError {
    let both = [of_limit.as_ref().err(), credits.as_ref().err()];
    let about_key = both.into_iter().flatten().find(|error| error.trouble != Trouble::UpstreamDown);
    about_key.unwrap_or(limit).clone()
}

fn balance(data: &Value) -> Option<Amount> {
    Some(lenient::amount(&data["total_credits"])? - lenient::amount(&data["total_usage"])?)
}

fn window(data: &Value, now: DateTime<Utc>) -> Option<Window> {
    let (limit, left) =
        (lenient::number(&data["limit"])?, lenient::number(&data["limit_remaining"]));
    let used = key::share(left.map(|left| limit - left), Some(limit));
    let today = now.date_naive();
    let (kind, ends) = match data["limit_reset"].as_str() {
        Some("daily") => (WindowKind::Daily, today.succ_opt()),
        Some("weekly") => {
            let ahead = 7 - u64::from(today.weekday().num_days_from_monday());
            (WindowKind::Weekly, today.checked_add_days(Days::new(ahead)))
        }
        Some("monthly") => (
            WindowKind::Monthly,
            today.with_day(1).and_then(|day| day.checked_add_months(Months::new(1))),
        ),
        _ => (WindowKind::Other, None),
    };
    let ends = ends.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|at| at.and_utc());
    Some(key::window("key", kind, used, ends))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_limit_of_a_key_ends_at_the_next_utc_midnight_monday_or_first() {
        let now = "2026-12-31T12:00:00Z".parse().unwrap();
        for (word, ends) in [
            ("daily", Some("2027-01-01T00:00:00+00:00")),
            ("weekly", Some("2027-01-04T00:00:00+00:00")),
            ("monthly", Some("2027-01-01T00:00:00+00:00")),
            ("never", None),
        ] {
            let data = json!({"limit": 10, "limit_remaining": -5, "limit_reset": word});
            let window = window(&data, now).unwrap();
            assert_eq!(window.resets_at.map(|at| at.to_rfc3339()).as_deref(), ends, "{word}");
            assert_eq!(window.used.map(claudometer_core::Percent::get), Some(150.0), "overdrawn");
        }
    }

    #[test]
    fn a_key_without_a_cap_has_no_window() {
        assert_eq!(window(&json!({"limit": null}), DateTime::UNIX_EPOCH), None);
    }
}
