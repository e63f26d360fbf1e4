//! The real executable with many providers at once, and with providers of the settings.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the program"
)]

mod home;

use home::{Home, document, ended};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// What the one good vendor takes.
const SLOW: Duration = Duration::from_millis(1500);
/// Providers beside it, each of which fails in one way or another.
const OTHERS: usize = 24;

/// The ways in which a vendor can fail, and what each is called.
fn failures() -> Vec<(ResponseTemplate, &'static str)> {
    let json = |status: u16| ResponseTemplate::new(status).set_body_json(json!({"error": "no"}));
    let page = "<!DOCTYPE html><html><title>Just a moment...</title></html>";
    vec![
        (json(401), "auth_expired"),
        (json(403), "forbidden_scope"),
        (json(429).insert_header("retry-after", "900"), "rate_limited"),
        (json(500), "upstream_down"),
        (json(503), "upstream_down"),
        (ResponseTemplate::new(403).set_body_raw(page, "text/html"), "blocked"),
        (
            ResponseTemplate::new(200).set_body_raw("{\"used\": 1", "application/json"),
            "bad_payload",
        ),
        (json(200), "bad_payload"),
    ]
}

fn definition(nth: usize) -> Value {
    json!({
        "id": format!("mine-{nth}"), "name": format!("Mine {nth}"),
        "url": format!("https://mine-{nth}.example/usage"), "keyVariable": format!("MINE_{nth}"),
        "windows": [{"id": "weekly", "minutes": 10080, "used": "/used", "limit": "/limit"}],
    })
}

async fn vendors(failing: bool) -> (MockServer, Vec<&'static str>) {
    let vendors = MockServer::start().await;
    let good = ResponseTemplate::new(200).set_body_json(json!({"used": 1, "limit": 4}));
    let path = |nth: usize| format!("/mine-{nth}.example/usage");
    Mock::given(matchers::path(path(OTHERS)))
        .respond_with(good.set_delay(SLOW))
        .mount(&vendors)
        .await;
    let failures = failures();
    let mut expected = Vec::new();
    for nth in 0..if failing { OTHERS } else { 0 } {
        let (reply, trouble) = &failures[nth % failures.len()];
        Mock::given(matchers::path(path(nth))).respond_with(reply.clone()).mount(&vendors).await;
        expected.push(*trouble);
    }
    (vendors, expected)
}

/// Runs `usage --json` over these providers; exit code, report, and how long it took.
async fn run(home: Home, which: std::ops::RangeInclusive<usize>) -> (i32, Value, Duration) {
    let definitions: Vec<Value> = which.clone().map(definition).collect();
    let settings = json!({"customProviders": definitions}).to_string();
    home.write(".config/claudometer/settings.json", &settings);
    let mut command = home.command(&["usage", "--json"]);
    for nth in which {
        command.env(format!("MINE_{nth}"), format!("key-of-{nth}"));
    }
    let work = tokio::task::spawn_blocking(move || {
        let begin = Instant::now();
        let (code, out, _) = ended(command.output().unwrap());
        drop(home);
        (code, document(&out), begin.elapsed())
    });
    work.await.unwrap()
}

#[tokio::test]
async fn one_good_provider_among_twenty_four_that_fail_is_shown_within_its_own_time() {
    let (alone, _) = vendors(false).await;
    let home = Home { origin: alone.uri(), ..Home::new() };
    let (code, _, by_itself) = run(home, OTHERS..=OTHERS).await;
    assert_eq!(code, 0);
    let (all, expected) = vendors(true).await;
    let home = Home { origin: all.uri(), ..Home::new() };
    let (code, report, together) = run(home, 0..=OTHERS).await;
    assert_eq!(code, 5, "partly");
    let accounts = report["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), OTHERS + 1, "nothing is lost");
    for (nth, trouble) in expected.iter().enumerate() {
        let id = format!("mine-{nth}");
        let account = accounts.iter().find(|account| account["provider"] == id.as_str()).unwrap();
        assert_eq!(account["trouble"]["code"], *trouble, "{id}");
        assert_ne!(account["trouble"]["remedy"], "", "{id}");
    }
    let good = accounts.iter().find(|account| account["provider"] == "mine-24").unwrap();
    assert_eq!(good["windows"][0]["usedPercent"], 25.0);
    // A machine that is busy with something else may be so once, but not each time: both are measured again then. Whoever
    // waited for one that fails would take many times as long; how much less than twice it is, the bench measures.
    let (mut by_itself, mut together) = (by_itself, together);
    for _ in 0..6 {
        if together > by_itself.mul_f64(2.0) {
            let again = |origin: String| Home { origin, ..Home::new() };
            (_, _, by_itself) = run(again(alone.uri()), OTHERS..=OTHERS).await;
            (_, _, together) = run(again(all.uri()), 0..=OTHERS).await;
        }
    }
    let longest = by_itself.mul_f64(2.0);
    assert!(together <= longest, "{together:?} together, {by_itself:?} alone");
    let asked: BTreeSet<String> = all
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|one| one.url.path().to_owned())
        .collect();
    assert_eq!(asked.len(), OTHERS + 1, "every one was asked");
}

#[tokio::test]
async fn a_provider_of_the_settings_is_asked_with_its_key_and_has_a_name_on_the_command_line() {
    let vendors = MockServer::start().await;
    Mock::given(matchers::path("/proxy.example/v1/usage"))
        .and(matchers::header("x-key", "Token s3cret-key"))
        .and(matchers::header("x-team", "blue"))
        .respond_with(
            ResponseTemplate::new(200).set_body_json(json!({"plan": "Team", "left": 1250})),
        )
        .mount(&vendors)
        .await;
    let home = Home { origin: vendors.uri(), ..Home::new() };
    let mine = json!({"customProviders": [{
        "id": "my-proxy", "name": "My proxy", "url": "https://proxy.example/v1/usage",
        "keyHeader": "x-key", "keyPrefix": "Token ", "keyVariable": "PROXY_KEY",
        "headers": {"x-team": "blue"}, "plan": "/plan", "balance": "/left", "inCents": true,
    }]});
    home.write(".config/claudometer/settings.json", &mine.to_string());
    let mut command = home.command(&["my-proxy"]);
    command.env("PROXY_KEY", "s3cret-key");
    let work = tokio::task::spawn_blocking(move || {
        let shown = ended(command.output().unwrap());
        let near = home.run(&["my-prox"]);
        let bad =
            json!({"customProviders": [{"id": "Mine", "name": "", "url": "http://far.example"}]});
        home.write(".config/claudometer/settings.json", &bad.to_string());
        let shown_of_bad = home.run(&["config", "show"]);
        let set =
            home.run(&["config", "set", "customProviders", &bad["customProviders"].to_string()]);
        (shown, near, shown_of_bad, set)
    });
    let ((code, out, err), near, shown_of_bad, set) = work.await.unwrap();
    assert_eq!(code, 0, "{out} {err}");
    assert!(out.contains("My proxy") && out.contains("Team") && out.contains("12.50"), "{out}");
    assert!(!format!("{out}{err}").contains("s3cret"));
    assert_eq!(near.0, 4);
    assert!(near.2.contains("Did you mean my-proxy?"), "{near:?}");
    assert_eq!(shown_of_bad.0, 0, "{shown_of_bad:?}");
    assert_eq!(set.0, 4, "{set:?}");
    assert!(set.2.contains("customProviders.0.url"), "{set:?}");
}
