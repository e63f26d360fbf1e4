//! Several homes and several keys of one assistant are several accounts, and never mixed.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use chrono::{DateTime, TimeDelta};
use claudometer_core::settings::ProviderSettings;
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Response},
    secrets::Keep,
};
use claudometer_provider::{
    GateBook, Provider, Recorded,
    pipeline::{self, Errand},
    replay::{self, Stage, good},
};
use secrecy::SecretString;
use serde_json::json;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

/// A home of the assistant: its folder, the account that it names, its token.
const HOMES: &[(&str, Option<&str>, &str)] = &[
    ("/home/dana/.claude", Some("acc-private"), "token-private"),
    ("/home/dana/.claude-work", Some("acc-work"), "token-work"),
    ("/data/claude-third", None, "token-third"),
    // A second home of the first account.
    ("/home/dana/.claude-copy", Some("acc-private"), "token-copy"),
];

fn host(asked: &Arc<Mutex<Vec<String>>>) -> Host {
    let asked = Arc::clone(asked);
    let answer = move |request: &claudometer_host::http::Request| {
        let token = request.sent("authorization").ok_or(HttpError::Malformed)?.to_owned();
        let used = if token.ends_with("work") { 80.0 } else { 10.0 };
        asked.lock().unwrap().push(token);
        let body = json!({"five_hour": {"utilization": used}}).to_string();
        Ok(Response { status: 200, headers: Vec::new(), body: body.into() })
    };
    // The variables of a shell lead nobody astray in a home that was named.
    let stray = [("CLAUDE_SECURESTORAGE_CONFIG_DIR".to_owned(), "/home/dana/.claude".to_owned())];
    Host {
        clock: Clock::told(DateTime::from_timestamp(1_789_473_600, 0).unwrap()),
        env: Environment::of("/home/dana", stray),
        files: Files::memory(),
        http: Http::recorded(answer),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

fn place_homes(host: &Host) {
    for (folder, account, token) in HOMES {
        let login = json!({"claudeAiOauth": {"accessToken": token, "scopes": ["user:profile"]}});
        let folder = Path::new(folder);
        let write = |path: PathBuf, text: String| {
            host.files.write_private(&path, text.as_bytes()).unwrap();
        };
        write(folder.join(".credentials.json"), login.to_string());
        let Some(account) = account else { continue };
        let told = json!({"oauthAccount": {"accountUuid": account}}).to_string();
        let usual = folder.ends_with(".claude");
        let settings = if usual { host.home().to_owned() } else { folder.to_owned() };
        write(settings.join(".claude.json"), told);
    }
}

#[tokio::test]
async fn each_home_is_asked_with_its_own_login_and_shown_by_itself() {
    let asked = Arc::default();
    let host = host(&asked);
    place_homes(&host);
    let provider: &'static Provider = claudometer_providers::by_id("claude").unwrap();
    let named =
        ["~/.claude-work", "/data/claude-third", "~/.claude-copy", "~/.claude-gone", "relative"];
    let settings =
        ProviderSettings { homes: named.map(str::to_owned).into(), ..ProviderSettings::default() };
    let found = pipeline::discover(provider, &settings, &host).await;
    assert_eq!(found.len(), 3, "one account in two homes is one account: {found:?}");
    let book = GateBook::at(host.files.clone(), "/state/gates.json".into());
    for found in &found {
        let fresh_for = TimeDelta::minutes(5);
        let errand =
            Errand { provider, found, settings: &settings, host: &host, book: &book, fresh_for };
        let poll = pipeline::poll(errand).await.poll;
        let work = found.home.as_deref() == Some(Path::new("/home/dana/.claude-work"));
        let used = poll.readings[0].1.windows[0].used.map(claudometer_core::Percent::get);
        assert_eq!(used, Some(if work { 80.0 } else { 10.0 }), "{found:?}");
    }
    let tokens = asked.lock().unwrap().clone();
    assert_eq!(tokens, ["Bearer token-private", "Bearer token-work", "Bearer token-third"]);
    let none = pipeline::discover(provider, &ProviderSettings::default(), &host).await;
    assert_eq!(none.len(), 1, "only the usual home, unless a person names others");
}

#[tokio::test]
async fn each_typed_key_is_asked_with_by_itself_and_shown_by_itself() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = Arc::clone(&asked);
    let answer = move |request: &claudometer_host::http::Request| {
        log.lock().unwrap().push(request.sent("authorization").unwrap_or_default().to_owned());
        let left =
            if request.sent("authorization") == Some("Bearer key-work") { "7.00" } else { "3.00" };
        let body = json!({"balance_infos": [{"currency": "USD", "total_balance": left}]});
        Ok(Response { status: 200, headers: Vec::new(), body: body.to_string().into() })
    };
    let host = Host { http: Http::recorded(answer), ..host(&Arc::default()) };
    let provider: &'static Provider = claudometer_providers::by_id("deepseek").unwrap();
    for (name, key) in [("key", "key-own"), ("key@work", "key-work"), ("key@gone", "key-gone")] {
        let secret = SecretString::from(key);
        host.secrets.set(&provider.secret_key(name), secret, Keep::Session).await.unwrap();
    }
    let settings = ProviderSettings { keys: vec!["work".into()], ..ProviderSettings::default() };
    let found = pipeline::discover(provider, &settings, &host).await;
    let places: Vec<&str> = found.iter().map(|found| found.place.as_str()).collect();
    assert_eq!(places, ["the key that you typed", "the key work that you typed"]);
    let book = GateBook::at(host.files.clone(), "/state/gates.json".into());
    let mut left = Vec::new();
    for found in &found {
        let fresh_for = TimeDelta::minutes(5);
        let errand =
            Errand { provider, found, settings: &settings, host: &host, book: &book, fresh_for };
        let poll = pipeline::poll(errand).await.poll;
        left.push(poll.readings[0].1.credits[0].balance.unwrap().fixed(2));
    }
    assert_eq!(left, ["3.00", "7.00"]);
    assert!(provider.secret_field("key@Work Place").is_none());
    let names: Vec<String> =
        provider.secret_names(&settings).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["key", "key@work"]);
    assert!(
        claudometer_providers::by_id("claude").unwrap().secret_field("session_key@work").is_none()
    );
}

