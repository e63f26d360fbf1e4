//! OpenAI API: what the organisation has spent this month, asked with an admin key.

use crate::{keyed::keyed, spent};
use chrono::{DateTime, Utc};
use claudometer_core::{Amount, Currency};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Report, Vendor, lenient, money};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "openai", name: "OpenAI API", short: "Oa", dashboard: "https://platform.openai.com/settings/organization/admin-keys",
    variables: ["OPENAI_ADMIN_KEY"], key: "Admin key", help: "Make an admin key (it begins with sk-admin) in the platform under Organization, Admin keys.",
    asks: "api.openai.com for the costs of this month",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["openai/"],
    scenes: {
        "calm": [("/v1/organization/costs", 200, "fixtures/openai/costs.json")],
        "refused": [("/v1/organization/costs", 401, "fixtures/openai/error_401.json")],
    },
}

const VENDOR: Vendor = Vendor { form: &["/error"], ..Vendor::of(&["openai.com"]) };
const URL: &str = "https://api.openai.com/v1/organization/costs";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = |from: DateTime<Utc>, page: Option<&str>| {
        let mut url = format!("{URL}?start_time={}&bucket_width=1d&limit=31", from.timestamp());
        if let Some(page) = page {
            url = format!("{url}&page={}", crate::spent::escaped(page));
        }
        Request::get(url).bearer(key)
    };
    spent::this_month(spent::Form { request: &request, vendor: &VENDOR, cost }, host).await
}

/// An amount is in whole units (the vendor's reference of its costs).
fn cost(value: &Value) -> Option<(Amount, Currency)> {
    let amount = &value["amount"];
    let currency = money::currency(&amount["currency"], Currency::USD)?;
    Some((lenient::amount(&amount["value"])?, currency))
}
