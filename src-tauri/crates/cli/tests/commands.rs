//! The real executable in a home folder of its own: what commands print and how they end.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts the program"
)]

mod home;

use home::{Home, document, ended};
use serde_json::json;
use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

const USAGE: &str = "/api.anthropic.com/api/oauth/usage";

#[test]
fn words_that_mean_nothing_name_what_is_near_and_end_with_4() {
    let home = Home::new();
    for (args, near) in [
        (&["usge"][..], "Did you mean usage?"),
        (&["cladue"], "Did you mean claude?"),
        (&["usage", "codx"], "Did you mean codex?"),
        (&["codx", "--offline"], "Did you mean codex?"),
        (&["config", "get", "display.metrc"], "Did you mean display.metric?"),
        (&["config", "set", "theme", "plaid"], "theme: The value is not usable"),
        (&["config", "set", "refreshIntervalSeconds", "5"], "from 30 to 3600"),
        (&["key", "set", "codex"], "takes no typed secret"),
        (&["route", "--role", "review"], "names no role review"),
        (&["--set", "theme=plaid", "usage"], "theme"),
    ] {
        let (code, out, err) = home.run(args);
        assert_eq!((code, out.as_str()), (4, ""), "{args:?}: {err}");
        assert!(err.contains(near), "{args:?}: {err}");
        let (code, out, err) = home.run(&[&["--json"], args].concat());
        assert_eq!((code, err.as_str()), (4, ""), "{args:?}");
        let error = &document(&out)["error"];
        assert_eq!(error["exitCode"], 4, "{args:?}");
        assert!(error["message"].as_str().unwrap().contains(near), "{args:?}: {error}");
    }
}

