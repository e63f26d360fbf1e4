//! ClinePass: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "cline", name: "ClinePass", short: "Cl", dashboard: "https://app.cline.bot/dashboard",
    variables: ["CLINE_API_KEY"], key: "API key", help: "Make a key at app.cline.bot under Account.", asks: "api.cline.bot for the limits of the plan",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/clinepass_limits.json", "cline/"],
    scenes: {
        "calm": [("/usage-limits", 200, "fixtures/cline/clinepass_limits.json")],
        "refused": [("/usage-limits", 401, "fixtures/cline/error_401.json")],
    },
}

const URL: &str = "https://api.cline.bot/api/v1/users/me/plan/usage-limits";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::NotSubscribed).await?;
    let limits = answer["data"]["limits"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut reading = Reading::empty(Coverage::Complete);
    reading.windows = limits.iter().filter_map(window).collect();
    key::told(reading, &answer)
}

/// Kinds that nobody knows are left out: what they count is not said.
fn window(limit: &Value) -> Option<Window> {
    let (id, kind) = match limit["type"].as_str()? {
        "five_hour" => ("session", WindowKind::Session),
        "daily" => ("daily", WindowKind::Daily),
        "weekly" => ("weekly", WindowKind::Weekly),
        "monthly" => ("monthly", WindowKind::Monthly),
        _ => return None,
    };
    let used = lenient::number(&limit["percentUsed"]);
    Some(key::window(id, kind, used, lenient::instant(&limit["resetsAt"])))
}
