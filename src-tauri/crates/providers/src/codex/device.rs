//! Answers of the vendor's sign-in with a code, and of renewing a login that is our own.

use super::{claims::Claims, map};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::Trouble;
use claudometer_host::{http::Response, redact};
use claudometer_provider::{
    FetchError, json,
    lenient::{any, count, instant, text},
};
use secrecy::SecretString;
use serde_json::Value;

/// How often may be asked where the vendor does not say, in seconds.
const INTERVAL_S: u32 = 5;

/// The code that a person types at the vendor.
#[derive(Debug, Clone)]
pub struct UserCode {
    /// Names this sign-in to the vendor.
    pub device: SecretString,
    /// The code.
    pub code: String,
    /// Seconds between two questions whether it was typed.
    pub interval_s: u32,
    /// When it expires, in UTC; `None` where that is not said.
    pub expires_at: Option<DateTime<Utc>>,
}

/// How a sign-in stands.
#[derive(Debug, Clone)]
pub enum SignIn {
    /// Nobody has typed the code yet.
    Pending,
    /// It was typed.
    Granted {
        /// Opens the tokens, once.
        authorization_code: SecretString,
        /// Proves that it is us who open them.
        verifier: SecretString,
    },
}

/// Tokens as renewed; what is `None` stays as it was.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The access token.
    pub access: Option<SecretString>,
    /// The identity token.
    pub id: Option<SecretString>,
    /// The token for the next renewal.
    pub refresh: Option<SecretString>,
    /// When the access token expires, in UTC.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Reads the answer to the wish for a code.
pub fn user_code(response: &Response, now: DateTime<Utc>) -> Result<UserCode, FetchError> {
    if response.status == 404 {
        let detail =
            "The vendor does not allow signing in with a code for this account or workspace.";
        return Err(FetchError::new(Trouble::ForbiddenScope, detail));
    }
    let body = map::VENDOR.body(response, now)?;
    let (device, code) =
        (secret(&body["device_auth_id"]), text(any(&body, &["user_code", "usercode"])));
    let (Some(device), Some(code)) = (device, code) else { return Err(unknown(&body)) };
    let interval_s = count(&body["interval"]).filter(|seconds| *seconds > 0).unwrap_or(INTERVAL_S);
    Ok(UserCode { device, code, interval_s, expires_at: instant(&body["expires_at"]) })
}

/// Reads the answer to the question whether the code was typed.
pub fn sign_in(response: &Response, now: DateTime<Utc>) -> Result<SignIn, FetchError> {
    if matches!(response.status, 403 | 404) && !response.is_page() {
        return Ok(SignIn::Pending);
    }
    let body = map::VENDOR.body(response, now)?;
    match (secret(&body["authorization_code"]), secret(&body["code_verifier"])) {
        (Some(authorization_code), Some(verifier)) => {
            Ok(SignIn::Granted { authorization_code, verifier })
        }
        _ => Err(unknown(&body)),
    }
}

/// Reads the answer to the wish to renew a login. `AuthExpired` is final: only a new sign-in helps.
pub fn renewed(response: &Response, now: DateTime<Utc>) -> Result<Tokens, FetchError> {
    let body = json::read(&response.body).unwrap_or_default();
    if response.status == 401 || (response.status >= 400 && reason(&body).is_some_and(is_final)) {
        return Err(FetchError::new(Trouble::AuthExpired, "The login cannot be renewed any more."));
    }
    if (400..500).contains(&response.status) && response.status != 429 && !response.is_page() {
        return Err(FetchError::new(
            Trouble::UpstreamDown,
            "The login could not be renewed just now.",
        ));
    }
    let body = map::VENDOR.body(response, now)?;
    let access = text(&body["access_token"]);
    let counted = count(&body["expires_in"])
        .and_then(|s| now.checked_add_signed(TimeDelta::seconds(i64::from(s))));
    let expires_at = access.as_deref().and_then(|token| Claims::of(token).expires_at()).or(counted);
    let tokens = Tokens {
        access: secret(&body["access_token"]),
        id: secret(&body["id_token"]),
        refresh: secret(&body["refresh_token"]),
        expires_at,
    };
    if tokens.access.is_none() && tokens.id.is_none() && tokens.refresh.is_none() {
        return Err(unknown(&body));
    }
    Ok(tokens)
}

