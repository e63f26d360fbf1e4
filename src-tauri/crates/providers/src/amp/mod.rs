//! Amp: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use claudometer_core::{ProviderId, Trouble, gate::Cadence};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    FetchError, Recorded, Report, SourceSpec, Vendor, Word, program::Program, replay::Stage,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::path::PathBuf;

keyed! {
    id: "amp", name: "Amp", short: "Am", dashboard: "https://ampcode.com/settings",
    variables: ["AMP_API_KEY"], key: "API key", help: "Make a key at ampcode.com under Settings.", asks: "ampcode.com for the balance of the account",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["amp/"],
    scenes: {
        "calm": [("userDisplayBalanceInfo", 200, "fixtures/amp/answer.json")],
        "refused": [("userDisplayBalanceInfo", 401, "fixtures/amp/error_401.json")],
    },
    stage: staged,
    also: &COMMAND,
}

mod said;

static COMMAND: Program = Program {
    spec: SourceSpec {
        id: "command",
        label: "amp's own report",
        reads: "What amp usage prints; it is started where it is installed and was used.",
        sends: "Asks nobody itself; amp asks its vendor, as when you run it.",
        cadence: Cadence { normal_s: 900, floor_s: 300 },
        passive: false,
        opt_in: false,
    },
    provider: ProviderId::new("amp"),
    name: "amp",
    args: &["usage"],
    login: data,
    read: |text, host| told_by_the_command(text, host),
};

const VENDOR: Vendor = Vendor {
    sign_in: &["/auth/sign-in", "auth.ampcode.com"],
    says: &[
        (Word::Text("unauth"), Trouble::AuthExpired),
        (Word::Text("api key"), Trouble::AuthExpired),
        (Word::Text("access token"), Trouble::AuthExpired),
        (Word::Kind("auth-required"), Trouble::AuthExpired),
    ],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["ampcode.com"])
};
const URL: &str = "https://ampcode.com/api/internal?userDisplayBalanceInfo";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let body = json!({"method": "userDisplayBalanceInfo", "params": {}});
    let request = Request::post(URL, body.to_string()).bearer(key);
    let answer = VENDOR.ask(host, request).await?;
    let text = answer["result"]["displayText"].as_str().unwrap_or_default();
    said::read(text, host.now()).finish(&answer)
}

/// The folder of the command's threads, which is there once it was used.
fn data(host: &Host) -> PathBuf {
    host.folder("AMP_DATA_DIR", ".local/share/amp")
}

fn told_by_the_command(text: &str, host: &Host) -> Result<Report, FetchError> {
    said::read(text, host.now()).finish(&Value::Null).map_err(|error| {
        let lower = text.to_lowercase();
        if lower.contains("login") || lower.contains("sign in") || text.trim().is_empty() {
            FetchError::new(Trouble::AuthMissing, "amp is not signed in.")
        } else {
            FetchError { shape: None, detail: "amp prints its usage differently now.".into(), ..error }
        }
    })
}

/// What its own program prints is the same text that its server tells.
fn staged(recorded: &Recorded) -> Stage {
    if recorded.request.starts_with("amp usage") {
        Stage::of("command")
            .file(".local/share/amp/settings.json", "{}")
            .program("amp", &recorded.response.body)
    } else {
        Stage::keyed(recorded)
    }
}
