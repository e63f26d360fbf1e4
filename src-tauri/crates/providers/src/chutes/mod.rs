//! Chutes: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "chutes", name: "Chutes", short: "Ch", dashboard: "https://chutes.ai/app/api/billing-balance",
    variables: ["CHUTES_API_KEY"], key: "API key", help: "Make a key at chutes.ai (it begins with cpk_).", asks: "api.chutes.ai for the use of the subscription",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/chutes_subscription.json", "chutes/"],
    scenes: {
        "calm": [("/subscription_usage", 200, "fixtures/chutes/chutes_subscription.json")],
        "refused": [("/subscription_usage", 401, "fixtures/chutes/error_401.json")],
    },
}

const URL: &str = "https://api.chutes.ai/users/me/subscription_usage";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::NotSubscribed).await?;
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = lenient::text(&answer["subscription"]["plan_name"]);
    reading.windows = [rolling(&answer["rolling_window"]), monthly(&answer["monthly"])]
        .into_iter()
        .flatten()
        .collect();
    key::told(reading, &answer)
}

fn rolling(found: &Value) -> Option<Window> {
    let minutes = lenient::count(&found["window_minutes"])?;
    let used = key::share(lenient::number(&found["requests"]), lenient::number(&found["limit"]));
    let ends = lenient::instant(&found["reset_at"]);
    let kind = WindowKind::of_minutes(minutes);
    Some(Window { minutes: Some(minutes), ..key::window("rolling", kind, used, ends) })
}

fn monthly(found: &Value) -> Option<Window> {
    let used = key::share(lenient::number(&found["used"]), lenient::number(&found["limit"]));
    let ends = lenient::instant(&found["resets_at"]);
    found.is_object().then(|| key::window("monthly", WindowKind::Monthly, used, ends))
}
