//! NanoGPT: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;

keyed! {
    id: "nanogpt", name: "NanoGPT", short: "Ng", dashboard: "https://nano-gpt.com/balance",
    variables: ["NANOGPT_API_KEY"], key: "API key", help: "Make a key at nano-gpt.com/api.", asks: "nano-gpt.com for the use of the subscription",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/nanogpt_usage.json", "nanogpt/"],
    scenes: {
        "calm": [("/api/subscription/v1/usage", 200, "fixtures/nanogpt/nanogpt_usage.json")],
        "refused": [("/api/subscription/v1/usage", 401, "fixtures/nanogpt/error_401.json")],
    },
}

const URL: &str = "https://nano-gpt.com/api/subscription/v1/usage";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::NotSubscribed).await?;
    // What is called a percent is a fraction.
    let window = |name: &str, kind: WindowKind| {
        let found = &answer[name];
        let used = lenient::number(&found["percentUsed"]).map(|fraction| fraction * 100.0);
        let used = used.or_else(|| {
            key::share(lenient::number(&found["used"]), lenient::number(&answer["limits"][name]))
        });
        let ends = lenient::instant(&found["resetAt"]);
        found.is_object().then(|| key::window(name, kind, used, ends))
    };
    let mut reading = Reading::empty(Coverage::Complete);
    let all = [window("daily", WindowKind::Daily), window("monthly", WindowKind::Monthly)];
    reading.windows = all.into_iter().flatten().collect();
    if answer["active"] == false && reading.windows.is_empty() {
        return Err(FetchError::new(Trouble::NotSubscribed, "There is no active subscription."));
    }
    key::told(reading, &answer)
}
