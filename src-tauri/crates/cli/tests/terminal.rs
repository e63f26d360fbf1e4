//! What a person at a real terminal meets: a welcome, and whom a command waits for.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the program"
)]

mod home;

use claudometer_host::{
    Environment, Processes,
    process::{Command, Screen},
};
use home::Home;
use serde_json::json;
use std::time::Duration;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const WITHIN: Duration = Duration::from_secs(20);

fn start(home: &Home, words: &[&str]) -> Screen {
    let origin = home.origin.clone();
    let runtime = home.path("run").display().to_string();
    let folder = home.folder.path().display().to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_claudometer")).args(words);
    let set = [
        ("HOME", folder.as_str()),
        ("XDG_RUNTIME_DIR", runtime.as_str()),
        ("LANG", "en_US.UTF-8"),
        ("TERM", "xterm"),
        ("CLAUDOMETER_SECRETS", "memory"),
        ("CLAUDOMETER_TEST_ORIGIN", origin.as_str()),
    ];
    for (name, value) in set {
        command = command.env(name, value);
    }
    let unset = [
        "CI",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "NO_COLOR",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "DBUS_SESSION_BUS_ADDRESS",
    ];
    command.env.extend(unset.map(|name| (name.to_owned(), None)));
    Processes::real(Environment::of("/", []), None).start_screen(&command).unwrap()
}

async fn sees(screen: &mut Screen, wanted: &str) {
    let seen = screen.until(WITHIN, |text| text.contains(wanted).then_some(())).await;
    assert!(seen.is_ok(), "no {wanted:?} in\n{}", screen.text());
}

#[tokio::test]
async fn a_person_is_welcomed_once_and_what_is_wanted_is_done() {
    let home = Home::new();
    home.sign_in("sk-ant-oat01-WELCOME");
    let mut first = start(&home, &["usage"]);
    sees(&mut first, "Welcome to Claudometer").await;
    sees(&mut first, "Install it for Claude? [y/N]").await;
    first.type_keys("y\r").await.unwrap();
    sees(&mut first, "It is installed.").await;
    sees(&mut first, "An assistant that needs a key").await;
    first.type_keys("opnrouter\r").await.unwrap();
    sees(&mut first, "Did you mean openrouter?").await;
    first.type_keys("\r").await.unwrap();
    sees(&mut first, "claudometer doctor").await;
    sees(&mut first, "Claude").await;
    first.end(WITHIN).await;
    assert!(home.path(".claude/settings.json").exists(), "the bridge is there");
    let mut second = start(&home, &["usage"]);
    sees(&mut second, "Claude").await;
    assert!(!second.text().contains("Welcome"), "{}", second.text());
    second.end(WITHIN).await;
}

#[tokio::test]
async fn nobody_is_asked_in_a_pipe_or_where_a_document_is_wanted() {
    let home = Home::new();
    let (_, out, _) = home.run(&["usage"]);
    assert!(!out.contains("Welcome"), "{out}");
    let mut screen = start(&home, &["usage", "--json"]);
    sees(&mut screen, "schemaVersion").await;
    assert!(!screen.text().contains("Welcome"), "{}", screen.text());
}

#[tokio::test]
async fn whoever_is_still_asked_is_named_while_a_person_waits() {
    let vendors = MockServer::start().await;
    let good =
        ResponseTemplate::new(200).set_body_json(json!({"five_hour": {"utilization": 37.0}}));
    let slow = good.set_delay(Duration::from_secs(2));
    Mock::given(matchers::any()).respond_with(slow).mount(&vendors).await;
    let home = Home { origin: vendors.uri(), ..Home::new() };
    home.sign_in("sk-ant-oat01-WAITING");
    home.write(".local/state/claudometer/welcomed", "");
    let mut screen = start(&home, &["usage"]);
    let waiting = |text: &str| {
        let line = text.lines().last()?.trim_end();
        let turn = line.strip_suffix(" Claude")?.chars().last()?;
        ('\u{2800}'..='\u{28ff}').contains(&turn).then_some(())
    };
    assert!(screen.until(WITHIN, waiting).await.is_ok(), "{}", screen.text());
    sees(&mut screen, "37%").await;
    let line = screen.text().lines().any(|line| line.trim_end().ends_with(" Claude"));
    assert!(!line, "it is gone afterwards\n{}", screen.text());
}
