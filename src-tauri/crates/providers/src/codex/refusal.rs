//! What it means when Codex does not tell its limits. Its own words are read and never shown: they may hold anything.

use super::{
    map,
    rpc::{NO_SUCH_METHOD, Refusal, Told},
};
use chrono::{DateTime, Utc};
use claudometer_core::Trouble;
use claudometer_host::http::Response;
use claudometer_provider::{FetchError, Report, json};
use serde_json::Value;

/// The reading in what Codex told, or why there is none.
pub(super) fn report(
    told: &Told,
    version: Option<&str>,
    now: DateTime<Utc>,
) -> Result<Report, FetchError> {
    let login = match &told.account {
        Some(Ok(answer)) => Some(answer),
        Some(Err(_)) | None => None,
    };
    let account = login.map_or(&Value::Null, |answer| &answer["account"]);
    match &told.limits {
        Ok(result) => map::rpc(result, account, now),
        Err(refusal) => recovered(refusal, now).ok_or_else(|| trouble(refusal, login, version)),
    }
}

/// An older Codex that does not know a plan's name repeats the vendor's whole answer in its complaint.
fn recovered(refusal: &Refusal, now: DateTime<Utc>) -> Option<Report> {
    let (_, after) = refusal.message.split_once("body=")?;
    let body = json::first(after)?;
    let nothing = Response { status: 200, headers: Vec::new(), body: Vec::new() };
    map::usage(&body, &nothing, now).ok()
}

fn trouble(refusal: &Refusal, login: Option<&Value>, version: Option<&str>) -> FetchError {
    let codex =
        version.map_or_else(|| "This Codex".to_owned(), |version| format!("Codex {version}"));
    if refusal.code == NO_SUCH_METHOD {
        return FetchError::new(
            Trouble::BadPayload,
            format!("{codex} is too old to tell its limits."),
        );
    }
    if let Some(answer) = login {
        let account = &answer["account"];
        let kind = account["type"].as_str();
        if answer.get("account").is_some_and(Value::is_null) {
            return FetchError::new(Trouble::AuthMissing, "Codex is not signed in.");
        }
        if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("chatgpt")) {
            return FetchError::new(
                Trouble::ForbiddenScope,
                "Codex is signed in with something else than a ChatGPT account, which has no limits of a plan.",
            );
        }
    }
    let (trouble, detail) = of_message(&refusal.message);
    FetchError::new(trouble, detail)
}

fn of_message(message: &str) -> (Trouble, String) {
    let says = message.split("body=").next().unwrap_or_default().to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| says.contains(word));
    if has(&["chatgpt authentication required"]) {
        return (
            Trouble::ForbiddenScope,
            "Codex is not signed in with a ChatGPT account.".to_owned(),
        );
    }
    if has(&["authentication required", "not logged in"]) {
        return (Trouble::AuthMissing, "Codex is not signed in.".to_owned());
    }
    if has(&["refresh token", "refresh_token", "token_expired", "sign in again", "log in again"]) {
        return (Trouble::AuthExpired, "Codex could not renew its login.".to_owned());
    }
    let page = message.to_ascii_lowercase().contains("<html");
    match status(&says) {
        Some(status) if page || status == 407 => (
            Trouble::Blocked,
            format!("Somebody on the way answered Codex instead of the vendor (HTTP {status})."),
        ),
        Some(401) => {
            (Trouble::AuthExpired, "The vendor refused Codex's login (HTTP 401).".to_owned())
        }
        Some(403) => {
            (Trouble::NotSubscribed, "The vendor refused Codex access (HTTP 403).".to_owned())
        }
        Some(429) => (Trouble::RateLimited, "The vendor asks Codex to wait (HTTP 429).".to_owned()),
        Some(status @ (408 | 500..=599)) => {
            (Trouble::UpstreamDown, format!("The vendor has trouble of its own (HTTP {status})."))
        }
        Some(status) => {
            (Trouble::BadPayload, format!("The vendor answered Codex with HTTP {status}."))
        }
        None if has(&[
            "decode",
            "unknown variant",
            "deserialize",
            "missing field",
            "invalid type",
        ]) =>
        {
            (Trouble::BadPayload, "Codex did not understand the vendor's answer.".to_owned())
        }
        None if has(&["error sending request", "connect", "timed out", "timeout", "dns"]) => {
            (Trouble::UpstreamDown, "Codex could not reach the vendor.".to_owned())
        }
        None => (
            Trouble::BadPayload,
            "Codex gave no limits, for a reason that is not known here.".to_owned(),
        ),
    }
}

