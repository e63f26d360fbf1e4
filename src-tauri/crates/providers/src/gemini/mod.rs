//! Gemini CLI: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    FetchError, Recorded, Report, answer, key,
    replay::{of_error, of_reading},
};
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
    local: replayed,
}

mod login;
pub(crate) mod logs;
mod quota;

const BASE: &str = "https://cloudcode-pa.googleapis.com/v1internal";

/// First the tier, which names the project, then the quotas of that.
async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let login = login::Login::of(key);
    let token = login::token(&login, host).await?;
    let body = json!({"metadata": {"ideType": "GEMINI_CLI", "pluginType": "GEMINI"}});
    let tier = call("loadCodeAssist", &body, &token, host).await?;
    quota::eligible(&tier)?;
    let project = quota::project(&tier);
    let body = project.map_or_else(|| json!({}), |project| json!({"project": project}));
    let answer = call("retrieveUserQuota", &body, &token, host).await?;
    let mut reading = quota::reading(&answer)?;
    reading.plan = quota::plan(&tier);
    reading.credits = quota::credits(&tier);
    reading.account = login::account(&login).or_else(|| login::active_account(host));
    key::told(reading, &answer)
}

async fn call(
    method: &str,
    body: &Value,
    token: &SecretString,
    host: &Host,
) -> Result<Value, FetchError> {
    let request = Request::post(format!("{BASE}:{method}"), body.to_string()).bearer(token);
    let response = host.http.send(request).await?;
    quota::refusal(&response)?;
    answer::json(&response, Trouble::AuthExpired, host.now())
}

/// Records that are not the quotas themselves: through the reader that would receive each.
fn replayed(recorded: &Recorded, host: &Host) -> Option<Value> {
    let asks = |what: &str| recorded.request.contains(what);
    let response = &recorded.response;
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let empty = || Reading::empty(Coverage::Partial);
    if asks("settings.json") {
        return login::without_quota(&body).map(|error| of_error(&error));
    }
    if asks("google_accounts.json") {
        return Some(of_reading(&Reading { account: login::active(&body), ..empty() }));
    }
    if asks("oauth_creds.json") || asks("keychain") {
        let login = login::Login::of(&SecretString::from(recorded.text()));
        let mut outcome = of_reading(&Reading { account: login::account(&login), ..empty() });
        outcome["expired"] = json!(login.has_expired(host.now()));
        return Some(outcome);
    }
    if asks("oauth2.googleapis.com/token") {
        return Some(match login::renewed(response, host.now()) {
            Ok((_, expires_at)) => json!({"ok": true, "expires_at": expires_at}),
            Err(error) => of_error(&error),
        });
    }
    if response.status != 200 && asks("v1internal") {
        let read = quota::refusal(response)
            .and_then(|()| answer::json(response, Trouble::AuthExpired, host.now()));
        return read.err().map(|error| of_error(&error));
    }
    if asks("loadCodeAssist") {
        if let Err(error) = quota::eligible(&body) {
            return Some(of_error(&error));
        }
        let (plan, credits) = (quota::plan(&body), quota::credits(&body));
        let mut outcome = of_reading(&Reading { plan, credits, ..empty() });
        outcome["project"] = json!(quota::project(&body));
        return Some(outcome);
    }
    asks("retrieveUserQuota").then(|| match quota::reading(&body) {
        Ok(reading) => of_reading(&reading),
        Err(error) => of_error(&error),
    })
}
