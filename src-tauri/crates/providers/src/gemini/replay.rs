//! Recorded answers of this vendor, each in the world that it stands for.

use claudometer_core::Trouble;
use claudometer_provider::{
    Recorded, json,
    replay::{Played, Stage, good, map},
};
use serde_json::{Map, Value, json};

const TIER: &str = r#"{"currentTier":{"id":"standard-tier"},"cloudaicompanionProject":"p"}"#;
const QUOTA: &str = r#"{"buckets":[{"modelId":"gemini-2.5-pro","remainingFraction":1}]}"#;
/// A login of the command, as its file holds it.
const LOGIN: &str = r#"{"access_token":"ya29.recorded","expiry_date":1789999999000}"#;
const EXPIRED: &str = r#"{"access_token":"ya29.old","refresh_token":"recorded","expiry_date":1000}"#;
const FILE: &str = ".gemini/oauth_creds.json";

pub(super) fn stage(recorded: &Recorded) -> Stage {
    let asks = |what: &str| recorded.asks(what);
    let answered = |stage: Stage| {
        stage
            .answering("loadCodeAssist", Ok(good(TIER)))
            .answering("retrieveUserQuota", Ok(good(QUOTA)))
    };
    let body = || recorded.response.body.clone();
    if asks("oauth2.googleapis.com/token") {
        let stage = Stage::of("key")
            .variable("GEMINI_OAUTH_CLIENT_ID", "id")
            .variable("GEMINI_OAUTH_CLIENT_SECRET", "recorded")
            .file(FILE, EXPIRED)
            .answer("oauth2.googleapis.com/token", recorded);
        answered(stage).adding(renewed)
    } else if asks("oauth_creds.json") {
        answered(Stage::of("key").file(FILE, body())).adding(stored)
    } else if asks("keychain") {
        let stage = Stage::of("key")
            .file(".gemini/settings.json", "{}")
            .item("gemini-cli-oauth", "main-account", &recorded.text());
        answered(stage).adding(stored)
    } else if asks("google_accounts.json") {
        answered(Stage::of("key").file(FILE, LOGIN).file(".gemini/google_accounts.json", body()))
    } else if asks("settings.json") {
        answered(Stage::of("key").file(".gemini/settings.json", body()))
    } else if asks("loadCodeAssist") {
        answered(Stage::of("key").file(FILE, LOGIN).answer("loadCodeAssist", recorded)).adding(project)
    } else {
        answered(Stage::of("key").file(FILE, LOGIN).answer("retrieveUserQuota", recorded))
    }
}

/// The project for which the quotas were asked.
fn project(_: &Recorded, played: &Played) -> Map<String, Value> {
    let asked = played.asked.iter().find(|request| request.url.contains("retrieveUserQuota"));
    let body = asked.and_then(|request| json::read(request.body.as_deref()?).ok());
    map(json!({"project": body.map(|body| body["project"].clone())}))
}

/// A stored login is a login also when it has expired: only its own program can renew it.
fn stored(_: &Recorded, played: &Played) -> Map<String, Value> {
    let expired = played.has(Trouble::AuthExpired);
    let mut adds = map(json!({ "expired": expired }));
    if expired {
        adds.insert("ok".into(), json!(true));
    }
    adds
}

/// Until when the renewed token is good.
fn renewed(recorded: &Recorded, played: &Played) -> Map<String, Value> {
    if played.state.failure.is_some() {
        return Map::new();
    }
    let now = played.state.last_good.as_ref().map(|good| good.at).unwrap_or_default();
    let ends = super::login::renewed(&recorded.response, now).ok().and_then(|(_, ends)| ends);
    map(json!({ "expires_at": ends }))
}
