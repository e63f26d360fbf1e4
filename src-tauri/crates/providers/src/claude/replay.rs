//! Recorded answers of this vendor, each in the world that it stands for.

use super::{
    auth::{self, Stored},
    cookie::Cookies,
    headers, map, organization, plan,
};
use chrono::TimeDelta;
use claudometer_core::Trouble;
use claudometer_provider::{
    FetchError, Recorded, json, lenient,
    replay::{Played, Stage, good, map as members, of_error},
};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};

const CREDENTIALS: &str = ".claude/.credentials.json";
/// A login of Claude Code, and one that nobody is to be let in with.
const LOGIN: &str = r#"{"claudeAiOauth":{"accessToken":"recorded","scopes":["user:profile"]}}"#;
const USAGE: &str = r#"{"five_hour":{"utilization":0}}"#;
const ORGANIZATIONS: &str = r#"[{"uuid":"recorded","capabilities":["chat"]}]"#;
const SESSION: &str = "sessionKey=sk-ant-recorded";
const ACCOUNT: &str = r#"{"oauthAccount":{"accountUuid":"recorded"}}"#;

pub(super) fn stage(recorded: &Recorded) -> Option<Stage> {
    match recorded.folder() {
        "claude-oauth" => of_login(recorded),
        "claude-web" => of_web(recorded),
        "claude-cli" => Some(
            Stage::of("cli")
                .file(".claude.json", ACCOUNT)
                .program("claude", b"2.1.220 (Claude Code)")
                .pictures(&["> ", &recorded.text(), &recorded.text()]),
        ),
        _ => None,
    }
}

fn of_login(recorded: &Recorded) -> Option<Stage> {
    let asks = |what: &str| recorded.asks(what);
    let body = || recorded.response.body.clone();
    Some(if asks("oauth/usage") {
        Stage::of("oauth").file(CREDENTIALS, LOGIN).answer("/api/oauth/usage", recorded)
    } else if asks("statusline") {
        Stage::of("statusline").status_line(&body())
    } else if asks("oauth/account") {
        // The same form as the account of a web session, which is asked.
        of_account(recorded)
    } else if asks("oauth/profile") {
        Stage::reference(profile)
    } else if asks("keychain") || asks("find-generic-password") || asks("file") {
        Stage::of("oauth").file(CREDENTIALS, body()).answering("/usage", Ok(good(USAGE))).adding(stored)
    } else if asks("oauth/token") {
        Stage::reference(renewed)
    } else if asks("response headers") {
        Stage::reference(unified)
    } else {
        return None;
    })
}

/// The account of a web session, which opens the organisation that the record names.
fn of_account(recorded: &Recorded) -> Stage {
    let body = json::read(&recorded.response.body).unwrap_or_default();
    let membership = organization::membership(&body, None);
    let mut organization = membership.map_or(Value::Null, |one| one["organization"].clone());
    for (name, usual) in [("uuid", json!("recorded")), ("capabilities", json!(["chat"]))] {
        if organization[name].is_null() {
            organization[name] = usual;
        }
    }
    let listed = json!([organization]);
    Stage::of("web")
        .typed("session_key", SESSION)
        .answer("/api/account", recorded)
        .answering("/usage", Ok(good(USAGE)))
        .answering("/organizations", Ok(good(&listed.to_string())))
}

