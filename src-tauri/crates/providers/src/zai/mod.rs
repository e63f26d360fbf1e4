//! z.ai: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient, shape};
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

const GLOBAL: &str = "https://api.z.ai/api/monitor/usage/quota/limit";
const CHINA: &str = "https://open.bigmodel.cn/api/monitor/usage/quota/limit";

/// The global service first; one that does not know the key may be the wrong one of two.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let global = read(key::get(host, GLOBAL, key, Trouble::NotSubscribed).await);
    match global {
        Err(error) if error.trouble == Trouble::AuthExpired => {
            let china = read(key::get(host, CHINA, key, Trouble::NotSubscribed).await);
            china.map_err(|_| error)
        }
        other => other,
    }
}

fn read(answer: Result<Value, FetchError>) -> Result<Report, FetchError> {
    let answer = answer?;
    if answer["success"] == false {
        return Err(refusal(&answer));
    }
    let data = &answer["data"];
    let limits = data["limits"].as_array().map(Vec::as_slice).unwrap_or_default();
    let plan = lenient::text(lenient::any(data, &["level", "planName", "plan", "packageName"]));
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = plan.map(|plan| lenient::title_case(&plan));
    reading.windows = windows(limits);
    key::told(reading, &answer)
}

/// HTTP 200 can be an error.
fn refusal(answer: &Value) -> FetchError {
    let message = answer["msg"].as_str().unwrap_or_default().to_ascii_lowercase();
    let code = lenient::number(&answer["code"]).unwrap_or_default();
    let about_auth = (1000.0..1005.0).contains(&code)
        || ["token", "authoriz", "authent", "api key"].iter().any(|word| message.contains(word));
    if message.contains("coding plan") {
        FetchError::new(Trouble::NotSubscribed, "This key has no coding plan.")
    } else if about_auth {
        FetchError::new(Trouble::AuthExpired, "The vendor refused the key.")
    } else {
        FetchError::unreadable("The vendor answered with an error.", Some(shape::of(answer)))
    }
}

fn windows(limits: &[Value]) -> Vec<Window> {
    let kind = |limit: &Value| {
        lenient::text(lenient::any(limit, &["type", "name"]))
            .unwrap_or_default()
            .to_ascii_uppercase()
    };
    let of_tokens =
        |limit: &&Value| matches!(kind(limit).as_str(), "TOKENS_LIMIT" | "CREDIT_LIMIT");
    let ends = |limit: &Value| lenient::instant(&limit["nextResetTime"]);
    // Old answers name no unit: of two limits the one that ends sooner is the session's.
    let soonest = limits.iter().filter(of_tokens).filter_map(ends).min();
    let window = |limit: &Value| {
        let (id, window_kind) = match (kind(limit).as_str(), limit["unit"].as_u64()) {
            ("TIME_LIMIT", _) => ("tools", WindowKind::Monthly),
            ("TOKENS_LIMIT" | "CREDIT_LIMIT", Some(3)) => ("session", WindowKind::Session),
            ("TOKENS_LIMIT" | "CREDIT_LIMIT", None) if ends(limit) == soonest => {
                ("session", WindowKind::Session)
            }
            ("TOKENS_LIMIT" | "CREDIT_LIMIT", None | Some(6)) => ("weekly", WindowKind::Weekly),
            _ => return None,
        };
        Some(key::window(id, window_kind, used(limit), ends(limit)))
    };
    limits.iter().filter_map(window).collect()
}

/// `usage` is the limit, `currentValue` what is used.
fn used(limit: &Value) -> Option<f64> {
    lenient::number(&limit["percentage"]).or_else(|| {
        key::share(lenient::number(&limit["currentValue"]), lenient::number(&limit["usage"]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ids(limits: &Value) -> Vec<(String, Option<f64>)> {
        let windows = windows(limits.as_array().unwrap());
        windows.into_iter().map(|w| (w.id, w.used.map(claudometer_core::Percent::get))).collect()
    }

    #[test]
    fn old_answers_without_units_are_told_apart_by_their_reset() {
        let old = json!([
            {"name": "tokens_limit", "percentage": 12, "nextResetTime": 1_789_948_800_000_i64},
            {"name": "tokens_limit", "usage": 200, "currentValue": 50, "nextResetTime": 1_789_484_400_000_i64},
            {"type": "UNKNOWN", "percentage": 1}, 5, {"type": "TOKENS_LIMIT", "unit": 9, "percentage": 3},
        ]);
        assert_eq!(ids(&old), [("weekly".into(), Some(12.0)), ("session".into(), Some(25.0))]);
        assert_eq!(ids(&json!([{"type": "TOKENS_LIMIT"}])), [("session".into(), None)]);
    }

    #[test]
    fn an_error_in_a_good_answer_is_told_apart() {
        let trouble = |code: u32, text: &str| refusal(&json!({"code": code, "msg": text})).trouble;
        assert_eq!(trouble(1001, "x"), Trouble::AuthExpired);
        assert_eq!(trouble(500, "You do not have a coding plan"), Trouble::NotSubscribed);
        assert_eq!(trouble(500, "oops"), Trouble::BadPayload);
    }
}
