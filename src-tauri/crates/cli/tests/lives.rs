//! The life of each provider's login, through the real executable: a vendor that answers, refuses, limits, blocks, fails,
//! hangs, or has changed its answer. Vendors answer with the recorded answers of the demo.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the program"
)]

mod home;

use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};
use claudometer_provider::{Provider, Scene};
use home::{Home, document, ended};
use serde_json::{Value, json};
use std::time::Duration;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

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
    let json = |status: u16| ResponseTemplate::new(status).set_body_json(json!({"message": "no"}));
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

/// One look of the executable at a provider whose vendor behaves like that; exit code and report.
async fn look(provider: &'static Provider, scene: &Scene, vendor: Vendor) -> (i32, Value) {
    let server = serve(vendor, scene).await;
    let home = Home { origin: server.uri(), ..Home::new() };
    for (path, text) in scene.files {
        home.write(path, text);
    }
    let quick = json!({"providers": {provider.id.as_str(): {"timeoutSeconds": 1}}});
    home.write(".config/claudometer/settings.json", &quick.to_string());
    let mut command = home.command(&[provider.id.as_str(), "--json"]);
    if let Some(name) = variable(provider) {
        command.env(name, "key-that-is-typed-nowhere");
    }
    let work = tokio::task::spawn_blocking(move || {
        let (code, out, err) = ended(command.output().unwrap());
        assert!(!format!("{out}{err}").contains("typed-nowhere"));
        drop(home);
        (code, document(&out))
    });
    work.await.unwrap()
}

#[tokio::test]
async fn every_provider_with_a_key_says_what_its_vendor_does_and_ends_with_the_code_for_it() {
    let calm = |provider: &&'static Provider| {
        let scene = provider.scenes.iter().find(|scene| scene.name == "calm")?;
        variable(provider).map(|_| (*provider, scene))
    };
    let keyed: Vec<_> = claudometer_providers::ALL.iter().filter_map(calm).collect();
    assert!(keyed.len() >= 19, "{}", keyed.len());
    for (vendor, codes, troubles) in LIFE {
        let looks = keyed.iter().map(|(provider, scene)| look(provider, scene, *vendor));
        for ((provider, _), (code, report)) in
            keyed.iter().zip(futures::future::join_all(looks).await)
        {
            let id = &provider.id;
            assert_eq!(report["accounts"].as_array().unwrap().len(), 1, "{id} {vendor:?}");
            let trouble = report["accounts"][0]["trouble"]["code"].as_str();
            let told = trouble.map_or(troubles.is_empty(), |trouble| troubles.contains(&trouble));
            assert!(codes.contains(&code) && told, "{id} {vendor:?}: code {code}, {report}");
        }
    }
}
