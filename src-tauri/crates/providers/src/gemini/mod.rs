//! Gemini CLI: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::Trouble;
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Report, Vendor, Word, answer};
use secrecy::SecretString;
use serde_json::{Value, json};

keyed! {
    id: "gemini", name: "Gemini CLI", short: "Ge", dashboard: "https://aistudio.google.com/usage",
    variables: [], key: "Access token", help: "Run gemini in a terminal and sign in with Google; its login is read. An access token can be typed too.", asks: "cloudcode-pa.googleapis.com (and oauth2.googleapis.com for another token, where you name that program's client and its token has ended) for the tier and the quotas of the login",
    status: Some(claudometer_provider::StatusPage { url: "https://www.google.com/appsstatus/dashboard/incidents.json", link: "https://www.google.com/appsstatus/dashboard", form: claudometer_provider::status::Form::Incidents { product: "npdyhgECDJ6tB66MxXyo" } }), lent: login::lent, files: login::files,
    replays: ["gemini/"],
    scenes: {
        "calm": [("loadCodeAssist", 200, "fixtures/gemini/load_standard.json"), ("retrieveUserQuota", 200, "fixtures/gemini/quota_full.json")],
        "refused": [("v1internal", 401, "fixtures/gemini/error_401.json")],
    },
    stage: replay::stage,
    item: login::item,
}

mod login;
pub(crate) mod logs;
mod quota;
mod replay;

/// Every refusal is an `error`; those of its token service name it in a word.
pub(crate) const VENDOR: Vendor = Vendor {
    sign_in: &["accounts.google.com"],
    form: &["/error/status", "/error/code", "/error_description"],
    says: &[(Word::Kind("invalid_grant"), Trouble::AuthExpired)],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["googleapis.com", "google.com"])
};
const BASE: &str = "https://cloudcode-pa.googleapis.com/v1internal";

/// First the tier, which names the project, then the quotas of that.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let login = login::Login::of(key);
    if login.has_no_quota {
        let detail = "Gemini is signed in with an API key, which has no quotas to ask for.";
        return Err(FetchError::local(Trouble::NoData, detail));
    }
    let token = login::token(&login, host).await?;
    let body = json!({"metadata": {"ideType": "GEMINI_CLI", "pluginType": "GEMINI"}});
    let tier = call("loadCodeAssist", &body, &token, host).await?;
    quota::eligible(&tier)?;
    let project = quota::project(&tier);
    let body = project.map_or_else(|| json!({}), |project| json!({"project": project}));
    let answer = call("retrieveUserQuota", &body, &token, host).await?;
    let mut draft = quota::read(&answer);
    draft.plan = quota::plan(&tier);
    draft.balance(quota::credits(&tier));
    draft.account = login::account(&login, host);
    draft.finish(&answer)
}

async fn call(
    method: &str,
    body: &Value,
    token: &SecretString,
    host: &Host,
) -> Result<Value, FetchError> {
    let request = Request::post(format!("{BASE}:{method}"), body.to_string()).bearer(token);
    let response = answer::send(host, request).await?;
    quota::refusal(&response)?;
    VENDOR.read(&response, host.now())
}