fn reason(body: &Value) -> Option<&str> {
    let error = &body["error"];
    error["code"].as_str().or_else(|| error.as_str()).or_else(|| body["code"].as_str())
}

fn is_final(reason: &str) -> bool {
    ["refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated", "invalid_grant"]
        .contains(&reason)
}

fn secret(value: &Value) -> Option<SecretString> {
    let text = text(value)?;
    redact::register(&text);
    Some(SecretString::from(text))
}

fn unknown(body: &Value) -> FetchError {
    FetchError::unreadable(
        "The vendor's answer is not understood.",
        Some(claudometer_provider::shape::of(body)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing::{jwt, now};
    use serde_json::json;

    fn response(status: u16, body: &Value) -> Response {
        Response { status, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    #[test]
    fn a_code_comes_with_an_interval_as_text_or_number() {
        for (body, want) in [
            (json!({"device_auth_id": "d", "user_code": "A-1", "interval": "5"}), Some(("A-1", 5))),
            (json!({"device_auth_id": "d", "usercode": "A-1", "interval": 7}), Some(("A-1", 7))),
            (json!({"device_auth_id": "d", "user_code": "A-1", "interval": "0"}), Some(("A-1", 5))),
            (json!({"device_auth_id": "d"}), None),
        ] {
            let got = user_code(&response(200, &body), now()).ok();
            assert_eq!(got.as_ref().map(|got| (got.code.as_str(), got.interval_s)), want, "{body}");
        }
        let off = user_code(&response(404, &json!({})), now()).unwrap_err();
        assert_eq!(off.trouble, Trouble::ForbiddenScope);
    }

    #[test]
    fn a_sign_in_is_pending_until_the_code_was_typed() {
        for status in [403, 404] {
            assert!(matches!(sign_in(&response(status, &json!({})), now()), Ok(SignIn::Pending)));
        }
        let granted = json!({"authorization_code": "a", "code_verifier": "v"});
        assert!(matches!(sign_in(&response(200, &granted), now()), Ok(SignIn::Granted { .. })));
        let page = Response { status: 403, headers: Vec::new(), body: b"<html>".to_vec() };
        assert_eq!(sign_in(&page, now()).unwrap_err().trouble, Trouble::Blocked);
        assert_eq!(
            sign_in(&response(200, &json!({})), now()).unwrap_err().trouble,
            Trouble::BadPayload
        );
    }

    #[test]
    fn only_some_failures_of_renewing_are_final() {
        for (status, body, want) in [
            (401, json!({}), Trouble::AuthExpired),
            (400, json!({"error": {"code": "refresh_token_expired"}}), Trouble::AuthExpired),
            (400, json!({"error": "invalid_grant"}), Trouble::AuthExpired),
            (403, json!({"code": "refresh_token_invalidated"}), Trouble::AuthExpired),
            (400, json!({"error": "server_error"}), Trouble::UpstreamDown),
            (429, json!({}), Trouble::RateLimited),
            (500, json!({}), Trouble::UpstreamDown),
            (200, json!({}), Trouble::BadPayload),
        ] {
            assert_eq!(
                renewed(&response(status, &body), now()).unwrap_err().trouble,
                want,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn a_renewal_tells_each_token_or_leaves_it_as_it_was() {
        let access = jwt(&json!({"exp": 1_790_000_000}));
        let tokens = renewed(&response(200, &json!({"access_token": access})), now()).unwrap();
        assert_eq!(tokens.expires_at.map(|at| at.timestamp()), Some(1_790_000_000));
        assert!(tokens.refresh.is_none() && tokens.id.is_none());
        let opaque =
            json!({"access_token": "opaque-token", "refresh_token": "rt", "expires_in": 60});
        let tokens = renewed(&response(200, &opaque), now()).unwrap();
        assert_eq!(tokens.expires_at, Some(now() + TimeDelta::seconds(60)));
        assert!(tokens.refresh.is_some());
    }
}
