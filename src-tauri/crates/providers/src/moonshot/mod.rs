//! Moonshot: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, CreditUnit, Reading, Trouble};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;

keyed! {
    id: "moonshot", name: "Moonshot", short: "Ms", dashboard: "https://platform.moonshot.ai/console/account",
    variables: ["MOONSHOT_API_KEY"], key: "API key", help: "Make a key at platform.moonshot.ai.", asks: "api.moonshot.ai for the balance",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/moonshot_balance.json", "moonshot/"],
    scenes: {
        "calm": [("/users/me/balance", 200, "fixtures/moonshot/moonshot_balance.json")],
        "refused": [("/users/me/balance", 401, "fixtures/moonshot/error_401.json")],
    },
}

const URL: &str = "https://api.moonshot.ai/v1/users/me/balance";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::ForbiddenScope).await?;
    let balance = lenient::amount(&answer["data"]["available_balance"]);
    let mut reading = Reading::empty(Coverage::Complete);
    reading.credits = key::balance(balance, CreditUnit::Usd);
    key::told(reading, &answer)
}