/// The first word that is an HTTP status of failure.
fn status(message: &str) -> Option<u16> {
    let words = message
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| c.is_ascii_punctuation()));
    words
        .filter(|word| word.len() == 3)
        .filter_map(|word| word.parse().ok())
        .find(|status| (400..600).contains(status))
}

/// An answer as it stands in a table of tests.
#[cfg(test)]
pub(super) fn refused(code: i64, message: &str) -> super::rpc::Answer {
    Err(Refusal { code, message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing::now;
    use claudometer_core::Percent;
    use serde_json::json;

    #[test]
    fn every_complaint_is_named_by_what_can_be_done_about_it() {
        use Trouble::{
            AuthExpired, AuthMissing, BadPayload, Blocked, ForbiddenScope, NotSubscribed,
            RateLimited, UpstreamDown,
        };
        const FAILED: &str = "failed to fetch codex rate limits: GET https://127.0.0.1:443/backend-api/wham/usage failed:";
        let nobody = Some(Ok(json!({"account": null, "requiresOpenaiAuth": true})));
        let key = Some(Ok(json!({"account": {"type": "apiKey"}})));
        let chatgpt = Some(Ok(json!({"account": {"type": "chatgpt", "email": "sam@example.com"}})));
        for (account, code, message, want) in [
            (
                nobody,
                -32600,
                "codex account authentication required to read rate limits".to_owned(),
                AuthMissing,
            ),
            (
                key,
                -32600,
                "chatgpt authentication required to read rate limits".to_owned(),
                ForbiddenScope,
            ),
            (
                None,
                -32600,
                "chatgpt authentication required to read rate limits".to_owned(),
                ForbiddenScope,
            ),
            (
                None,
                -32600,
                "codex account authentication required to read rate limits".to_owned(),
                AuthMissing,
            ),
            (None, -32601, "Method not found".to_owned(), BadPayload),
            (
                chatgpt.clone(),
                -32603,
                format!("{FAILED} 401 Unauthorized; body={{\"detail\":\"x\"}}"),
                AuthExpired,
            ),
            (chatgpt.clone(), -32603, format!("{FAILED} 403 Forbidden; body={{}}"), NotSubscribed),
            (
                chatgpt.clone(),
                -32603,
                format!("{FAILED} 403 Forbidden; body=<!DOCTYPE html><html>"),
                Blocked,
            ),
            (chatgpt.clone(), -32603, format!("{FAILED} 429 Too Many Requests"), RateLimited),
            (chatgpt.clone(), -32603, format!("{FAILED} 502 Bad Gateway; body=401"), UpstreamDown),
            (chatgpt.clone(), -32603, format!("{FAILED} 404 Not Found"), BadPayload),
            (
                chatgpt.clone(),
                -32603,
                "error sending request for url (https://x.example)".to_owned(),
                UpstreamDown,
            ),
            (
                chatgpt.clone(),
                -32603,
                "Your refresh token was already used. Please log out and sign in again.".to_owned(),
                AuthExpired,
            ),
            (
                Some(refused(-32601, "no account/read")),
                -32603,
                "decode error: unknown variant `prolite`; body={\"a\":1}".to_owned(),
                BadPayload,
            ),
            (chatgpt, 0, String::new(), BadPayload),
        ] {
            let told = Told { account, limits: refused(code, &message) };
            let error = report(&told, Some("0.60.0"), now()).unwrap_err();
            assert_eq!(error.trouble, want, "{message}");
            assert!(error.detail.ends_with('.') && !error.detail.contains("example"), "{error}");
        }
    }

    #[test]
    fn the_vendors_answer_in_a_complaint_is_read() {
        let body = r#"{"plan_type":"prolite","rate_limit":{"primary_window":{"used_percent":7,"limit_window_seconds":18000}}}"#;
        let message = format!(
            "decode error: unknown variant `prolite`, expected one of `plus`; content-type=application/json; body={body} and more {{"
        );
        let told = Told { account: None, limits: refused(-32603, &message) };
        let reading = report(&told, None, now()).unwrap().reading;
        assert_eq!(reading.plan.as_deref(), Some("Pro (5x)"));
        assert_eq!(reading.windows[0].used.map(Percent::get), Some(7.0));
    }
}
