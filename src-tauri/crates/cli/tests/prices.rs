//! The price list: what it says, how it is fetched, and that nothing goes wrong with what nobody sent.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the real program"
)]

mod home;

use home::{Home, document};
use serde_json::{Map, Value, json};
use std::fs;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

const TABLE: &str =
    "/raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";
const LOG: &str = r#"{"type":"assistant","timestamp":"2026-11-20T10:00:00.000Z","sessionId":"s","cwd":"/work/shop","requestId":"r","message":{"id":"m","model":"brand-new-model","usage":{"input_tokens":1000000,"output_tokens":0}}}"#;

/// A table of so many models, the newest of which costs so much.
fn table(models: usize, dollars: f64) -> Value {
    let price = |dollars: f64| json!({"mode": "chat", "input_cost_per_token": dollars / 1e6, "output_cost_per_token": 1e-6});
    let mut table: Map<_, _> =
        (0..models).map(|nth| (format!("some-model-{nth}"), price(1.0))).collect();
    table.insert("brand-new-model".into(), price(dollars));
    table.into()
}

/// A home whose vendor answers so.
async fn with(answer: ResponseTemplate) -> (Home, MockServer) {
    let server = MockServer::start().await;
    Mock::given(path(TABLE)).respond_with(answer).mount(&server).await;
    let mut home = Home::new();
    home.origin = server.uri();
    home.write(".claude/projects/-work-shop/s.jsonl", LOG);
    (home, server)
}

fn cost(home: &Home) -> Value {
    let (exit, text, said) = home.run(&["cost", "model", "--all", "--json"]);
    assert_eq!(exit, 0, "{said}");
    document(&text)["total"]["costUsd"].clone()
}

#[test]
fn the_list_that_is_built_in_says_its_day_and_what_a_model_costs() {
    let home = Home::new();
    let (exit, text, _) = home.run(&["prices", "claude-sonnet-4-5-20250929"]);
    assert_eq!(exit, 0);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("Prices of 2026-") && lines[0].contains("built in"), "{text}");
    let words = lines.iter().find(|line| line.starts_with("claude-sonnet-4-5-20250929 ")).unwrap();
    let figures: Vec<&str> = words.split_whitespace().skip(1).take(5).collect();
    assert_eq!(figures, ["3", "15", "0.30", "3.75", "6"], "{text}");
    let (exit, text, _) = home.run(&["prices", "--json"]);
    let list = document(&text);
    assert_eq!((exit, &list["models"], &list["renewed"]), (0, &json!([]), &Value::Null));
    assert!(list["knownModels"].as_u64().unwrap() > 1000);
    let (exit, _, said) = home.run(&["prices", "nobody-makes-this"]);
    assert!(exit == 1 && said.contains("nobody-makes-this"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_new_counts_at_once_and_nobody_is_asked_unless_that_is_wanted() {
    let (home, server) = with(ResponseTemplate::new(200).set_body_json(table(300, 2.5))).await;
    assert_eq!(cost(&home), Value::Null, "what has no price is not free");
    let asked = async || server.received_requests().await.unwrap().len();
    home.run(&["debug", "brief"]);
    assert_eq!(asked().await, 0);
    assert_eq!(home.run(&["prices", "--refresh", "--offline"]).0, 4);
    assert_eq!(asked().await, 0);

    let (exit, text, said) = home.run(&["prices", "--refresh", "brand-new"]);
    assert!(exit == 0 && text.contains("fetched") && text.contains("2.50"), "{text}{said}");
    assert_eq!(cost(&home), json!(2.5));
    assert_eq!(asked().await, 1);

    // The resident's own reading fetches where a day has passed, and not before.
    assert_eq!(home.run(&["config", "set", "cost.refreshPrices", "true"]).0, 0);
    home.run(&["debug", "brief"]);
    assert_eq!(asked().await, 1);
    let kept = home.path(".local/share/claudometer/prices.txt");
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(25);
    fs::File::options().append(true).open(&kept).unwrap().set_modified(old).unwrap();
    home.run(&["--offline", "debug", "brief"]);
    assert_eq!(asked().await, 1);
    home.run(&["debug", "brief"]);
    assert_eq!(asked().await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_list_changes_nothing() {
    let answers = [
        ResponseTemplate::new(503),
        ResponseTemplate::new(200).set_body_string("<!doctype html>"),
        ResponseTemplate::new(200).set_body_json(table(3, 2.5)),
    ];
    for answer in answers {
        let (home, _server) = with(answer).await;
        let (exit, _, said) = home.run(&["prices", "--refresh"]);
        assert!(exit == 3 && said.contains("Prices stay as they are"), "{exit} {said}");
        assert_eq!(cost(&home), Value::Null);
        assert!(!home.path(".local/share/claudometer/prices.txt").exists());
    }
    let home = Home::new();
    home.write(".local/share/claudometer/prices.txt", "rubbish");
    assert_eq!(home.run(&["prices"]).0, 0, "a file that cannot be read is left out");
}
