//! MiniMax: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Scope, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient, shape};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "minimax", name: "MiniMax", short: "Mm", dashboard: "https://platform.minimax.io/user-center/payment/coding-plan",
    variables: ["MINIMAX_CODING_API_KEY", "MINIMAX_API_KEY"], key: "API key", help: "Make a key of the coding plan (it begins with sk-cp-) at platform.minimax.io.", asks: "api.minimax.io (for a key of the Chinese service api.minimaxi.com) for what remains of the plan",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["minimax/"],
    scenes: {
        "calm": [("/v1/token_plan/remains", 200, "fixtures/minimax/remains.json")],
        "refused": [("/v1/token_plan/remains", 200, "fixtures/minimax/error_200_auth.json")],
    },
    outcome: with_retry,
}

const PATH: &str = "/v1/token_plan/remains";
const HOSTS: [&str; 2] = ["https://api.minimax.io", "https://api.minimaxi.com"];

/// The global service first; where it refuses the key, the Chinese one is asked once.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let [global, china] = HOSTS.map(|base| format!("{base}{PATH}"));
    match read(key::get(host, &global, key, Trouble::NotSubscribed).await) {
        Err(error) if error.trouble == Trouble::AuthExpired => {
            read(key::get(host, &china, key, Trouble::NotSubscribed).await).map_err(|_| error)
        }
        other => other,
    }
}

/// Whether a recorded refusal made us ask the other host, once.
fn with_retry(mut outcome: Value, asked: &[String]) -> Value {
    if outcome["ok"] == false {
        let china = asked.iter().filter(|url| url.starts_with(HOSTS[1])).count();
        outcome["retry_cn_host_once"] = Value::Bool(china == 1);
    }
    outcome
}

fn read(answer: Result<Value, FetchError>) -> Result<Report, FetchError> {
    let answer = answer?;
    let code = lenient::any(&answer["base_resp"], &["status_code"]);
    let code = lenient::number(if code.is_null() { &answer["status_code"] } else { code });
    match code {
        Some(0.0) | None => {}
        Some(1004.0) => {
            return Err(FetchError::new(Trouble::AuthExpired, "The vendor refused the key."));
        }
        Some(_) => {
            let detail = "The vendor answered with an error of its own.";
            return Err(FetchError::unreadable(detail, Some(shape::of(&answer))));
        }
    }
    let models = answer["model_remains"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = lenient::text(&answer["current_subscribe_title"]);
    reading.windows = models.iter().flat_map(windows).collect();
    key::told(reading, &answer)
}

/// The windows of one model; the one named general counts for the whole account.
fn windows(model: &Value) -> Vec<Window> {
    let name = lenient::text(&model["model_name"]).filter(|name| name != "general");
    let scoped = |window: Window| match &name {
        Some(name) => Window {
            id: format!("{}:{}", window.id, lenient::slug(name)),
            scope: Scope { model: Some(name.clone()), ..Scope::default() },
            ..window
        },
        None => window,
    };
    let interval = included(model, "current_interval_status").then(|| {
        let ends = lenient::instant(&model["end_time"]);
        let minutes = lenient::instant(&model["start_time"])
            .zip(ends)
            .and_then(|(begin, end)| u32::try_from((end - begin).num_minutes()).ok())
            .filter(|minutes| *minutes > 0);
        let kind = minutes.map_or(WindowKind::Session, WindowKind::of_minutes);
        let window = key::window(kind.code(), kind, used(model, "current_interval"), ends);
        Window { minutes: minutes.or(window.minutes), ..window }
    });
    let weekly = (lenient::number(&model["current_weekly_status"]) == Some(1.0)).then(|| {
        let ends = lenient::instant(&model["weekly_end_time"]);
        key::window("weekly", WindowKind::Weekly, used(model, "current_weekly"), ends)
    });
    interval.into_iter().chain(weekly).map(scoped).collect()
}

/// Status 3 is a model that the plan does not include.
fn included(model: &Value, status: &str) -> bool {
    model.is_object() && lenient::number(&model[status]) != Some(3.0)
}

/// What is called the usage count is what remains.
fn used(model: &Value, prefix: &str) -> Option<f64> {
    let number = |what: &str| lenient::number(&model[format!("{prefix}_{what}")]);
    let total = number("total_count");
    number("remaining_percent")
        .map(|left| 100.0 - left)
        .or_else(|| key::share(Some(total? - number("usage_count")?), total))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_remaining_percent_is_preferred_and_models_stand_beside_the_account() {
        let model = json!({"model_name": "Video X", "current_interval_remaining_percent": 75, "current_interval_total_count": 10, "current_interval_usage_count": 1, "current_interval_status": 1});
        let all = windows(&model);
        assert_eq!(all.len(), 1, "no weekly status, no weekly window");
        assert_eq!(
            (all[0].id.as_str(), all[0].used.map(claudometer_core::Percent::get)),
            ("session:video-x", Some(25.0))
        );
        assert_eq!(all[0].scope.model.as_deref(), Some("Video X"));
        assert!(windows(&json!({"current_interval_status": 3})).is_empty());
    }
}
