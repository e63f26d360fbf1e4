//! NanoGPT: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
use secrecy::SecretString;
use serde_json::Value;

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

const VENDOR: Vendor =
    Vendor { means: &[(403, Trouble::NotSubscribed)], ..Vendor::of(&["nano-gpt.com"]) };
const URL: &str = "https://nano-gpt.com/api/subscription/v1/usage";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    let draft = read(&answer);
    if answer["active"] == false && !draft.tells() {
        return Err(FetchError::new(Trouble::NotSubscribed, "There is no active subscription."));
    }
    draft.finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let mut draft = Draft::new();
    for (name, kind) in [("daily", WindowKind::Daily), ("monthly", WindowKind::Monthly)] {
        draft.bucket(name, &answer[name], |found| {
            let number = |name: &str| lenient::number(&found[name]);
            let limit = lenient::number(&answer["limits"][name]);
            // What is called a percent is a fraction; the counts are exact.
            let allowance = Allowance::counted(number("used"), limit)
                .or(Allowance::left(number("remaining"), limit))
                .or(Allowance::used_fraction(number("percentUsed")));
            draft::window(name, kind, allowance, lenient::instant(&found["resetAt"]))
        });
    }
    draft
}
