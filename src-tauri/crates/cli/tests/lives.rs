//! The life of each provider's login, through the real executable: a vendor that answers, refuses, limits, blocks, fails,
//! hangs, or has changed its answer. Vendors answer with the recorded answers of the demo.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the program"
)]

mod home;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};
use claudometer_provider::{Provider, Scene};
use futures::StreamExt as _;
use home::{Home, document, ended};
use serde_json::{Value, json};
use std::{process::Command, time::Duration};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// So many look at the same time.
const AT_ONCE: usize = 4;

/// What a vendor does to every request.
#[derive(Debug, Clone, Copy)]
enum Vendor {
    Answers,
    Refuses,
    Forbids,
    Limits,
    Blocks,
    Fails,
    Cuts,
    Changed,
    Hangs,
}

/// Each with the exit codes and the troubles that it may end in. Vendors differ in what a refusal means: some forbid where
/// others say that there is no plan.
const LIFE: &[(Vendor, &[i32], &[&str])] = &[
    (Vendor::Answers, &[0], &[]),
    (Vendor::Refuses, &[2], &["auth_expired"]),
    (
        Vendor::Forbids,
        &[1, 2],
        &["forbidden_scope", "not_subscribed", "auth_expired", "unsupported_account"],
    ),
    (Vendor::Limits, &[3], &["rate_limited"]),
    (Vendor::Blocks, &[3], &["blocked"]),
    (Vendor::Fails, &[3], &["upstream_down"]),
    (Vendor::Cuts, &[1], &["bad_payload"]),
    (Vendor::Changed, &[1, 2], &["bad_payload", "no_data", "not_subscribed", "auth_expired"]),
    (Vendor::Hangs, &[3], &["upstream_down"]),
];

fn reply(vendor: Vendor) -> ResponseTemplate {
    // In the form of every vendor: a refusal in another one is somebody else's.
    let body = json!({"message": "no", "detail": "no", "error": {"message": "no", "status": "NO"}});
    let json = |status: u16| ResponseTemplate::new(status).set_body_json(&body);
    match vendor {
        Vendor::Answers => json(404),
        Vendor::Refuses => json(401),
        Vendor::Forbids => json(403),
        Vendor::Limits => json(429).insert_header("retry-after", "1800"),
        Vendor::Blocks => ResponseTemplate::new(403)
            .set_body_raw("<!DOCTYPE html><title>Just a moment...</title>", "text/html"),
        Vendor::Fails => json(502),
        Vendor::Cuts => {
            ResponseTemplate::new(200).set_body_raw("{\"data\": [1, ", "application/json")
        }
        Vendor::Changed => ResponseTemplate::new(200).set_body_json(json!({"renamed": {"all": 1}})),
        Vendor::Hangs => json(200).set_delay(Duration::from_secs(20)),
    }
}

async fn serve(vendor: Vendor, scene: &Scene) -> MockServer {
    let server = MockServer::start().await;
    if matches!(vendor, Vendor::Answers) {
        for take in scene.now {
            let good =
                ResponseTemplate::new(take.status).set_body_raw(take.body, "application/json");
            let part = take.url;
            let asked = move |request: &wiremock::Request| request.url.as_str().contains(part);
            Mock::given(asked).respond_with(good).mount(&server).await;
        }
    }
    Mock::given(matchers::any()).respond_with(reply(vendor)).mount(&server).await;
    server
}

/// The variable in which people keep a provider's key, as the provider tells of it.
fn variable(provider: &Provider) -> Option<String> {
    let nowhere = Host {
        clock: Clock::default(),
        env: Environment::of("/nowhere", []),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    };
    let places = (provider.places)(&nowhere);
    let named = places.iter().find_map(|place| place.strip_prefix("the variable "));
    named.map(str::to_owned)
}

/// A login as the provider's own program leaves it on this machine.
type Login = fn(&Home);

/// Prepares a home and a command for a provider that is signed in.
type SignIn = dyn Fn(&Home, &mut Command);

