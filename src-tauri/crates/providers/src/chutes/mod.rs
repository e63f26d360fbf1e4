//! Chutes: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
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

const VENDOR: Vendor =
    Vendor { means: &[(403, Trouble::NotSubscribed)], ..Vendor::of(&["chutes.ai"]) };
const URL: &str = "https://api.chutes.ai/users/me/subscription_usage";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    let mut draft = Draft::new();
    draft.plan = lenient::text(&answer["subscription"]["plan_name"]);
    draft.bucket("rolling_window", &answer["rolling_window"], rolling);
    draft.bucket("monthly", &answer["monthly"], monthly);
    draft.finish(&answer)
}

fn rolling(found: &Value) -> Option<Window> {
    let minutes = lenient::count(&found["window_minutes"]);
    let allowance =
        Allowance::counted(lenient::number(&found["requests"]), lenient::number(&found["limit"]));
    let ends = lenient::instant(&found["reset_at"]);
    let kind = minutes.map_or(WindowKind::Rolling, WindowKind::of_minutes);
    Some(draft::window("rolling", kind, allowance, ends)?.lasting(minutes))
}

fn monthly(found: &Value) -> Option<Window> {
    let allowance =
        Allowance::counted(lenient::number(&found["used"]), lenient::number(&found["limit"]));
    let ends = lenient::instant(&found["resets_at"]);
    draft::window("monthly", WindowKind::Monthly, allowance, ends)
}
