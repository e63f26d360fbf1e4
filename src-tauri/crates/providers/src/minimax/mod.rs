//! MiniMax: what is left, asked with a key.

use crate::keyed::keyed;
use chrono::{DateTime, Utc};
use claudometer_core::{Allowance, Scope, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{
    Draft, FetchError, Odd, Recorded, Report, Vendor, Word, draft, lenient, replay::Stage,
};
use secrecy::SecretString;
use serde_json::{Value, json};

keyed! {
    id: "minimax", name: "MiniMax", short: "Mm", dashboard: "https://platform.minimax.io/user-center/payment/coding-plan",
    variables: ["MINIMAX_CODING_API_KEY", "MINIMAX_API_KEY"], key: "API key", help: "Make a key of the coding plan (it begins with sk-cp-) at platform.minimax.io.", asks: "api.minimax.io (for a key of the Chinese service api.minimaxi.com) for what remains of the plan",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["minimax/"],
    scenes: {
        "calm": [("/v1/token_plan/remains", 200, "fixtures/minimax/remains.json")],
        "refused": [("/v1/token_plan/remains", 200, "fixtures/minimax/error_200_auth.json")],
    },
    stage: staged,
}

/// Code 1004 is a bad key, or one without a plan. HTTP 200 can be an error.
const VENDOR: Vendor = Vendor {
    says: &[(Word::Code(1004), Trouble::AuthExpired)],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["minimax.io", "minimaxi.com"])
};
const PATH: &str = "/v1/token_plan/remains";
const HOSTS: [&str; 2] = ["https://api.minimax.io", "https://api.minimaxi.com"];

/// The global service first; where it refuses the key, the Chinese one is asked once.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let [global, china] = HOSTS.map(|base| format!("{base}{PATH}"));
    match told(host, &global, key).await {
        Err(error) if error.trouble == Trouble::AuthExpired => {
            told(host, &china, key).await.map_err(|other| error.or_of_other_host(other))
        }
        other => other,
    }
}

async fn told(host: &Host, url: &str, key: &SecretString) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, url, key).await?;
    read(&answer).finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let mut draft = Draft::new();
    draft.plan = lenient::text(&answer["current_subscribe_title"]);
    draft.each("model_remains", &answer["model_remains"], windows);
    draft
}

/// The windows of one model; the one named general counts for the whole account.
fn windows(model: &Value) -> Result<Vec<Window>, Odd> {
    let Some(name) = lenient::text(&model["model_name"]) else {
        return Err(Odd::Broken("model_name is missing"));
    };
    let (interval, week) = (Status::of(model, "interval"), Status::of(model, "weekly"));
    let nothing = |prefix: &str| {
        let number = |what: &str| lenient::number(&model[format!("current_{prefix}_{what}")]);
        number("total_count").is_none_or(|total| total == 0.0)
    };
    // Both without a limit, and nothing in all: the plan has no such model.
    let neither = interval == Status::Unlimited && week == Status::Unlimited;
    if neither && nothing("interval") && nothing("weekly") {
        return Ok(Vec::new());
    }
    let ends = lenient::instant(&model["end_time"]);
    let minutes = lenient::instant(&model["start_time"])
        .zip(ends)
        .and_then(|(begin, end)| u32::try_from((end - begin).num_minutes()).ok())
        .filter(|minutes| *minutes > 0);
    let kind = minutes.map_or(WindowKind::Session, WindowKind::of_minutes);
    let session = interval.window(model, "interval", kind, ends);
    let session = session.map(|window| window.lasting(minutes));
    let ends = lenient::instant(&model["weekly_end_time"]);
    let weekly = week.window(model, "weekly", WindowKind::Weekly, ends);
    let scoped = |window: Window| {
        if name == "general" {
            return window;
        }
        let id = format!("{}:{}", window.id, lenient::slug(&name));
        Window { id, scope: Scope { model: Some(name.clone()), ..Scope::default() }, ..window }
    };
    Ok(session.into_iter().chain(weekly).map(scoped).collect())
}