/// Providers that are asked with the login of another program.
const LOGINS: &[(&str, Login)] = &[
    ("claude", |home| home.sign_in(KEY)),
    ("codex", |home| {
        let login = json!({"tokens": {"access_token": KEY, "account_id": "demo-sam"}});
        home.write(".codex/auth.json", &login.to_string());
    }),
    ("cursor", |home| {
        let token =
            format!("{KEY}.{}.s", coded(&json!({"sub": "auth0|user_1", "exp": 4_102_444_800_i64})));
        let values = [("cursorAuth/accessToken", token.as_str())];
        home.database(".config/Cursor/User/globalStorage/state.vscdb", "ItemTable", &values);
    }),
    ("antigravity", |home| {
        let status = json!({"apiKey": KEY, "email": "gil@example.com"}).to_string();
        let values = [("antigravityAuthStatus", status.as_str())];
        home.database(".config/Antigravity/User/globalStorage/state.vscdb", "ItemTable", &values);
    }),
    ("kiro", |home| {
        let login = json!({"access_token": KEY, "expires_at": "2100-01-01T00:00:00Z"}).to_string();
        let values = [("kirocli:odic:token", login.as_str())];
        home.database(".local/share/kiro-cli/data.sqlite3", "auth_kv", &values);
    }),
    ("gemini", |home| {
        let login = json!({"access_token": KEY, "expiry_date": 4_102_444_800_000_i64});
        home.write(".gemini/oauth_creds.json", &login.to_string());
    }),
    ("grok", |home| {
        let login = json!({"key": KEY, "expires_at": "2100-01-01T00:00:00Z"});
        home.write(".grok/auth.json", &json!({"https://auth.x.ai::a": login}).to_string());
    }),
];

/// The login everywhere; nothing that is printed may hold it.
const KEY: &str = "key-that-is-typed-nowhere";

fn coded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// How the provider is signed in to: as its own program does it, or by a variable.
fn sign_in(provider: &Provider) -> Option<Box<SignIn>> {
    if let Some((_, login)) = LOGINS.iter().find(|(id, _)| *id == provider.id.as_str()) {
        return Some(Box::new(|home, _| login(home)));
    }
    let name = variable(provider)?;
    Some(Box::new(move |_, command| {
        command.env(&name, KEY);
    }))
}

/// One look of the executable at a provider whose vendor behaves like that; exit code and report.
async fn look(provider: &'static Provider, scene: &Scene, vendor: Vendor) -> (i32, Value) {
    let server = serve(vendor, scene).await;
    let home = Home { origin: server.uri(), ..Home::new() };
    for (path, text) in scene.files {
        home.write(path, text);
    }
    // Only who hangs is waited for no longer: on a busy machine a good answer may take its time.
    let seconds = if matches!(vendor, Vendor::Hangs) { 1 } else { 20 };
    let quick = json!({"providers": {provider.id.as_str(): {"timeoutSeconds": seconds}}});
    home.write(".config/claudometer/settings.json", &quick.to_string());
    let mut command = home.command(&[provider.id.as_str(), "--json"]);
    sign_in(provider).unwrap()(&home, &mut command);
    let work = tokio::task::spawn_blocking(move || {
        let (code, out, err) = ended(command.output().unwrap());
        assert!(!format!("{out}{err}").contains("typed-nowhere"));
        drop(home);
        (code, document(&out))
    });
    work.await.unwrap()
}

#[tokio::test]
async fn every_provider_says_what_its_vendor_does_and_ends_with_the_code_for_it() {
    let calm = |provider: &&'static Provider| {
        let scene =
            provider.scenes.iter().find(|scene| ["calm", "everyday"].contains(&scene.name))?;
        sign_in(provider).map(|_| (*provider, scene))
    };
    let asked: Vec<_> = claudometer_providers::ALL.iter().filter_map(calm).collect();
    assert!(asked.len() >= 26, "{}", asked.len());
    let mut wrong = Vec::new();
    for (vendor, codes, troubles) in LIFE {
        let looks = asked.iter().map(|(provider, scene)| look(provider, scene, *vendor));
        // A second is enough for an answer, as long as not all of them look at once.
        let seen = futures::stream::iter(looks).buffered(AT_ONCE).collect::<Vec<_>>().await;
        for ((provider, _), (code, report)) in asked.iter().zip(seen) {
            let id = &provider.id;
            let accounts = report["accounts"].as_array().map_or(0, Vec::len);
            let trouble = report["accounts"][0]["trouble"]["code"].as_str();
            let told = trouble.map_or(troubles.is_empty(), |trouble| troubles.contains(&trouble));
            if accounts != 1 || !codes.contains(&code) || !told {
                wrong.push(format!(
                    "{id} {vendor:?}: code {code}, {trouble:?}, {accounts} accounts"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
