//! z.ai: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Allowance, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Odd, Report, Vendor, Word, draft, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "zai", name: "z.ai", short: "Za", dashboard: "https://z.ai/manage-apikey/apikey-list",
    variables: ["ZAI_API_KEY", "Z_AI_API_KEY", "GLM_API_KEY", "ZHIPU_API_KEY", "BIGMODEL_API_KEY"], key: "API key", help: "Make a key at z.ai (or bigmodel.cn) under API keys.", asks: "api.z.ai (for a key of the Chinese service open.bigmodel.cn) for the quota of the coding plan",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["zai/"],
    scenes: {
        "calm": [("/quota/limit", 200, "fixtures/zai/tokens_limit.json")],
        "refused": [("/quota/limit", 200, "fixtures/zai/error_200_auth.json")],
    },
}

/// HTTP 200 can be an error.
const VENDOR: Vendor = Vendor {
    says: &[
        (Word::Text("coding plan"), Trouble::NotSubscribed),
        (Word::Code(1000), Trouble::AuthExpired),
        (Word::Code(1001), Trouble::AuthExpired),
        (Word::Code(1002), Trouble::AuthExpired),
        (Word::Code(1003), Trouble::AuthExpired),
        (Word::Code(1004), Trouble::AuthExpired),
        (Word::Text("token missing"), Trouble::AuthExpired),
        (Word::Text("authoriz"), Trouble::AuthExpired),
        (Word::Text("authent"), Trouble::AuthExpired),
        (Word::Text("api key"), Trouble::AuthExpired),
    ],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["z.ai", "bigmodel.cn"])
};
const GLOBAL: &str = "https://api.z.ai/api/monitor/usage/quota/limit";
const CHINA: &str = "https://open.bigmodel.cn/api/monitor/usage/quota/limit";

/// The global service first; one that does not know the key may be the wrong one of two.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    match told(host, GLOBAL, key).await {
        Err(error) if error.trouble == Trouble::AuthExpired => {
            told(host, CHINA, key).await.map_err(|other| error.or_of_other_host(other))
        }
        other => other,
    }
}

async fn told(host: &Host, url: &str, key: &SecretString) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, url, key).await?;
    read(&answer, host.now()).finish(&answer)
}

fn read(answer: &Value, now: DateTime<Utc>) -> Draft {
    let data = &answer["data"];
    let mut draft = Draft::new();
    let plan = lenient::text(lenient::any(data, &["level", "planName", "plan", "packageName"]));
    draft.plan = plan.map(|plan| lenient::title_case(&plan));
    // Old answers name no unit: of two limits the one that ends sooner is the session's.
    let of_tokens = |limit: &&Value| kind(limit) == Kind::Tokens;
    let all = data["limits"].as_array().into_iter().flatten();
    let soonest = all.filter(of_tokens).filter_map(ends).min();
    draft.each("limits", &data["limits"], |limit| window(limit, soonest, now));
    draft
}

#[derive(PartialEq, Eq)]
enum Kind {
    /// What the models use, under the names that it has had.
    Tokens,
    /// What their tools use, in a month.
    Tools,
    /// A name that is not known: its unit may say what it is.
    Unknown,
    /// No name at all.
    None,
}

fn kind(limit: &Value) -> Kind {
    let name = lenient::text(lenient::any(limit, &["type", "name"]));
    match name.map(|name| name.to_ascii_uppercase()).as_deref() {
        Some("TOKENS_LIMIT" | "CREDIT_LIMIT") => Kind::Tokens,
        Some("TIME_LIMIT") => Kind::Tools,
        Some(_) => Kind::Unknown,
        None => Kind::None,
    }
}

fn ends(limit: &Value) -> Option<DateTime<Utc>> {
    lenient::instant(&limit["nextResetTime"])
}

/// The length that unit and number name, in minutes. Other codes mean different things to different readers.
fn minutes(limit: &Value) -> Option<u32> {
    let unit = lenient::number(&limit["unit"])?;
    let number = lenient::count(&limit["number"]).filter(|number| (1..=1_000).contains(number));
    if (unit - 3.0).abs() < f64::EPSILON {
        Some(number.unwrap_or(5) * 60)
    } else if (unit - 6.0).abs() < f64::EPSILON {
        Some(number.unwrap_or(1) * 10_080)
    } else {
        None
    }
}

