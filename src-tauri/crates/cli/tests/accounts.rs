//! Whose numbers these are: a login that is exchanged, settings that lag, two organisations of one person, and what a
//! release before kept under other keys.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_desk::{Desk, Options, Role};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Request, Response},
    paths::Paths,
    secrets::Keep,
};
use claudometer_provider::Provider;
use claudometer_wire::{Command, report::AccountReport, report::Report};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const BEGIN: i64 = 1_789_473_600;

/// Who a token is of: account, organisation, percent used.
type People = &'static [(&'static str, &'static str, &'static str, u8)];

const PEOPLE: People = &[
    ("token-dana", "dana", "home", 10),
    ("token-dana-2", "dana", "home", 11),
    ("token-dana-acme", "dana", "acme", 60),
    ("token-eli", "eli", "acme", 80),
];

/// A machine in memory with vendors that know people by their tokens.
struct Machine {
    host: Host,
    asked: Arc<Mutex<Vec<String>>>,
    /// Whether the vendor tells whose a token is.
    profiles: Arc<Mutex<bool>>,
}

fn text(value: &Value) -> Response {
    Response { status: 200, headers: Vec::new(), body: value.to_string().into() }
}

impl Machine {
    fn new() -> Self {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let profiles = Arc::new(Mutex::new(true));
        let (log, tells) = (Arc::clone(&asked), Arc::clone(&profiles));
        let answer = move |request: &Request| -> Result<Response, HttpError> {
            let path = request.url.split_once("://").unwrap().1;
            log.lock().unwrap().push(path.to_owned());
            if path.starts_with("claude.ai/") {
                return Ok(web(path));
            }
            let bearer = request.sent("authorization").ok_or(HttpError::Malformed)?;
            let person = PEOPLE.iter().find(|(token, ..)| bearer == format!("Bearer {token}"));
            let refused = Response { status: 401, headers: Vec::new(), body: b"{}".to_vec() };
            let Some((_, account, org, used)) = person else { return Ok(refused) };
            if path.ends_with("/usage") {
                return Ok(text(&json!({"seven_day": {"utilization": used}})));
            }
            if !*tells.lock().unwrap() {
                return Err(HttpError::Timeout);
            }
            Ok(text(&json!({
                "account": {"uuid": account, "email": format!("{account}@example.com")},
                "organization": {"uuid": org, "name": org.to_uppercase()},
            })))
        };
        let host = Host {
            clock: Clock::told(DateTime::from_timestamp(BEGIN, 0).unwrap()),
            env: Environment::of("/home/dana", []),
            files: Files::memory(),
            http: Http::recorded(answer),
            processes: Processes::none(),
            secrets: Secrets::in_memory(),
        };
        Self { host, asked, profiles }
    }

    fn place(&self, below: &str, value: &Value) {
        let path = self.host.home().join(below);
        self.host.files.place(&path, value.to_string().as_bytes(), self.host.now()).unwrap();
    }

    /// The login alone, as another program exchanges it.
    fn login(&self, token: &str) {
        let login = json!({"claudeAiOauth": {"accessToken": token, "scopes": ["user:profile"]}});
        self.place(".claude/.credentials.json", &login);
    }

    /// The settings that name who is signed in.
    fn settings(&self, account: &str, org: &str) {
        let named = json!({"oauthAccount": {
            "accountUuid": account, "emailAddress": format!("{account}@example.com"),
            "organizationUuid": org, "organizationName": org.to_uppercase(),
        }});
        self.place(".claude.json", &named);
    }

    /// As the assistant itself signs in.
    fn sign_in(&self, token: &str) {
        let (_, account, org, _) = PEOPLE.iter().find(|(known, ..)| *known == token).unwrap();
        self.login(token);
        self.settings(account, org);
    }

    fn wait(&self, minutes: i64) {
        self.host.clock.set(self.host.now() + TimeDelta::minutes(minutes));
    }

    async fn desk(&self, offline: bool) -> Desk {
        let provider: &'static Provider = claudometer_providers::by_id("claude").unwrap();
        Desk::start(Options {
            role: Role::OneShot,
            host: self.host.clone(),
            paths: Paths::of(&self.host.env),
            providers: Vec::leak(vec![provider]),
            overrides: Vec::new(),
            demo: None,
            debug: false,
            offline,
            version: "0.0.0".into(),
            words: Vec::new(),
        })
        .await
    }