fn of_web(recorded: &Recorded) -> Option<Stage> {
    let asks = |what: &str| recorded.asks(what);
    // Answers are looked for in this order, so the list of organisations, whose address is the beginning of others, is last.
    let typed = || Stage::of("web").typed("session_key", SESSION);
    let beside = |part: &str| {
        typed()
            .answer(part, recorded)
            .answering("/usage", Ok(good(USAGE)))
            .answering("/organizations", Ok(good(ORGANIZATIONS)))
    };
    Some(if asks("pasted") {
        Stage::reference(pasted)
    } else if asks("overage_spend_limit") {
        beside("overage_spend_limit")
    } else if asks("prepaid/credits") {
        beside("prepaid/credits")
    } else if asks("run-budget") {
        // Of the usage nothing is told here but the plan's own budget.
        typed()
            .answer("run-budget", recorded)
            .answering("/usage", Ok(good(r#"{"five_hour":null}"#)))
            .answering("/organizations", Ok(good(ORGANIZATIONS)))
    } else if asks("/usage") {
        typed().answer("/usage", recorded).answering("/organizations", Ok(good(ORGANIZATIONS)))
    } else if asks("/organizations") {
        typed().answering("/usage", Ok(good(USAGE))).answer("/organizations", recorded).adding(|_, played| {
            let account = played.state.account.as_ref();
            members(json!({"selected_org": account.and_then(|account| account.org_id.clone())}))
        })
    } else if asks("/account") {
        of_account(recorded)
    } else {
        return None;
    })
}

/// A stored login is one also when it has expired: only Claude Code can renew it.
fn stored(recorded: &Recorded, played: &Played) -> Map<String, Value> {
    let Stored::Login(login) = auth::read(&recorded.text()) else { return Map::new() };
    let expired = played.has(Trouble::AuthExpired);
    if played.state.failure.is_some() && !expired {
        return Map::new();
    }
    members(json!({
        "ok": true,
        "plan": login.plan,
        "token": login.token.expose_secret(),
        "expires_at": login.expires_at,
        "usable_for_usage": !expired,
        "expired": expired,
        "delegate_refresh": expired,
    }))
}

fn read(recorded: &Recorded, of: impl FnOnce(&Value) -> Option<Value>) -> Map<String, Value> {
    let now = chrono::DateTime::UNIX_EPOCH;
    let unreadable = || FetchError::unreadable("The answer is not understood.", None);
    let told = map::VENDOR.read(&recorded.response, now);
    members(match told.and_then(|value| of(&value).ok_or_else(unreadable)) {
        Ok(outcome) => outcome,
        Err(error) => of_error(&error),
    })
}

/// Whose login it is, by a call that no source makes yet.
fn profile(recorded: &Recorded, _: &Played) -> Map<String, Value> {
    read(recorded, |value| {
        let (account, organization) = (&value["account"], &value["organization"]);
        let id = lenient::text(&account["uuid"]);
        let email = lenient::text(lenient::any(account, &["email", "email_address"]));
        (id.is_some() || email.is_some()).then(|| {
            let plan = organization["rate_limit_tier"].as_str().and_then(plan::of_tier);
            json!({"ok": true, "plan": plan, "account": {"id": id, "email": email, "org": lenient::text(&organization["uuid"])}})
        })
    })
}

/// Only Claude Code itself renews its login.
fn renewed(recorded: &Recorded, _: &Played) -> Map<String, Value> {
    let said = json::read(&recorded.response.body).unwrap_or_default();
    if said["error"] == "invalid_grant" {
        let ended = FetchError::new(Trouble::AuthExpired, "The login could not be renewed.");
        return members(of_error(&ended));
    }
    read(recorded, |value| {
        lenient::text(&value["access_token"])?;
        let seconds = lenient::count(&value["expires_in"]);
        // Recorded at the moment of the index.
        let now = chrono::DateTime::from_timestamp(1_789_473_600, 0)?;
        let expires_at = seconds.map(|seconds| now + TimeDelta::seconds(i64::from(seconds)));
        Some(json!({"ok": true, "expires_at": expires_at}))
    })
}

/// Headers of an endpoint that would cost quota, so nobody asks it for them.
fn unified(recorded: &Recorded, _: &Played) -> Map<String, Value> {
    let map = json::read(&recorded.response.body).unwrap_or_default();
    let texts: Vec<(String, String)> = map
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| {
            (name.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .chain(recorded.response.headers.iter().cloned())
        .collect();
    let unified =
        headers::windows(texts.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    members(json!({"ok": true, "windows": unified.windows, "limit_reached": unified.rejected}))
}

/// Every line is one way of pasting the same session.
fn pasted(recorded: &Recorded, _: &Played) -> Map<String, Value> {
    let text = recorded.text().replace("\\\n", " ");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let keys: Option<Vec<String>> = lines
        .map(|line| Cookies::parse(line).and_then(|cookies| cookies.session().map(str::to_owned)))
        .collect();
    members(match keys.as_deref() {
        Some([first, rest @ ..]) if rest.iter().all(|key| key == first) => {
            json!({"ok": true, "session_key": first})
        }
        _ => of_error(&FetchError::local(Trouble::AuthMissing, "No session key was found.")),
    })
}
