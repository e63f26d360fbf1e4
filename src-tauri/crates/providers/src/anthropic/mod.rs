//! Anthropic API: what the organisation has spent this month, asked with an admin key.

use crate::{keyed::keyed, spent};
use chrono::{DateTime, Utc};
use claudometer_core::{Amount, Currency};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Report, Vendor, money};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "anthropic", name: "Anthropic API", short: "An", dashboard: "https://platform.claude.com/settings/admin-keys",
    variables: ["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_ADMIN_API_KEY"], key: "Admin key", help: "Make an admin key (it begins with sk-ant-admin) in the console under Settings, Admin keys.",
    asks: "api.anthropic.com for the costs of this month",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["anthropic/"],
    scenes: {
        "calm": [("/v1/organizations/cost_report", 200, "fixtures/anthropic/costs.json")],
        "refused": [("/v1/organizations/cost_report", 401, "fixtures/anthropic/error_401.json")],
    },
}

const VENDOR: Vendor = Vendor { form: &["/error"], ..Vendor::of(&["anthropic.com", "claude.com"]) };
const URL: &str = "https://api.anthropic.com/v1/organizations/cost_report";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = |from: DateTime<Utc>, page: Option<&str>| {
        let mut url = format!("{URL}?starting_at={}&limit=31", from.format("%Y-%m-%dT%H:%M:%SZ"));
        if let Some(page) = page {
            url = format!("{url}&page={}", crate::spent::escaped(page));
        }
        Request::get(url).header("x-api-key", key.clone()).header("anthropic-version", "2023-06-01")
    };
    spent::this_month(spent::Form { request: &request, vendor: &VENDOR, cost }, host).await
}

/// An amount is in cents, as text (the vendor's reference of its cost report).
fn cost(value: &Value) -> Option<(Amount, Currency)> {
    let currency = money::currency(&value["currency"], Currency::USD)?;
    Some((money::minor(&value["amount"], &Value::Null, Some(currency))?, currency))
}