fn window(
    limit: &Value,
    soonest: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<Option<Window>, Odd> {
    let has_unit = lenient::number(&limit["unit"]).is_some();
    let (id, kind, minutes) = match (kind(limit), minutes(limit)) {
        (Kind::None, _) => return Err(Odd::Broken("type is missing")),
        (Kind::Tools, _) => ("tools".to_owned(), WindowKind::Monthly, None),
        (Kind::Tokens | Kind::Unknown, Some(minutes)) => {
            let kind = WindowKind::of_minutes(minutes);
            (kind.code().to_owned(), kind, Some(minutes))
        }
        (Kind::Unknown, None) => return Err(Odd::UnknownKind),
        (Kind::Tokens, None) => {
            let kind = match ends(limit) {
                _ if !has_unit && ends(limit) == soonest => WindowKind::Session,
                _ if !has_unit => WindowKind::Weekly,
                Some(at) if at - now <= TimeDelta::hours(6) => WindowKind::Session,
                Some(at) if at - now <= TimeDelta::days(8) => WindowKind::Weekly,
                Some(_) => WindowKind::Monthly,
                None => return Err(Odd::UnknownKind),
            };
            (kind.code().to_owned(), kind, None)
        }
    };
    let window = draft::window(&id, kind, used(limit), ends(limit));
    Ok(window.map(|window| window.lasting(minutes)))
}

/// `usage` is the limit, `currentValue` what is used. The percentage is a whole number that is mostly cut off, so the exact
/// counts come first, where the limit is one.
fn used(limit: &Value) -> Allowance {
    let number = |name: &str| lenient::number(&limit[name]);
    let all = number("usage").filter(|all| *all > 0.0);
    Allowance::counted(number("currentValue"), all)
        .or(Allowance::left(all.and_then(|_| number("remaining")), all))
        .or(Allowance::used_percent(number("percentage")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(limits: &Value) -> Vec<(String, Option<f64>)> {
        let now = DateTime::from_timestamp(1_789_473_600, 0).unwrap();
        let reading = read(&json!({"data": {"limits": limits}}), now).report().reading;
        let windows = reading.windows.into_iter();
        windows.map(|w| (w.id, w.used.map(claudometer_core::Percent::get))).collect()
    }

    #[test]
    fn old_answers_without_units_are_told_apart_by_their_reset() {
        let old = json!([
            {"name": "tokens_limit", "percentage": 12, "nextResetTime": 1_789_948_800_000_i64},
            {"name": "tokens_limit", "usage": 200, "currentValue": 50, "nextResetTime": 1_789_484_400_000_i64},
            {"type": "UNKNOWN", "percentage": 1}, 5, {"type": "TOKENS_LIMIT", "unit": 9, "percentage": 3},
        ]);
        assert_eq!(told(&old), [("weekly".into(), Some(12.0)), ("session".into(), Some(25.0))]);
        assert_eq!(told(&json!([{"type": "TOKENS_LIMIT"}])), [("session".into(), None)]);
    }

    #[test]
    fn a_limit_is_what_its_unit_says_whatever_it_is_called() {
        for (limit, shown) in [
            (json!({"type": "PROMPT_LIMIT", "unit": 3.0, "number": 5, "percentage": 7}), "session"),
            (json!({"type": "PROMPT_LIMIT", "unit": "6", "number": 1, "percentage": 7}), "weekly"),
            (json!({"type": "CREDIT_LIMIT", "unit": 3, "number": 24, "percentage": 7}), "daily"),
            (
                json!({"type": "TOKENS_LIMIT", "unit": 5, "nextResetTime": 1_789_948_800_000_i64, "percentage": 7}),
                "weekly",
            ),
            (json!({"type": "time_limit", "unit": 5, "percentage": 7}), "tools"),
        ] {
            assert_eq!(told(&json!([limit])), [(shown.to_owned(), Some(7.0))], "{limit}");
        }
        assert!(told(&json!([{"type": "PROMPT_LIMIT", "unit": 5, "percentage": 7}])).is_empty());
    }

    #[test]
    fn exact_counts_come_before_a_percentage_that_is_cut_off() {
        for (limit, shown) in [
            (json!({"usage": 12000, "currentValue": 1440, "percentage": 11}), 12.0),
            (json!({"usage": 200, "remaining": 50, "percentage": 74}), 75.0),
            (json!({"usage": 0, "currentValue": 0, "percentage": 11}), 11.0),
            (json!({"usage": null, "currentValue": null, "percentage": 1}), 1.0),
        ] {
            assert_eq!(used(&limit), Allowance::used_percent(Some(shown)), "{limit}");
        }
    }

    #[test]
    fn an_error_in_a_good_answer_is_told_apart() {
        let trouble = |code: u32, text: &str| {
            let body = json!({"code": code, "msg": text, "success": false}).to_string();
            let response = claudometer_provider::replay::good(&body);
            VENDOR.read(&response, DateTime::UNIX_EPOCH).unwrap_err().trouble
        };
        assert_eq!(trouble(1001, "x"), Trouble::AuthExpired);
        assert_eq!(trouble(500, "You do not have a coding plan"), Trouble::NotSubscribed);
        assert_eq!(trouble(500, "oops"), Trouble::BadPayload);
    }
}
