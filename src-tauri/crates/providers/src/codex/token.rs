//! A personal access token: the vendor tells whose it is, then what is left of its limits.

use super::{auth, map};
use chrono::{DateTime, Utc};
use claudometer_core::{Account, Trouble};
use claudometer_host::{Host, http::Request, paths::Paths};
use claudometer_provider::{FetchError, Fingerprint, Found, Vendor, json, lenient::text};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf};

const WHOAMI: &str = "https://auth.openai.com/api/accounts/v1/user-auth-credential/whoami";
/// That endpoint wants the name of Codex.
const ORIGINATOR: &str = "codex_cli_rs";
const VERSION: &str = "0.171.0";
/// Who answers there; the form of a refusal is the same as everywhere.
const WHO: Vendor = Vendor {
    form: map::VENDOR.form,
    says: map::VENDOR.says,
    means: &[(403, Trouble::ForbiddenScope)],
    ..Vendor::of(&["openai.com"])
};
/// Tokens that are remembered, at most.
const MOST: usize = 8;

/// Whose a token is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The account: its id is that of the workspace, or of the person's own account.
    pub account: Account,
    /// The plan in the vendor's own word.
    pub plan: Option<String>,
    /// When it was told, in UTC.
    at: DateTime<Utc>,
}

/// Whose tokens are, by their fingerprints.
type Memory = BTreeMap<String, Owner>;

/// Where that is remembered: no secret.
pub fn file(host: &Host) -> PathBuf {
    Paths::of(&host.env).state.join("codex-tokens.json")
}

fn memory(host: &Host) -> Memory {
    let bytes = host.files.read(&file(host)).ok().flatten();
    bytes.and_then(json::read_as).unwrap_or_default()
}

/// Whose a token is, if it was told before.
pub fn known(host: &Host, token: &SecretString) -> Option<Owner> {
    memory(host).remove(Fingerprint::of(token).as_str())
}

/// The seat of a token: that of its account, once that is known.
pub fn found(host: &Host, token: &SecretString, place: String) -> Found {
    auth::of_account(known(host, token).map(|owner| owner.account), None, place)
}

/// Whose a token is; the vendor is asked once.
pub async fn owner(host: &Host, token: &SecretString) -> Result<Owner, FetchError> {
    if let Some(owner) = known(host, token) {
        return Ok(owner);
    }
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let agent = format!("{ORIGINATOR}/{VERSION} ({system}; {machine})");
    let request = Request::get(WHOAMI)
        .bearer(token)
        .header("accept", "application/json")
        .header("originator", ORIGINATOR)
        .header("user-agent", agent);
    let response = host.http.send(request).await?;
    let body = WHO.read(&response, host.now())?;
    let owner = read(&body, host.now()).ok_or_else(|| {
        let detail = "The vendor does not say whose the access token is.";
        FetchError::unreadable(detail, Some(claudometer_provider::shape::of(&body)))
    })?;
    remember(host, token, &owner);
    Ok(owner)
}

fn read(body: &Value, now: DateTime<Utc>) -> Option<Owner> {
    let id = text(&body["chatgpt_account_id"])?;
    let account = Account { id: Some(id), email: text(&body["email"]), ..Account::default() };
    Some(Owner { account, plan: text(&body["chatgpt_plan_type"]), at: now })
}

fn remember(host: &Host, token: &SecretString, owner: &Owner) {
    let mut memory = memory(host);
    memory.insert(Fingerprint::of(token).as_str().to_owned(), owner.clone());
    while memory.len() > MOST {
        let oldest = memory.iter().min_by_key(|(_, owner)| owner.at);
        let Some(oldest) = oldest.map(|(print, _)| print.clone()) else { return };
        memory.remove(&oldest);
    }
    let written = serde_json::to_vec(&memory)
        .map_err(std::io::Error::from)
        .and_then(|bytes| host.files.write_private(&file(host), &bytes));
    if let Err(error) = written {
        tracing::warn!(%error, "whose an access token is could not be remembered");
    }
}

/// That a token was taken, and may not read limits.
pub fn may_not_read(place: &str) -> FetchError {
    let detail = format!(
        "Codex is signed in with a personal access token ({place}), which may not read the limits of a plan."
    );
    FetchError::new(Trouble::ForbiddenScope, detail)
}