    async fn told(&self, offline: bool) -> Vec<AccountReport> {
        let desk = self.desk(offline).await;
        desk.call(Command::Refresh { provider: None }).await.unwrap();
        let report = desk.call(Command::GetReport {}).await.unwrap();
        desk.stop();
        serde_json::from_value::<Report>(report).unwrap().accounts
    }

    /// One line for each account: whose it is, percent used, trouble.
    async fn rows(&self, offline: bool) -> Vec<String> {
        self.told(offline).await.iter().map(row).collect()
    }

    fn asked_for(&self, what: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|path| path.contains(what)).count()
    }

    fn status_line(&self, session: &str, used: u8) {
        let line = json!({
            "session_id": session, "model": {"id": "m"},
            "rate_limits": {"seven_day": {"used_percentage": used, "resets_at": BEGIN + 600_000}},
        });
        let bridge = claudometer_providers::by_id("claude").unwrap().bridge.unwrap();
        bridge.receive(&self.host, line.to_string().as_bytes()).unwrap();
    }
}

fn row(account: &AccountReport) -> String {
    let used = account.windows.first().and_then(|window| window.used_percent);
    let used = used.map_or_else(|| "-".to_owned(), |used| used.to_string());
    let trouble = account.trouble.as_ref().map(|trouble| format!(" {}", trouble.code));
    let whose = account.account.as_deref().unwrap_or("nobody known");
    format!("{whose}: {used}{}", trouble.unwrap_or_default())
}

/// claude.ai: a session that opens two organisations.
fn web(path: &str) -> Response {
    let of = |used: u8| text(&json!({"seven_day": {"utilization": used}}));
    match path {
        "claude.ai/api/organizations" => text(&json!([
            {"uuid": "home", "name": "HOME", "capabilities": ["chat"]},
            {"uuid": "acme", "name": "ACME", "capabilities": ["chat"]},
        ])),
        "claude.ai/api/organizations/home/usage" => of(10),
        "claude.ai/api/organizations/acme/usage" => of(60),
        "claude.ai/api/account" => text(&json!({"email_address": "dana@example.com"})),
        _ => Response { status: 404, headers: Vec::new(), body: b"{}".to_vec() },
    }
}

#[tokio::test]
async fn an_account_that_is_switched_to_begins_with_its_own_figures_and_comes_back_with_them() {
    let machine = Machine::new();
    machine.sign_in("token-dana");
    assert_eq!(machine.rows(false).await, ["dana@example.com · HOME: 10"]);
    machine.wait(1);
    machine.sign_in("token-eli");
    assert_eq!(machine.rows(true).await, ["eli@example.com · ACME: - no_data"]);
    assert_eq!(machine.rows(false).await, ["eli@example.com · ACME: 80"]);
    machine.wait(1);
    machine.sign_in("token-dana");
    assert_eq!(machine.rows(true).await, ["dana@example.com · HOME: 10"], "remembered");
}

#[tokio::test]
async fn two_organisations_of_one_person_are_two_seats() {
    let machine = Machine::new();
    machine.sign_in("token-dana");
    let home = machine.told(false).await.remove(0);
    machine.wait(1);
    machine.sign_in("token-dana-acme");
    assert_eq!(machine.rows(true).await, ["dana@example.com · ACME: - no_data"]);
    let acme = machine.told(false).await.remove(0);
    assert_ne!(home.seat, acme.seat);
    assert_eq!(
        (row(&home), row(&acme)),
        ("dana@example.com · HOME: 10".into(), "dana@example.com · ACME: 60".into())
    );
}

#[tokio::test]
async fn settings_that_lag_behind_the_login_name_nobody() {
    let machine = Machine::new();
    machine.sign_in("token-dana");
    assert_eq!(machine.rows(false).await, ["dana@example.com · HOME: 10"]);
    assert_eq!(machine.asked_for("profile"), 0, "settings that came with the login are believed");
    machine.wait(10);
    machine.login("token-eli");
    assert_eq!(machine.rows(false).await, ["eli@example.com · ACME: 80"], "the vendor knows");
    machine.wait(10);
    assert_eq!(machine.rows(false).await, ["eli@example.com · ACME: 80"]);
    assert_eq!(machine.asked_for("profile"), 1, "once for each login");

    let machine = Machine::new();
    *machine.profiles.lock().unwrap() = false;
    machine.sign_in("token-dana");
    machine.rows(false).await;
    machine.wait(10);
    machine.login("token-eli");
    assert_eq!(machine.rows(false).await, ["nobody known: 80"]);
    assert_eq!(machine.rows(true).await, ["nobody known: 80"]);
    machine.wait(70);
    *machine.profiles.lock().unwrap() = true;
    machine.rows(false).await;
    assert_eq!(machine.rows(true).await, ["eli@example.com · ACME: 80"], "once it can be told");
}

