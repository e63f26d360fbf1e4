//! Amp: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::Trouble;
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Recorded, Report, key, replay::of_reading};
use secrecy::SecretString;
use serde_json::{Value, json};

keyed! {
    id: "amp", name: "Amp", short: "Am", dashboard: "https://ampcode.com/settings",
    variables: ["AMP_API_KEY"], key: "API key", help: "Make a key at ampcode.com under Settings.", asks: "ampcode.com for the balance of the account",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["amp/"],
    scenes: {
        "calm": [("userDisplayBalanceInfo", 200, "fixtures/amp/answer.json")],
        "refused": [("userDisplayBalanceInfo", 401, "fixtures/amp/error_401.json")],
    },
    local: replayed,
}

mod said;

const URL: &str = "https://ampcode.com/api/internal?userDisplayBalanceInfo";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let body = json!({"method": "userDisplayBalanceInfo", "params": {}});
    let request = Request::post(URL, body.to_string()).bearer(key);
    let answer = key::answered(host, request, Trouble::NotSubscribed).await?;
    let text = answer["result"]["displayText"].as_str().unwrap_or_default();
    if answer["ok"] == false && text.is_empty() {
        return Err(FetchError::new(Trouble::AuthExpired, "The vendor refused the key."));
    }
    key::told(said::reading(text, host.now()), &answer)
}

/// What its own program prints is the same text.
fn replayed(recorded: &Recorded, host: &Host) -> Option<Value> {
    recorded.request.starts_with("amp usage").then(|| {
        let text = recorded.text();
        let mut outcome = of_reading(&said::reading(&text, host.now()));
        outcome["extra_balances"] = said::workspaces(&text);
        outcome
    })
}