#[test]
fn a_setting_is_changed_found_and_put_back_and_what_nobody_knows_stays_in_the_file() {
    let home = Home::new();
    home.write(".config/claudometer/settings.json", r#"{"mine": 1}"#);
    let (code, path, _) = home.run(&["config", "path"]);
    assert_eq!(
        (code, PathBuf::from(path.trim())),
        (0, home.path(".config/claudometer/settings.json"))
    );
    assert_eq!(home.run(&["config", "set", "alerts.thresholds", "[50, 90]"]).0, 0);
    assert_eq!(home.run(&["config", "get", "alerts.thresholds"]).1, "[50,90]\n");
    let file = std::fs::read_to_string(home.path(".config/claudometer/settings.json")).unwrap();
    assert_eq!(document(&file)["mine"], 1);
    assert_eq!(home.run(&["config", "reset", "alerts.thresholds"]).0, 0);
    assert_eq!(home.run(&["config", "get", "alerts.thresholds"]).1, "[80,95]\n");
    let other = home.path("other.json");
    home.write("other.json", r#"{"theme": "dark"}"#);
    let other = other.to_str().unwrap();
    assert_eq!(home.run(&["config", "get", "theme", "--config", other]).1, "dark\n");
    assert_eq!(home.run(&["config", "get", "theme"]).1, "system\n");
}

#[test]
fn what_an_editor_leaves_behind_is_checked() {
    let home = Home::new();
    home.write("editor", "#!/bin/sh\nprintf '{\"theme\": \"plaid\"}' > \"$1\"\n");
    std::fs::set_permissions(
        home.path("editor"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let output = home.command(&["config", "edit"]).env("EDITOR", home.path("editor")).output();
    let (code, _, err) = ended(output.unwrap());
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("theme in the settings file"), "{err}");
}

#[tokio::test]
async fn each_kind_of_failure_has_its_exit_code_and_the_same_envelope() {
    let codex = r#"{"tokens": {"access_token": "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln", "account_id": "acc-1"}}"#;
    let good = json!({"five_hour": {"utilization": 37.0}, "seven_day": {"utilization": 12.5}});
    for (status, also_codex, expected) in [
        (200, false, 0),
        (401, false, 2),
        (429, false, 3),
        (503, false, 3),
        (404, false, 1),
        (200, true, 5),
    ] {
        let vendors = MockServer::start().await;
        let reply = ResponseTemplate::new(status).set_body_json(&good);
        Mock::given(matchers::path(USAGE)).respond_with(reply).mount(&vendors).await;
        let home = Home { origin: vendors.uri(), ..Home::new() };
        home.sign_in("sk-ant-oat01-EXIT");
        if also_codex {
            home.write(".codex/auth.json", codex);
        }
        let run = tokio::task::spawn_blocking(move || (home.run(&["usage", "--json"]), home));
        let ((code, out, err), home) = run.await.unwrap();
        assert_eq!(code, expected, "HTTP {status}: {out} {err}");
        let report = document(&out);
        assert_eq!(report["schemaVersion"], 1);
        assert_eq!(report["accounts"][0]["trouble"].is_null(), status == 200, "HTTP {status}");
        assert!(!format!("{out}{err}").contains("sk-ant-"), "HTTP {status}");
        let again = tokio::task::spawn_blocking(move || home.run(&["claude", "--json"]));
        let before = vendors.received_requests().await.unwrap().len();
        again.await.unwrap();
        let after = vendors.received_requests().await.unwrap();
        let of_claude = after.iter().skip(before).filter(|asked| asked.url.path() == USAGE).count();
        assert_eq!(of_claude, 0, "HTTP {status}: the floor binds a second command");
    }
}

#[tokio::test]
async fn a_slow_vendor_is_not_waited_for_longer_than_asked_and_offline_asks_nobody() {
    let vendors = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(std::time::Duration::from_secs(20));
    Mock::given(matchers::path(USAGE)).respond_with(slow).mount(&vendors).await;
    let home = Home { origin: vendors.uri(), ..Home::new() };
    home.sign_in("sk-ant-oat01-SLOW");
    let work = tokio::task::spawn_blocking(move || {
        let offline = home.run(&["--offline", "usage"]);
        let begin = std::time::Instant::now();
        (offline, home.run(&["--timeout", "1", "usage"]), begin.elapsed())
    });
    let ((_, out, _), timely, took) = work.await.unwrap();
    assert!(out.contains("this run is offline"), "{out}");
    assert!(took < std::time::Duration::from_secs(10), "{took:?} {timely:?}");
    assert_eq!(vendors.received_requests().await.unwrap().len(), 1, "only the run with a network");
}

#[tokio::test]
async fn what_was_shown_is_kept_for_good_and_told_as_history() {
    let vendors = MockServer::start().await;
    let good = json!({"seven_day": {"utilization": 12.5, "resets_at": "2099-01-01T00:00:00Z"}});
    let reply = ResponseTemplate::new(200).set_body_json(&good);
    Mock::given(matchers::path(USAGE)).respond_with(reply).mount(&vendors).await;
    let home = Home { origin: vendors.uri(), ..Home::new() };
    home.sign_in("sk-ant-oat01-HISTORY");
    let work = tokio::task::spawn_blocking(move || {
        let nothing = home.run(&["history"]);
        home.run(&["usage"]);
        home.run(&["usage"]);
        let kept = std::fs::read_dir(home.path(".local/share/claudometer/limits")).unwrap();
        let text: Vec<String> =
            kept.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        let points = home.run(&["history", "--points", "--json"]);
        assert_eq!(home.run(&["history", "--points"]).0, 2, "they are for scripts");
        (nothing, home.run(&["history", "claude", "--json"]), points, home.run(&["history"]), text)
    });
    let (nothing, (code, out, _), points, page, text) = work.await.unwrap();
    assert!(nothing.1.contains("No limits were kept yet"), "{nothing:?}");
    assert_eq!(code, 0);
    let window = &document(&out)["windows"][0];
    assert_eq!((&window["window"], &window["usedPercent"]), (&json!("weekly"), &json!(12.5)));
    assert!(window["samePointPercent"].is_null(), "{out}");
    assert!(window.get("points").is_none(), "{out}");
    let point = &document(&points.1)["windows"][0]["points"][0];
    assert_eq!(point["used"], 12.5, "{points:?}");
    assert!(page.1.contains("Claude · Weekly"), "{page:?}");
    assert_eq!(text.concat().lines().count(), 1, "the same number is kept once: {text:?}");
    assert!(!text.concat().contains("sk-ant"));
}

#[test]
fn a_secret_comes_in_by_standard_input_and_is_refused_where_it_could_not_be_kept() {
    let home = Home::new();
    let mut child = home
        .command(&["auth", "claude", "--token", "-"])
        .env_remove("CLAUDOMETER_SECRETS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"sk-ant-sid01-SECRET\n").unwrap();
    let (code, out, err) = ended(child.wait_with_output().unwrap());
    assert_eq!(code, 4, "{out} {err}");
    assert!(err.contains("Start `claudometer` first"), "{err}");
    assert!(!format!("{out}{err}").contains("SECRET"));
    let (code, out, _) = home.run(&["auth", "claude", "--status"]);
    assert_eq!((code, out.as_str()), (2, ""));
}

#[test]
fn completions_load_in_their_shells_and_the_manual_is_roff() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, script, _) = home.run(&["completion", shell]);
        assert_eq!(code, 0, "{shell}");
        assert!(script.contains("statusline"), "{shell}");
    }
    let (_, script, _) = home.run(&["completion", "bash"]);
    home.write("completion.bash", &script);
    let loaded = Command::new("bash")
        .args(["--norc", "-c", ". ./completion.bash && complete -p claudometer"])
        .current_dir(home.folder.path())
        .output()
        .unwrap();
    let (code, out, err) = ended(loaded);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("_claudometer"), "{out}");
    let (code, page, _) = home.run(&["man"]);
    assert_eq!(code, 0);
    assert!(page.contains(".TH claudometer 1") && page.contains(".SH ENVIRONMENT"));
}