/// A provider, the key that was typed, and what another account's program keeps beside it.
const BESIDE: [(&str, &str, &str, &str); 3] = [
    (
        "cursor",
        "WorkosCursorSessionToken=user_01XYZ%3A%3Ae30.eyJzdWIiOiJhdXRoMHx1c2VyXzAxWFlaIn0.c2ln",
        ".config/Cursor/User/globalStorage/state.vscdb",
        r#"{"cursorAuth/accessToken":"e30.eyJzdWIiOiJhdXRoMHx1c2VyXzAxQUJDIn0.c2ln","cursorAuth/cachedEmail":"other@example.com","cursorAuth/stripeMembershipType":"ultra"}"#,
    ),
    ("gemini", "ya29.typed", ".gemini/google_accounts.json", r#"{"active":"other@example.com"}"#),
    (
        "antigravity",
        "ya29.typed",
        ".config/Antigravity/User/globalStorage/state.vscdb",
        r#"{"antigravityAuthStatus":"{\"email\":\"other@example.com\",\"apiKey\":\"ya29.editors\"}"}"#,
    ),
];

#[tokio::test]
async fn a_typed_key_has_not_the_name_of_a_login_that_lies_beside_it() {
    for (id, key, path, beside) in BESIDE {
        let provider: &'static Provider = claudometer_providers::by_id(id).unwrap();
        let stage = Stage::of("key")
            .typed("key", key)
            .file(path, beside)
            .answering("usage-summary", Ok(good(r#"{"individualUsage":{"plan":{"totalPercentUsed":30}}}"#)))
            .answering("loadCodeAssist", Ok(good("{}")))
            .answering("retrieveUserQuotaSummary", Ok(good(r#"{"groups":[{"buckets":[{"bucketId":"gemini-5h","remainingFraction":0.7}]}]}"#)))
            .answering("retrieveUserQuota", Ok(good(r#"{"buckets":[{"modelId":"gemini-2.5-pro","remainingFraction":0.7}]}"#)));
        let recorded = Recorded { file: String::new(), request: String::new(), response: good("") };
        let played = replay::play(provider, stage, &recorded, &host(&Arc::default())).await;
        let used = played.state.windows[0].value.used.map(|used| used.get().round());
        assert_eq!(used, Some(30.0), "{id}: {:?}", played.state);
        assert_eq!(played.state.account, None, "{id}");
        assert_eq!(played.state.plan, None, "{id}");
    }
}
