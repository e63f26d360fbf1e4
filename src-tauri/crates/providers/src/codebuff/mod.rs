//! Codebuff: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, CreditUnit, Trouble, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, json, key::Lent, lenient};
use secrecy::SecretString;
use serde_json::Value;
use std::path::PathBuf;

keyed! {
    id: "codebuff", name: "Codebuff", short: "Cb", dashboard: "https://www.codebuff.com/usage",
    variables: ["CODEBUFF_API_KEY"], key: "API key", help: "Make a key at codebuff.com, or sign in with its program.", asks: "www.codebuff.com for the use of the credits",
    status: None, lent: lent, files: |host| vec![file(host)],
    replays: ["misc/codebuff_usage.json", "codebuff/"],
    scenes: {
        "calm": [("/api/v1/usage", 200, "fixtures/codebuff/codebuff_usage.json")],
        "refused": [("/api/v1/usage", 401, "fixtures/codebuff/error_401.json")],
    },
}

const VENDOR: Vendor =
    Vendor { means: &[(403, Trouble::NotSubscribed)], ..Vendor::of(&["codebuff.com"]) };
const URL: &str = "https://www.codebuff.com/api/v1/usage";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = Request::post(URL, r#"{"fingerprintId":"claudometer"}"#).bearer(key);
    let answer = VENDOR.ask(host, request).await?;
    read(&answer).finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let mut draft = Draft::new();
    let quota = lenient::number(&answer["quota"]);
    if quota.is_some() {
        let allowance = Allowance::counted(lenient::number(&answer["usage"]), quota);
        let ends = lenient::instant(&answer["next_quota_reset"]);
        draft.add(draft::window("credits", WindowKind::Monthly, allowance, ends));
    }
    draft.balance(draft::left(lenient::amount(&answer["remainingBalance"]), CreditUnit::Credits));
    draft
}

/// The program's own file of logins.
fn file(host: &Host) -> PathBuf {
    host.home().join(".config/manicode/credentials.json")
}

fn lent(host: &Host) -> Vec<Lent> {
    let path = file(host);
    let text = host.files.read(&path).ok().flatten();
    let logins = text.and_then(|text| json::read(text).ok());
    let key = logins.and_then(|logins| lenient::text(&logins["default"]["authToken"]));
    let place = host.tilde(&path);
    key.map(|key| Lent { key: SecretString::from(key), place }).into_iter().collect()
}
