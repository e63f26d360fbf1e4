//! ClinePass: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Odd, Report, Vendor, draft, lenient};
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

const VENDOR: Vendor =
    Vendor { means: &[(403, Trouble::NotSubscribed)], ..Vendor::of(&["cline.bot"]) };
const URL: &str = "https://api.cline.bot/api/v1/users/me/plan/usage-limits";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    let mut draft = Draft::new();
    draft.each("limits", &answer["data"]["limits"], window);
    draft.finish(&answer)
}

fn window(limit: &Value) -> Result<Option<Window>, Odd> {
    let kind = match limit["type"].as_str() {
        Some("five_hour") => WindowKind::Session,
        Some("daily") => WindowKind::Daily,
        Some("weekly") => WindowKind::Weekly,
        Some("monthly") => WindowKind::Monthly,
        Some(_) => return Err(Odd::UnknownKind),
        None => return Err(Odd::Broken("type is missing")),
    };
    let allowance = Allowance::used_percent(lenient::number(&limit["percentUsed"]));
    Ok(draft::window(kind.code(), kind, allowance, lenient::instant(&limit["resetsAt"])))
}