#[test]
fn quiet_says_nothing_on_standard_error_and_a_closed_pipe_is_no_error() {
    let home = Home::new();
    let (code, out, err) = home.run(&["--quiet", "usge"]);
    assert_eq!((code, out.as_str(), err.as_str()), (4, "", ""));
    let mut child = home.command(&["--demo", "usage"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().code().is_some_and(|code| code != 101));
}

#[test]
#[cfg(target_os = "linux")]
fn what_cannot_be_written_to_standard_output_is_a_failure_of_every_command() {
    let home = Home::new();
    let all: &[&[&str]] = &[
        &["--help"],
        &["--version"],
        &["--demo", "usage"],
        &["--demo", "usage", "--json"],
        &["--demo", "statusline"],
        &["--demo", "statusline", "--format", "waybar"],
        &["cost", "--all"],
        &["cost", "--json"],
        &["cost", "session", "--json"],
        &["cost", "--csv"],
        &["heatmap"],
        &["history"],
        &["history", "verify"],
        &["doctor", "--offline"],
        &["config", "show"],
        &["prices"],
        &["auth"],
        &["key", "list", "--json"],
        &["man"],
    ];
    for words in all {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = home.command(words).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {said}");
        assert!(said.contains("Standard output could not be written"), "{words:?}: {said}");
        let mut child =
            home.command(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let said = String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned();
        assert!(!said.contains("could not be written"), "{words:?}: {said}");
    }
}

#[tokio::test]
async fn the_status_pages_are_read_once_and_one_that_fails_is_unknown() {
    let vendors = MockServer::start().await;
    let page = json!({
        "status": {"indicator": "none"},
        "components": [{"name": "Claude Code", "status": "partial_outage"}],
        "incidents": [{"name": "Elevated errors", "status": "investigating"}],
    });
    Mock::given(matchers::path("/status.claude.com/api/v2/summary.json"))
        .respond_with(ResponseTemplate::new(200).set_body_json(&page))
        .mount(&vendors)
        .await;
    let home = Home { origin: vendors.uri(), ..Home::new() };
    let work = tokio::task::spawn_blocking(move || {
        (
            home.run(&["status", "claude"]),
            home.run(&["status", "claude", "codex", "--json"]),
            home.run(&["status", "codex", "--json"]),
        )
    });
    let (claude, too_many, codex) = work.await.unwrap();
    assert_eq!(claude.0, 0, "{claude:?}");
    assert!(claude.1.contains("partly down: Elevated errors"), "{claude:?}");
    assert_eq!(too_many.0, 2, "clap's own refusal: {too_many:?}");
    assert_eq!(codex.0, 3, "{codex:?}");
    assert_eq!(document(&codex.1)["services"][0]["level"], "unknown");
}

#[test]
fn requests_leave_through_the_proxy_and_trust_only_certificates_that_are_some() {
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = proxy.accept().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(&stream), &mut line).unwrap();
        stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").unwrap();
        line
    });
    let home = Home::new();
    home.sign_in("sk-ant-oat01-PROXY");
    let mut command = home.command(&["claude"]);
    command.env_remove("CLAUDOMETER_TEST_ORIGIN").env("HTTPS_PROXY", address);
    let (code, out, _) = ended(command.output().unwrap());
    assert_eq!(code, 3, "{out}");
    assert_eq!(heard.join().unwrap(), "CONNECT api.anthropic.com:443 HTTP/1.1\r\n");
    home.write("ca.pem", "no certificate");
    for (file, why) in [("ca.pem", "no certificate"), ("missing.pem", "no such file")] {
        let command = home.command(&["usage"]).env("CLAUDOMETER_CA_FILE", home.path(file)).output();
        let (code, _, err) = ended(command.unwrap());
        assert_eq!(code, 4, "{err}");
        assert!(err.contains(why), "{err}");
    }
}
