//! Codebuff: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, CreditUnit, Reading, Trouble, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    FetchError, Report,
    key::{self, Lent},
    lenient,
};
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

const URL: &str = "https://www.codebuff.com/api/v1/usage";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = Request::post(URL, r#"{"fingerprintId":"claudometer"}"#).bearer(key);
    let answer = key::answered(host, request, Trouble::NotSubscribed).await?;
    let mut reading = Reading::empty(Coverage::Complete);
    let (used, quota) = (lenient::number(&answer["usage"]), lenient::number(&answer["quota"]));
    let ends = lenient::instant(&answer["next_quota_reset"]);
    let counted = quota.map(|quota| {
        key::window("credits", WindowKind::Monthly, key::share(used, Some(quota)), ends)
    });
    reading.windows = counted.into_iter().collect();
    let balance = lenient::amount(&answer["remainingBalance"]);
    reading.credits = key::balance(balance, CreditUnit::Credits);
    key::told(reading, &answer)
}

/// The program's own file of logins.
fn file(host: &Host) -> PathBuf {
    host.home().join(".config/manicode/credentials.json")
}

fn lent(host: &Host) -> Vec<Lent> {
    let path = file(host);
    let text = host.files.read_text(&path).ok().flatten();
    let logins = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let key = logins.and_then(|logins| lenient::text(&logins["default"]["authToken"]));
    let place = host.tilde(&path);
    key.map(|key| Lent { key: SecretString::from(key), place }).into_iter().collect()
}
