//! DeepSeek: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, CreditUnit, Reading, Trouble};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;

keyed! {
    id: "deepseek", name: "DeepSeek", short: "Ds", dashboard: "https://platform.deepseek.com/usage",
    variables: ["DEEPSEEK_API_KEY"], key: "API key", help: "Make a key at platform.deepseek.com.", asks: "api.deepseek.com for the balance",
    status: Some(claudometer_provider::StatusPage { url: "https://status.deepseek.com/api/v2/summary.json", link: "https://status.deepseek.com", form: claudometer_provider::status::Form::Statuspage { component: Some("API") } }), lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/deepseek_balance.json", "deepseek/"],
    scenes: {
        "calm": [("/user/balance", 200, "fixtures/deepseek/deepseek_balance.json")],
        "refused": [("/user/balance", 401, "fixtures/deepseek/error_401.json")],
    },
}

const URL: &str = "https://api.deepseek.com/user/balance";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::ForbiddenScope).await?;
    let all = answer["balance_infos"].as_array().map(Vec::as_slice).unwrap_or_default();
    let dollars = all.iter().find(|info| info["currency"] == "USD");
    let balance = dollars.and_then(|info| lenient::amount(&info["total_balance"]));
    let mut reading = Reading::empty(Coverage::Complete);
    reading.credits = key::balance(balance, CreditUnit::Usd);
    key::told(reading, &answer)
}