#[tokio::test]
async fn a_login_that_is_renewed_keeps_its_seat_and_its_figures() {
    let machine = Machine::new();
    machine.sign_in("token-dana");
    let before = machine.told(false).await.remove(0);
    machine.wait(10);
    machine.login("token-dana-2");
    let after = machine.told(false).await.remove(0);
    assert_eq!(
        (before.seat, row(&after)),
        (after.seat.clone(), "dana@example.com · HOME: 11".to_owned())
    );
}

#[tokio::test]
async fn an_idle_session_of_the_account_before_tells_nothing_of_the_one_that_is_there() {
    let machine = Machine::new();
    machine.sign_in("token-dana");
    machine.status_line("first", 40);
    assert_eq!(machine.rows(true).await, ["dana@example.com · HOME: 40"]);
    machine.wait(5);
    machine.sign_in("token-eli");
    machine.status_line("first", 41);
    assert_eq!(machine.rows(true).await, ["eli@example.com · ACME: - no_data"]);
    machine.status_line("second", 7);
    assert_eq!(machine.rows(true).await, ["eli@example.com · ACME: 7"]);
    machine.wait(5);
    machine.sign_in("token-dana");
    assert_eq!(machine.rows(true).await, ["dana@example.com · HOME: 41"]);
}

#[tokio::test]
async fn a_web_session_of_another_organisation_is_a_seat_of_its_own_and_keeps_its_choice() {
    let machine = Machine::new();
    machine.sign_in("token-eli");
    let provider = claudometer_providers::by_id("claude").unwrap();
    let key = SecretString::from("sk-ant-sid01-x".to_owned());
    machine
        .host
        .secrets
        .set(&provider.secret_key("session_key"), key, Keep::Session)
        .await
        .unwrap();
    let choose = |settings: &Value| machine.place(".config/claudometer/settings.json", settings);
    choose(&json!({"providers": {"claude": {"source": "web"}}}));
    let rows = machine.rows(false).await;
    assert!(
        rows.contains(&"dana@example.com · ACME: 60".to_owned()) || rows.len() == 1,
        "{rows:?}"
    );
    machine.wait(10);
    let rows = machine.rows(false).await;
    assert_eq!(rows, ["dana@example.com · ACME: 60"], "Eli's seat is not Dana's: {rows:?}");
    choose(&json!({"providers": {"claude": {"source": "web", "organization": "home"}}}));
    machine.wait(10);
    assert_eq!(
        machine.rows(false).await,
        ["dana@example.com · HOME: 10"],
        "another organisation, another seat"
    );
    choose(&json!({"providers": {"claude": {"source": "web"}}}));
    assert_eq!(
        machine.rows(true).await,
        ["dana@example.com · HOME: 10"],
        "a choice is not changed silently"
    );
}

#[tokio::test]
async fn what_a_release_before_kept_goes_on_under_the_new_key() {
    let machine = Machine::new();
    machine.sign_in("token-dana");
    machine.told(false).await;
    let state = machine.host.home().join(".local/state/claudometer/state.json");
    let text = machine.host.files.read_text(&state).unwrap().unwrap();
    let seat = serde_json::from_str::<Value>(&text).unwrap()["seats"][0]["seat"]["account"]
        .as_str()
        .unwrap()
        .to_owned();
    // The release before named a seat by its account alone.
    let former = claudometer_provider::source::hex16("dana");
    let limits = machine.host.home().join(".local/share/claudometer/limits/2026-09.jsonl");
    let kept = machine.host.files.read_text(&limits).unwrap().unwrap();
    for (path, text) in [(&state, text), (&limits, kept)] {
        let old = text.replace(&seat, &former);
        machine.host.files.place(path, old.as_bytes(), machine.host.now()).unwrap();
    }
    machine.wait(1);
    let account = machine.told(true).await.remove(0);
    assert_eq!(account.seat, format!("claude/{seat}"));
    assert_eq!(row(&account), "dana@example.com · HOME: 10");
    let limits = claudometer_desk::limits::Limits::at(
        machine.host.files.clone(),
        limits.parent().unwrap().into(),
    );
    let samples = limits.read(now(&machine), 7);
    assert!(samples.iter().all(|sample| sample.seat.account.as_str() == seat), "{samples:?}");
    assert_eq!(samples.len(), 1);
}

fn now(machine: &Machine) -> DateTime<Utc> {
    machine.host.now()
}
