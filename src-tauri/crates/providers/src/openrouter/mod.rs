//! OpenRouter: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, Datelike as _, Days, Months, Utc};
use claudometer_core::{Allowance, Amount, CreditUnit, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
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

const VENDOR: Vendor = Vendor::of(&["openrouter.ai"]);
const CREDITS: &str = "https://openrouter.ai/api/v1/credits";
const LIMIT: &str = "https://openrouter.ai/api/v1/key";

/// Two questions, each of which some kinds of key may not ask: one answer is enough.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let (credits, limit) =
        futures::join!(VENDOR.get(host, CREDITS, key), VENDOR.get(host, LIMIT, key));
    let answer = match limit.as_ref().or(credits.as_ref()) {
        Ok(answer) => answer.clone(),
        Err(error) => return Err(worse(error, &credits, &limit)),
    };
    read(credits.ok().as_ref(), limit.ok().as_ref(), host.now()).finish(&answer)
}

/// What either of the two answers tells.
fn read(credits: Option<&Value>, limit: Option<&Value>, now: DateTime<Utc>) -> Draft {
    let both = credits.is_some() && limit.is_some();
    let mut draft = if both { Draft::new() } else { Draft::part() };
    let key = limit.map_or(&Value::Null, |limit| &limit["data"]);
    if let Some(credits) = credits {
        let balance = balance(&credits["data"], key["is_management_key"] == true);
        draft.balance(draft::left(balance, CreditUnit::USD));
    }
    if key.is_object() {
        let plan = if key["is_free_tier"] == true { "Free tier" } else { "Pay as you go" };
        draft.plan = Some(plan.to_owned());
        draft.bucket("key", key, |key| window(key, now));
    }
    draft
}

/// Of two failures the one that is about the key.
fn worse(
    limit: &FetchError,
    credits: &Result<Value, FetchError>,
    of_limit: &Result<Value, FetchError>,
) -> FetchError {
    let both = [of_limit.as_ref().err(), credits.as_ref().err()];
    let about_key = both.into_iter().flatten().find(|error| {
        !matches!(error.trouble, Trouble::UpstreamDown | Trouble::Blocked | Trouble::BadPayload)
    });
    about_key.unwrap_or(limit).clone()
}

/// What was paid less what was used. Zeros that are told to a key which may not see the account are no balance.
fn balance(data: &Value, sees_account: bool) -> Option<Amount> {
    let (paid, used) =
        (lenient::amount(&data["total_credits"])?, lenient::amount(&data["total_usage"])?);
    (sees_account || !(paid.is_zero() && used.is_zero())).then(|| paid - used)
}

/// The limit of the key. A key without a cap has none, and says so.
fn window(data: &Value, now: DateTime<Utc>) -> Option<Window> {
    let number = |name: &str| lenient::number(&data[name]);
    let today = now.date_naive();
    let (kind, counter, ends) = match data["limit_reset"].as_str() {
        Some("daily") => (WindowKind::Daily, Some("usage_daily"), today.succ_opt()),
        Some("weekly") => {
            let ahead = 7 - u64::from(today.weekday().num_days_from_monday());
            (
                WindowKind::Weekly,
                Some("usage_weekly"),
                today.checked_add_days(Days::new(ahead)),
            )
        }
        Some("monthly") => (
            WindowKind::Monthly,
            Some("usage_monthly"),
            today.with_day(1).and_then(|day| day.checked_add_months(Months::new(1))),
        ),
        _ => (WindowKind::Other, None, None),
    };
    let ends = ends.and_then(|day| day.and_hms_opt(0, 0, 0)).map(|at| at.and_utc());
    let limit = number("limit");
    // The counter of the limit's own period will do, never the one of the key's whole life.
    let used = counter.and_then(number);
    let allowance = Allowance::left(number("limit_remaining"), limit)
        .or(Allowance::counted(used, limit))
        .unlimited_if(data["limit"].is_null() && !data["usage"].is_null());
    draft::window("key", kind, allowance, ends)
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
    fn a_key_without_a_cap_says_so_and_only_the_counter_of_its_own_period_counts() {
        let of = |data: &Value| window(data, DateTime::UNIX_EPOCH).map(|it| it.allowance());
        let used = |percent| Some(Allowance::used_percent(Some(percent)));
        for (data, want) in [
            (json!({"limit": null, "usage": 7.5}), Some(Allowance::Unlimited)),
            (json!({"limit": 0, "limit_remaining": 0}), None),
            (json!({"limit": 10, "limit_remaining": 8, "usage": 400}), used(20.0)),
            (json!({"limit": 10, "limit_reset": "daily", "usage_daily": 2, "usage": 400}), used(20.0)),
            (json!({"limit": 10, "usage": 400}), Some(Allowance::Unknown)),
        ] {
            assert_eq!(of(&data), want, "{data}");
        }
    }

    #[test]
    fn zeros_that_are_told_to_a_key_which_may_not_see_the_account_are_no_balance() {
        let balance = |paid: u32, used: u32, manages: Value| {
            let credits = json!({"data": {"total_credits": paid, "total_usage": used}});
            let key = json!({"data": {"is_management_key": manages, "limit": null}});
            let draft = read(Some(&credits), Some(&key), DateTime::UNIX_EPOCH);
            draft.report().reading.credits.first().and_then(|credits| credits.balance)
        };
        assert_eq!(balance(0, 0, json!(false)), None);
        assert_eq!(balance(0, 0, json!(null)), None);
        assert_eq!(balance(0, 0, json!(true)), Some(Amount::ZERO));
        assert_eq!(balance(25, 7, json!(false)), Some(Amount::whole(18)));
        let zeros = json!({"data": {"total_credits": 0, "total_usage": 0}});
        let nothing = read(Some(&zeros), None, DateTime::UNIX_EPOCH).finish(&zeros);
        assert_eq!(nothing.unwrap_err().trouble, Trouble::BadPayload);
    }
}
