//! Recorded answers of this vendor, each in the world that it stands for.

use super::{
    auth::{self, Stored},
    device,
};
use chrono::{DateTime, Utc};
use claudometer_core::Trouble;
use claudometer_provider::{
    Recorded,
    replay::{Played, Stage, good, map, of_account, of_error},
};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const AUTH: &str = ".codex/auth.json";
/// A login of Codex.
const LOGIN: &str = r#"{"tokens":{"access_token":"recorded"}}"#;
/// One whose account is known, so that it can be named.
const NAMED: &str = r#"{"tokens":{"access_token":"recorded","account_id":"recorded"}}"#;
/// An answer with a window, that leaves what is asked beside it open.
const USAGE: &str =
    r#"{"rate_limit":{"primary_window":{"used_percent":0,"limit_window_seconds":18000}}}"#;
/// One that tells nothing but that spending is controlled.
const CONTROLLED: &str = r#"{"rate_limit":null,"spend_control":{"reached":false}}"#;

pub(super) fn stage(recorded: &Recorded) -> Option<Stage> {
    match recorded.folder() {
        "codex-oauth" => of_login(recorded),
        // Codex knows a login that we do not.
        "codex-rpc" => Some(
            Stage::of("app-server")
                .file(".codex/config.toml", "cli_auth_credentials_store = \"keyring\"")
                .program("codex", b"codex-cli 0.60.0")
                .conversation(&recorded.response.body),
        ),
        _ => None,
    }
}

fn of_login(recorded: &Recorded) -> Option<Stage> {
    let asks = |what: &str| recorded.asks(what);
    let body = || recorded.response.body.clone();
    let signed_in = || Stage::of("oauth").file(AUTH, LOGIN);
    Some(if asks("reset-credits") {
        signed_in().answer("rate-limit-reset-credits", recorded).answering("/usage", Ok(good(USAGE)))
    } else if asks("monthly-usage") {
        Stage::of("oauth")
            .file(AUTH, NAMED)
            .answer("current-user/monthly-usage", recorded)
            .answering("/usage", Ok(good(CONTROLLED)))
    } else if asks("wham/usage") || asks("codex/usage") {
        signed_in().answer("/usage", recorded).adding(|_, played| {
            let paths: BTreeSet<&str> = played
                .asked
                .iter()
                .map(|request| request.url.as_str())
                .filter(|url| url.ends_with("/usage"))
                .collect();
            map(json!({"try_other_base_path": paths.len() > 1}))
        })
    } else if asks("rollout") {
        Stage::of("rollout").file(".codex/sessions/2026/09/15/rollout-recorded.jsonl", body())
    } else if asks("auth.json") || asks("keyring") {
        Stage::of("oauth").file(AUTH, body()).answering("/usage", Ok(good(USAGE))).adding(stored)
    } else if asks("deviceauth/usercode") {
        Stage::reference(user_code)
    } else if asks("deviceauth/token") {
        Stage::reference(sign_in)
    } else if asks("oauth/token") {
        Stage::reference(renewed)
    } else {
        return None;
    })
}

/// A stored login is one also when it has expired: only Codex can renew it.
fn stored(recorded: &Recorded, played: &Played) -> Map<String, Value> {
    let Stored::Login(login) = auth::read(&recorded.text()) else { return Map::new() };
    let expired = played.has(Trouble::AuthExpired);
    if played.state.failure.is_some() && !expired {
        return Map::new();
    }
    map(json!({
        "ok": true,
        "account": of_account(&login.account),
        "plan": login.plan,
        "expires_at": login.expires_at,
        "expired": expired,
        "usable_for_usage": !expired,
        "delegate_refresh": expired,
    }))
}

/// The moment of the index: these readers belong to a sign-in of our own, which is not offered yet.
fn recorded_at() -> DateTime<Utc> {
    DateTime::from_timestamp(1_789_473_600, 0).unwrap_or_default()
}

fn user_code(recorded: &Recorded, _: &Played) -> Map<String, Value> {
    map(match device::user_code(&recorded.response, recorded_at()) {
        Ok(it) => {
            json!({"ok": true, "user_code": it.code, "interval_s": it.interval_s, "expires_at": it.expires_at})
        }
        Err(error) => of_error(&error),
    })
}

fn sign_in(recorded: &Recorded, _: &Played) -> Map<String, Value> {
    map(match device::sign_in(&recorded.response, recorded_at()) {
        Ok(device::SignIn::Pending) => json!({"ok": true, "pending": true}),
        Ok(device::SignIn::Granted { authorization_code, .. }) => {
            json!({"ok": true, "authorization_code": authorization_code.expose_secret()})
        }
        Err(error) => of_error(&error),
    })
}

fn renewed(recorded: &Recorded, _: &Played) -> Map<String, Value> {
    map(match device::renewed(&recorded.response, recorded_at()) {
        Ok(tokens) => json!({"ok": true, "expires_at": tokens.expires_at}),
        Err(error) => of_error(&error),
    })
}
