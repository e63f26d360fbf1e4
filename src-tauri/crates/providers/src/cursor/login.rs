//! The editor's own login, and the cookie that it becomes.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use claudometer_core::Account;
use claudometer_host::Host;
use claudometer_provider::{json, key::Lent, lenient};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::path::PathBuf;

/// Key of the access token in the editor's database.
pub(super) const TOKEN: &str = "cursorAuth/accessToken";
/// The table in which the editor keeps its state.
const TABLE: &str = "ItemTable";
const EMAIL: &str = "cursorAuth/cachedEmail";
const PLAN: &str = "cursorAuth/stripeMembershipType";
const COOKIE: &str = "WorkosCursorSessionToken";
/// A token that ends sooner than this is as good as expired.
const MARGIN: TimeDelta = TimeDelta::seconds(60);

/// The editor's database.
pub(super) fn database(host: &Host) -> PathBuf {
    let base = if cfg!(target_os = "macos") {
        host.home().join("Library/Application Support")
    } else {
        let given = host.env.get("XDG_CONFIG_HOME").map(PathBuf::from);
        given.unwrap_or_else(|| host.home().join(".config"))
    };
    base.join("Cursor/User/globalStorage/state.vscdb")
}

/// The editor's login, while it is good: the editor renews it, we never do.
pub(super) fn lent(host: &Host) -> Vec<Lent> {
    let path = database(host);
    let found = host.files.database_value(&path, TABLE, TOKEN).unwrap_or_else(|error| {
        tracing::debug!(%error, "the editor's database cannot be read now");
        None
    });
    let token = found.map(|token| token.trim().trim_matches('"').to_owned());
    let good = token.filter(|token| {
        let ends = lenient::instant(&claims(token)["exp"]);
        ends.is_none_or(|ends| ends > host.now() + MARGIN)
    });
    let place = host.tilde(&path);
    good.map(|token| Lent { key: SecretString::from(token), place }).into_iter().collect()
}

/// The `Cookie` header for what was typed or read: a token becomes the session cookie of its user.
pub(super) fn cookie(key: &SecretString) -> SecretString {
    let key = key.expose_secret();
    let cookie = if key.contains('=') {
        key.to_owned()
    } else if key.contains("%3A%3A") || key.contains("::") {
        format!("{COOKIE}={}", key.replace("::", "%3A%3A"))
    } else {
        let user = subject(key).unwrap_or_default();
        format!("{COOKIE}={user}%3A%3A{key}")
    };
    SecretString::from(cookie)
}

/// The user whose cookie it is.
pub(super) fn user(cookie: &SecretString) -> Option<String> {
    let (_, value) = cookie.expose_secret().split_once(&format!("{COOKIE}="))?;
    let (user, _) = value.split_once("%3A%3A")?;
    is_user(user).then(|| user.to_owned())
}

/// The part of the token's subject after its last bar.
fn subject(token: &str) -> Option<String> {
    let claims = claims(token);
    let user = claims["sub"].as_str()?.rsplit('|').next()?;
    is_user(user).then(|| user.to_owned())
}

fn is_user(user: &str) -> bool {
    !user.is_empty() && user.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).unwrap_or_default();
    json::read(bytes).unwrap_or_default()
}

/// The bearer token in a login: the part of the cookie behind the user, where it is a token.
pub(super) fn token(cookie: &SecretString) -> Option<SecretString> {
    let (_, value) = cookie.expose_secret().split_once(&format!("{COOKIE}="))?;
    let (_, token) = value.split(';').next()?.split_once("%3A%3A")?;
    let is_token = token.split('.').count() == 3;
    is_token.then(|| SecretString::from(token.to_owned()))
}

fn item(host: &Host, key: &str) -> Option<String> {
    let found = host.files.database_value(&database(host), TABLE, key).ok()??;
    lenient::text(&Value::from(found.trim().trim_matches('"')))
}

/// Whether the vendor's answer to a renewal ends the login.
pub(super) fn has_ended(renewal: &Value) -> bool {
    renewal["shouldLogout"] == true
}

/// Whether the editor's login was asked with. What it notes is of that login, not of a cookie that was typed.
fn is_editors(cookie: &SecretString, host: &Host) -> bool {
    let asked = token(cookie);
    lent(host).iter().any(|lent| asked.as_ref().is_some_and(|token| lent.is(token)))
}

/// Whose login it is, as the editor noted it.
pub(super) fn account(cookie: &SecretString, host: &Host) -> Option<Account> {
    let email = item(host, EMAIL).filter(|_| is_editors(cookie, host))?;
    Some(Account { email: Some(email), ..Account::default() })
}

/// The plan, as the editor noted it.
pub(super) fn plan(cookie: &SecretString, host: &Host) -> Option<String> {
    item(host, PLAN).filter(|_| is_editors(cookie, host)).map(|plan| lenient::title_case(&plan))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn token(exp: i64) -> String {
        let claims = serde_json::json!({"sub": "auth0|user_01ABC", "exp": exp}).to_string();
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn a_token_that_has_expired_is_not_used() {
        let host = testing::host(&[]);
        let now = host.now().timestamp();
        for (exp, found) in [(now + 3600, 1), (now + 30, 0), (now - 10, 0)] {
            let text = serde_json::json!({TOKEN: format!("\"{}\"", token(exp))}).to_string();
            host.files.write_private(&database(&host), text.as_bytes()).unwrap();
            assert_eq!(lent(&host).len(), found, "{exp}");
        }
    }

    #[test]
    fn every_form_of_the_cookie_becomes_the_same_header() {
        let token = token(1);
        let whole = format!("{COOKIE}=user_01ABC%3A%3A{token}");
        for given in [
            token.clone(),
            format!("user_01ABC::{token}"),
            format!("user_01ABC%3A%3A{token}"),
            whole.clone(),
        ] {
            let cookie = cookie(&SecretString::from(given.clone()));
            assert_eq!(cookie.expose_secret(), whole, "{given}");
            assert_eq!(user(&cookie).as_deref(), Some("user_01ABC"));
            let bearer = super::token(&cookie).map(|token| token.expose_secret().to_owned());
            assert_eq!(bearer, Some(token.clone()));
        }
    }
}
