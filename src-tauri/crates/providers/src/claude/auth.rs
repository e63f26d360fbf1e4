//! Claude Code's own login: where it lies, what it may do, and which one to use.
//!
//! Read only. A refresh token is never used, since redeeming one would sign Claude Code itself out.

use super::{identity, keychain, plan};
use chrono::{DateTime, Utc};
use claudometer_core::Trouble;
use claudometer_host::{Host, redact};
use claudometer_provider::{FetchError, json, lenient};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::path::PathBuf;

/// The variable that holds a token for running models, which cannot read usage.
pub const TOKEN_VARIABLE: &str = "CLAUDE_CODE_OAUTH_TOKEN";
/// The scope that reading usage needs.
const USAGE_SCOPE: &str = "user:profile";

/// A login as it is stored.
#[derive(Debug, Clone)]
pub struct Login {
    /// The access token.
    pub token: SecretString,
    /// When it expires, in UTC; `None` where that is not said.
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether its scopes allow reading usage; scopes that are not said are taken to.
    pub may_read_usage: bool,
    /// The plan that it names.
    pub plan: Option<String>,
}

impl Login {
    /// Whether it has expired at `now`.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

/// What a place holds.
#[derive(Debug, Clone)]
pub enum Stored {
    /// A login.
    Login(Login),
    /// Other things, such as logins of MCP servers, but none of a subscription.
    Nothing,
    /// Something that is not understood.
    Damaged,
    /// The keychain did not give it out.
    Locked,
}

/// Reads what Claude Code stores, also when `security` printed it in hexadecimal.
pub fn read(text: &str) -> Stored {
    let text = text.trim();
    let text = unhex(text).unwrap_or_else(|| text.to_owned());
    let Ok(value) = json::read(&text) else { return Stored::Damaged };
    if !value.is_object() {
        return Stored::Damaged;
    }
    let login = lenient::any(&value, &["claudeAiOauth", "claude.ai_oauth"]);
    let Some(token) = lenient::text(&login["accessToken"]) else { return Stored::Nothing };
    redact::register(&token);
    let word = |key: &str| login[key].as_str();
    Stored::Login(Login {
        token: SecretString::from(token),
        expires_at: lenient::instant(&login["expiresAt"]),
        may_read_usage: may_read_usage(&login["scopes"]),
        plan: plan::of_login(word("subscriptionType"), word("rateLimitTier")),
    })
}

fn may_read_usage(scopes: &Value) -> bool {
    let scopes: Vec<&str> = match scopes {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        Value::String(all) => all.split_whitespace().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    };
    scopes.is_empty() || scopes.contains(&USAGE_SCOPE)
}

fn unhex(text: &str) -> Option<String> {
    if text.is_empty()
        || !text.len().is_multiple_of(2)
        || !text.bytes().all(|b| b.is_ascii_hexdigit())
    {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    String::from_utf8((0..text.len()).step_by(2).map_while(byte).collect()).ok()
}

/// A place and what it holds.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The place, for people.
    pub place: String,
    /// What it holds.
    pub stored: Stored,
}

/// The file of the login: the folder of the secure store if that is named, else the folder of the settings.
pub fn file(host: &Host) -> PathBuf {
    const SECURE: &str = "CLAUDE_SECURESTORAGE_CONFIG_DIR";
    let folder = match host.env.get(SECURE) {
        Some(folder) => PathBuf::from(folder),
        None if host.env.has(SECURE) => host.home().join(".claude"),
        None => identity::config_folder(host),
    };
    folder.join(".credentials.json")
}

/// Everything that lies on this machine, in the order of the places.
pub async fn candidates(host: &Host) -> Vec<Candidate> {
    let mut found = keychain::candidates(host).await;
    found.extend(outside_keychain(host));
    found
}

/// What lies in the file and in the environment.
pub fn outside_keychain(host: &Host) -> Vec<Candidate> {
    let mut found = Vec::new();
    let path = file(host);
    let stored = match host.files.read_text(&path) {
        Ok(Some(text)) => Some(read(&text)),
        Ok(None) => None,
        Err(_) => Some(Stored::Damaged),
    };
    found.extend(stored.map(|stored| Candidate { place: host.tilde(&path), stored }));
    found.extend(host.env.get(TOKEN_VARIABLE).map(|token| Candidate {
        place: TOKEN_VARIABLE.to_owned(),
        stored: Stored::Login(Login {
            token: SecretString::from(token.trim()),
            expires_at: None,
            may_read_usage: false,
            plan: None,
        }),
    }));
    found
}

/// The login to use: of those that may read usage and have not expired, the one that lasts longest. `refused` is a token
/// that the vendor has just refused.
pub fn choose(
    candidates: &[Candidate],
    refused: Option<&SecretString>,
    now: DateTime<Utc>,
) -> Result<Login, FetchError> {
    let is_refused = |login: &Login| {
        refused.is_some_and(|token| token.expose_secret() == login.token.expose_secret())
    };
    let logins = || {
        candidates.iter().filter_map(|candidate| match &candidate.stored {
            Stored::Login(login) => Some((candidate, login)),
            Stored::Nothing | Stored::Damaged | Stored::Locked => None,
        })
    };
    let good = logins()
        .filter(|(_, login)| login.may_read_usage && !login.has_expired(now) && !is_refused(login));
    // The first of equals wins, so the order is turned round for `max_by_key`, which takes the last.
    let best = good.collect::<Vec<_>>().into_iter().rev().max_by_key(|(_, login)| login.expires_at);
    best.map(|(_, login)| login.clone()).ok_or_else(|| why_none(candidates, now))
}

/// Why no login can be used, the reason that is nearest to a good one first.
fn why_none(candidates: &[Candidate], now: DateTime<Utc>) -> FetchError {
    let place = |is: &dyn Fn(&Stored) -> bool| {
        candidates.iter().find(|c| is(&c.stored)).map(|c| c.place.as_str())
    };
    let expired = place(
        &|stored| matches!(stored, Stored::Login(login) if login.may_read_usage && login.has_expired(now)),
    );
    if let Some(place) = expired {
        return FetchError::local(
            Trouble::AuthExpired,
            format!("The login in {place} has expired."),
        );
    }
    if let Some(place) =
        place(&|stored| matches!(stored, Stored::Login(login) if login.may_read_usage))
    {
        return FetchError::local(
            Trouble::AuthExpired,
            format!("The vendor refused the login in {place}."),
        );
    }
    if let Some(place) = place(&|stored| matches!(stored, Stored::Locked)) {
        return FetchError::local(
            Trouble::Keychain,
            format!("{place} did not give out the login."),
        );
    }
    if let Some(place) = place(&|stored| matches!(stored, Stored::Login(_))) {
        return FetchError::local(
            Trouble::ForbiddenScope,
            format!("The token in {place} can run models, but may not read usage."),
        );
    }
    if let Some(place) = place(&|stored| matches!(stored, Stored::Damaged)) {
        return FetchError::local(
            Trouble::BadPayload,
            format!("The login in {place} is not readable."),
        );
    }
    FetchError::local(Trouble::AuthMissing, "No Claude Code login was found.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::testing;
    use serde_json::json;

    fn login(token: &str, expires_at: Option<i64>, scopes: &Value) -> String {
        json!({"claudeAiOauth": {"accessToken": token, "expiresAt": expires_at, "scopes": scopes}})
            .to_string()
    }

    fn candidate(place: &str, text: &str) -> Candidate {
        Candidate { place: place.to_owned(), stored: read(text) }
    }

    fn chosen(candidates: &[Candidate], refused: Option<&str>) -> Result<String, Trouble> {
        let refused = refused.map(SecretString::from);
        let login = choose(candidates, refused.as_ref(), testing::now());
        login.map(|login| login.token.expose_secret().to_owned()).map_err(|error| {
            assert!(error.local, "{error:?}");
            error.trouble
        })
    }

    const HOUR: i64 = 3_600_000;
    const NOW: i64 = 1_789_473_600_000;

    #[test]
    fn the_longest_lasting_login_that_may_read_usage_wins() {
        let good = &json!(["user:inference", "user:profile"]);
        let all = [
            candidate("keychain", &login("soon", Some(NOW + HOUR), good)),
            candidate("file", &login("later", Some(NOW + 2 * HOUR), good)),
            candidate("setup", &login("setup", None, &json!(["user:inference"]))),
            candidate("old", &login("old", Some(NOW - HOUR), good)),
        ];
        assert_eq!(chosen(&all, None), Ok("later".to_owned()));
        assert_eq!(
            chosen(&all, Some("later")),
            Ok("soon".to_owned()),
            "a refused token gives way to the next"
        );
        assert_eq!(chosen(&all[2..], None), Err(Trouble::AuthExpired));
        assert_eq!(chosen(&all[2..3], None), Err(Trouble::ForbiddenScope));
        assert_eq!(chosen(&all[..1], Some("soon")), Err(Trouble::AuthExpired));
    }

    #[test]
    fn what_is_stored_is_read_in_every_form() {
        for (text, want) in [
            (login("t", None, &json!(null)), Ok("t".to_owned())),
            (login("t", None, &json!([])), Ok("t".to_owned())),
            (login("t", Some(NOW + 1), &json!("user:profile user:inference")), Ok("t".to_owned())),
            (r#"{"claude.ai_oauth":{"accessToken":"t"}}"#.to_owned(), Ok("t".to_owned())),
            (
                r#"{"claudeAiOauth":{"accessToken":"t","expiresAt":1789502400000.5}}"#.to_owned(),
                Ok("t".to_owned()),
            ),
            (r#"{"claudeAiOauth":{"accessToken":""}}"#.to_owned(), Err(Trouble::AuthMissing)),
            (r#"{"mcpOAuth":{"a":{"accessToken":"x"}}}"#.to_owned(), Err(Trouble::AuthMissing)),
            (r#"{"claudeAiOauth":null}"#.to_owned(), Err(Trouble::AuthMissing)),
            ("{\"cut\":".to_owned(), Err(Trouble::BadPayload)),
            ("[]".to_owned(), Err(Trouble::BadPayload)),
            (String::new(), Err(Trouble::BadPayload)),
        ] {
            let hex = text.bytes().fold(String::new(), |hex, byte| format!("{hex}{byte:02X}"));
            assert_eq!(chosen(&[candidate("file", &text)], None), want, "{text}");
            assert_eq!(chosen(&[candidate("file", &hex)], None), want, "hex of {text}");
        }
        let locked = Candidate { place: "The keychain".to_owned(), stored: Stored::Locked };
        assert_eq!(chosen(&[locked], None), Err(Trouble::Keychain));
        assert_eq!(chosen(&[], None), Err(Trouble::AuthMissing));
    }

    #[test]
    fn variables_say_where_the_file_is() {
        for (variables, want) in [
            (vec![], "/home/dana/.claude/.credentials.json"),
            (vec![("CLAUDE_CONFIG_DIR", "/work/a")], "/work/a/.credentials.json"),
            (vec![("CLAUDE_CONFIG_DIR", "~/a")], "~/a/.credentials.json"),
            (
                vec![("CLAUDE_CONFIG_DIR", "/a"), ("CLAUDE_SECURESTORAGE_CONFIG_DIR", "/b")],
                "/b/.credentials.json",
            ),
            (
                vec![("CLAUDE_CONFIG_DIR", "/a"), ("CLAUDE_SECURESTORAGE_CONFIG_DIR", "")],
                "/home/dana/.claude/.credentials.json",
            ),
        ] {
            assert_eq!(file(&testing::host_with(&variables)), PathBuf::from(want), "{variables:?}");
        }
    }

    #[tokio::test]
    async fn a_token_in_the_environment_does_not_shadow_a_stored_login() {
        let host = testing::host_with(&[(TOKEN_VARIABLE, "sk-ant-oat01-setup")]);
        assert_eq!(chosen(&candidates(&host).await, None), Err(Trouble::ForbiddenScope));
        let stored = login("stored", Some(NOW + HOUR), &json!([]));
        assert!(host.files.write_private(&file(&host), stored.as_bytes()).is_ok());
        assert_eq!(chosen(&candidates(&host).await, None), Ok("stored".to_owned()));
    }
}
