//! Moonshot: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::CreditUnit;
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
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

const VENDOR: Vendor = Vendor::of(&["moonshot.ai", "moonshot.cn"]);
const URL: &str = "https://api.moonshot.ai/v1/users/me/balance";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    let mut draft = Draft::new();
    draft.balance(draft::left(
        lenient::amount(&answer["data"]["available_balance"]),
        CreditUnit::USD,
    ));
    draft.finish(&answer)
}