/// What the vendor says of a period in a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Counted,
    Spent,
    Unlimited,
    /// Not in a number that is known: whatever figure there is counts.
    Untold,
    /// In so many words: there is none.
    None,
}

impl Status {
    fn of(model: &Value, period: &str) -> Self {
        match lenient::count(&model[format!("current_{period}_status")]) {
            Some(0) => Self::None,
            Some(1) => Self::Counted,
            Some(2) => Self::Spent,
            Some(3) => Self::Unlimited,
            // Who tells no status tells the week only in newer answers, beside one.
            None if period == "weekly" => Self::None,
            Some(_) | None => Self::Untold,
        }
    }

    fn window(
        self,
        model: &Value,
        period: &str,
        kind: WindowKind,
        ends: Option<DateTime<Utc>>,
    ) -> Option<Window> {
        let allowance = left(model, period)
            .spent_if(self == Self::Spent)
            .unlimited_if(self == Self::Unlimited)
            .only_if(self != Self::None);
        draft::window(kind.code(), kind, allowance, ends)
    }
}

/// What is called the usage count is what remains. Where the plan counts credits all counts are zero, and the percentages
/// tell all.
fn left(model: &Value, period: &str) -> Allowance {
    let number = |what: &str| lenient::number(&model[format!("current_{period}_{what}")]);
    let total = number("total_count").filter(|total| *total > 0.0);
    Allowance::left_percent(number("remaining_percent"))
        .or(Allowance::left(total.and_then(|_| number("usage_count")), total))
}

/// Whether a recorded refusal made us ask the other host, once.
fn staged(recorded: &Recorded) -> Stage {
    Stage::keyed(recorded).adding(|_, played| {
        let china = played.asked.iter().filter(|asked| asked.url.starts_with(HOSTS[1])).count();
        let once = json!({"retry_cn_host_once": china == 1});
        once.as_object().cloned().unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(model: &Value) -> Vec<(String, Allowance)> {
        let reading = read(&json!({ "model_remains": [model] })).report().reading;
        reading.windows.into_iter().map(|w| (w.id.clone(), w.allowance())).collect()
    }

    fn used(id: &str, percent: f64) -> (String, Allowance) {
        (id.to_owned(), Allowance::used_percent(Some(percent)))
    }

    #[test]
    fn the_remaining_percent_is_preferred_and_models_stand_beside_the_account() {
        let model = json!({"model_name": "Video X", "current_interval_remaining_percent": 75, "current_interval_total_count": 10, "current_interval_usage_count": 1, "current_interval_status": 1});
        assert_eq!(told(&model), [used("session:video-x", 25.0)], "no weekly status, no week");
        let counts = json!({"model_name": "general", "current_interval_total_count": 10, "current_interval_usage_count": 1, "current_interval_status": 1});
        assert_eq!(told(&counts), [used("session", 90.0)], "the usage count is what remains");
    }

    #[test]
    fn a_status_says_what_a_figure_beside_it_means() {
        let of = |interval: Value, week: Value, left: u32| {
            told(&json!({
                "model_name": "general", "current_interval_status": interval, "current_weekly_status": week,
                "current_interval_total_count": 0, "current_weekly_total_count": 0,
                "current_interval_remaining_percent": left, "current_weekly_remaining_percent": left,
            }))
        };
        let unlimited = |id: &str| (id.to_owned(), Allowance::Unlimited);
        assert_eq!(of(json!(1), json!(1), 88), [used("session", 12.0), used("weekly", 12.0)]);
        assert_eq!(of(json!(1), json!(2), 88), [used("session", 12.0), used("weekly", 100.0)]);
        assert_eq!(of(json!("1"), json!(2.0), 0), [used("session", 100.0), used("weekly", 100.0)]);
        assert_eq!(of(json!(1), json!(0), 88), [used("session", 12.0)]);
        assert_eq!(of(json!(1), json!(null), 88), [used("session", 12.0)]);
        assert_eq!(of(json!(1), json!(3), 100), [used("session", 0.0), unlimited("weekly")]);
        assert_eq!(of(json!(3), json!(3), 100), [], "not in the plan");
    }
}
