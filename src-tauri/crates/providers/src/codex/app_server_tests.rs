//! Real children: a script that plays Codex.

use super::*;
use crate::codex::testing;
use chrono::TimeDelta;
use claudometer_core::Percent;
use claudometer_host::{Environment, Files, Http, Processes, files::set_mode, http::Response};
use claudometer_provider::{
    GateBook,
    pipeline::{self, Errand},
};
use std::{
    os::unix::fs::PermissionsExt as _,
    sync::{Mutex as StdMutex, Weak},
};
use tempfile::TempDir;

/// Plays Codex as `$CODEX_HOME/scenario` says; notes each start with its process and arguments.
const SCRIPT: &str = r#"#!/bin/sh
echo "$$ $*" >> "$CODEX_HOME/starts"
case "$*" in *--version*) echo "codex-cli 0.20.0"; exit 0;; esac
say() { printf '%s\n' "$1"; }
hello() { say "{\"id\":$1,\"result\":{\"userAgent\":\"codex_cli_rs/0.60.0 (Linux)\"}}"; }
account() { say "{\"id\":$1,\"result\":{\"account\":{\"type\":\"chatgpt\",\"email\":\"sam@example.com\",\"planType\":\"plus\"}}}"; }
limits() { say "{\"id\":$1,\"result\":{\"rateLimits\":{\"primary\":{\"usedPercent\":31,\"windowDurationMins\":300}}}}"; }
serve() {
  while read -r line; do
    id=${line#*\"id\":}; id=${id%%,*}
    case "$line" in
      *'"initialize"'*) hello "$id";;
      *account/read*) account "$id";;
      *account/rateLimits/read*) limits "$id";;
    esac
  done
}
. "$CODEX_HOME/scenario"
"#;

/// The folder of the script, written before any child starts: a file that is being written cannot be run.
fn tools() -> Arc<TempDir> {
    static TOOLS: StdMutex<Weak<TempDir>> = StdMutex::new(Weak::new());
    let mut tools = TOOLS.lock().unwrap();
    if let Some(there) = tools.upgrade() {
        return there;
    }
    let made = Arc::new(tempfile::tempdir().unwrap());
    let path = made.path().join(PROGRAM);
    Files::disk().write_private(&path, SCRIPT.as_bytes()).unwrap();
    set_mode(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    *tools = Arc::downgrade(&made);
    made
}

/// A machine with that Codex and a login.
struct Machine {
    host: Host,
    folder: TempDir,
    _tools: Arc<TempDir>,
}

impl Machine {
    fn playing(scenario: &str) -> Self {
        let (tools, folder) = (tools(), tempfile::tempdir().unwrap());
        let variables = [
            ("PATH".to_owned(), format!("{}:/usr/bin:/bin", tools.path().display())),
            ("CODEX_HOME".to_owned(), folder.path().display().to_string()),
        ];
        let env = Environment::of(folder.path(), variables);
        let processes = Processes::real(env.clone(), None);
        let machine = Self {
            host: Host { env, processes, files: Files::disk(), ..testing::host() },
            folder,
            _tools: tools,
        };
        machine.write("scenario", scenario);
        machine.sign_in("");
        machine
    }

    fn write(&self, name: &str, text: &str) {
        self.host.files.write_private(&self.folder.path().join(name), text.as_bytes()).unwrap();
    }

    fn sign_in(&self, mark: &str) {
        self.write("auth.json", &testing::login(1, mark));
    }

    fn lines(&self, name: &str) -> Vec<String> {
        let text =
            self.host.files.read_text(&self.folder.path().join(name)).unwrap().unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Processes in the order in which they were started.
    fn started(&self) -> Vec<String> {
        self.lines("starts")
            .iter()
            .filter_map(|line| Some(line.split_once(' ')?.0.to_owned()))
            .collect()
    }

    async fn wait_for_end(&self, pid: &str) {
        for _ in 0..300 {
            let stat =
                self.host.files.read_text(Path::new(&format!("/proc/{pid}/stat"))).ok().flatten();
            // What is dead and not yet buried counts as ended.
            if stat.is_none_or(|stat| stat.contains(") Z")) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the process {pid} lives on");
    }
}

fn timing(start_ms: u64, question_ms: u64, idle_ms: u64) -> Timing {
    let ms = Duration::from_millis;
    let patience =
        Patience { start: ms(start_ms), question: ms(question_ms), rest: ms(question_ms) };
    Timing { patience, idle: ms(idle_ms) }
}

/// Long enough for a busy machine.
const CALM: (u64, u64, u64) = (20_000, 20_000, 60_000);

fn calm() -> AppServer {
    AppServer::new(timing(CALM.0, CALM.1, CALM.2))
}

fn used(report: &Report) -> Option<f64> {
    report.reading.windows.first()?.used.map(Percent::get)
}

#[tokio::test]
async fn one_child_answers_several_polls_and_another_login_gets_another_child() {
    let machine = Machine::playing("serve");
    let server = calm();
    for _ in 0..3 {
        let report = server.ask(&machine.host).await.unwrap();
        assert_eq!(used(&report), Some(31.0));
        assert_eq!(report.reading.plan.as_deref(), Some("Plus"));
    }
    assert_eq!(machine.started().len(), 1);
    assert!(machine.lines("starts")[0].ends_with("-s read-only -a never app-server"));
    machine.sign_in("x");
    server.ask(&machine.host).await.unwrap();
    let started = machine.started();
    assert_eq!(started.len(), 2);
    machine.wait_for_end(&started[0]).await;
    drop(server.kept().lock().await.take());
    machine.wait_for_end(&started[1]).await;
}

#[tokio::test]
async fn an_idle_child_is_ended_with_what_it_started() {
    let machine = Machine::playing("sleep 600 & echo $! > \"$CODEX_HOME/grandchild\"; serve");
    let server = AppServer::new(timing(CALM.0, CALM.1, 50));
    server.ask(&machine.host).await.unwrap();
    machine.wait_for_end(&machine.started()[0]).await;
    machine.wait_for_end(&machine.lines("grandchild")[0]).await;
    assert!(server.kept().lock().await.is_none());
}

#[tokio::test]
async fn a_child_that_hangs_is_ended_with_what_it_started() {
    for scenario in [
        "sleep 600 & echo $! > \"$CODEX_HOME/grandchild\"; wait",
        "limits() { :; }; sleep 600 & echo $! > \"$CODEX_HOME/grandchild\"; serve",
    ] {
        let machine = Machine::playing(scenario);
        let error =
            AppServer::new(timing(1_000, 300, 60_000)).ask(&machine.host).await.unwrap_err();
        assert_eq!(
            (error.trouble, error.local),
            (Trouble::UpstreamDown, false),
            "{scenario}: {error}"
        );
        assert!(error.detail.contains("in time"), "{error}");
        let started = machine.started();
        assert_eq!(started.len(), 1, "a child that hangs is not tried with other arguments");
        machine.wait_for_end(&started[0]).await;
        machine.wait_for_end(&machine.lines("grandchild")[0]).await;
    }
}

#[tokio::test]
async fn a_poll_that_is_given_up_ends_its_child() {
    let machine = Machine::playing("serve");
    let server = calm();
    server.ask(&machine.host).await.unwrap();
    machine.write("scenario", "limits() { echo asked >> \"$CODEX_HOME/asked\"; }; serve");
    machine.sign_in("x");
    {
        let mut asking = Box::pin(server.ask(&machine.host));
        while machine.lines("asked").is_empty() {
            let step = tokio::time::timeout(Duration::from_millis(20), &mut asking).await;
            assert!(step.is_err(), "it must not end");
        }
    }
    machine.wait_for_end(&machine.started()[1]).await;
    assert!(server.kept().lock().await.is_none());
}

#[tokio::test]
async fn a_codex_that_does_not_know_the_arguments_is_started_without_them() {
    let machine = Machine::playing(
        "case \"$*\" in *never*) echo 'error: unexpected argument' >&2; exit 2;; esac; serve",
    );
    let report = calm().ask(&machine.host).await.unwrap();
    assert_eq!(used(&report), Some(31.0));
    let starts = machine.lines("starts");
    assert_eq!(starts.len(), 2);
    assert!(starts[1].ends_with(" app-server") && !starts[1].contains("-s "), "{starts:?}");
}

#[tokio::test]
async fn a_codex_that_never_starts_is_named_with_its_version() {
    let machine = Machine::playing("exit 1");
    let error = calm().ask(&machine.host).await.unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::UpstreamDown, false));
    assert!(error.detail.contains("Codex 0.20.0"), "{error}");
    assert_eq!(machine.started().len(), 3);
}

#[tokio::test]
async fn a_crash_in_the_middle_is_told_and_the_next_poll_starts_anew() {
    let machine = Machine::playing("limits() { exit 1; }; serve");
    let server = calm();
    let error = server.ask(&machine.host).await.unwrap_err();
    assert_eq!(
        (error.trouble, error.detail.as_str()),
        (Trouble::UpstreamDown, "Codex ended before it had answered.")
    );
    machine.write("scenario", "serve");
    assert_eq!(used(&server.ask(&machine.host).await.unwrap()), Some(31.0));
    assert_eq!(machine.started().len(), 2);
}

#[tokio::test]
async fn a_child_that_ended_between_two_polls_is_no_failure() {
    let machine = Machine::playing(
        "limits() { say '{\"id\":3,\"result\":{\"rateLimits\":{\"primary\":{\"usedPercent\":31}}}}'; exit 0; }; serve",
    );
    let server = calm();
    server.ask(&machine.host).await.unwrap();
    machine.wait_for_end(&machine.started()[0]).await;
    server.ask(&machine.host).await.unwrap();
    assert_eq!(machine.started().len(), 2);
}

#[tokio::test]
async fn after_a_refusal_the_child_is_not_kept() {
    let machine = Machine::playing(
        "limits() { say \"{\\\"id\\\":$1,\\\"error\\\":{\\\"code\\\":-32603,\\\"message\\\":\\\"GET failed: 401 Unauthorized\\\"}}\"; }; serve",
    );
    let server = calm();
    let error = server.ask(&machine.host).await.unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::AuthExpired, false));
    machine.wait_for_end(&machine.started()[0]).await;
}

#[tokio::test]
async fn keys_in_the_environment_do_not_reach_codex_and_its_folder_does() {
    let machine = Machine::playing("env > \"$CODEX_HOME/env\"; pwd > \"$CODEX_HOME/pwd\"; serve");
    let command = command(&machine.host, &key(&machine.host).await.unwrap(), &["app-server"]);
    for name in KEYS {
        assert!(command.env.contains(&(name.to_owned(), None)));
    }
    calm().ask(&machine.host).await.unwrap();
    let env = machine.lines("env");
    assert!(
        env.iter().any(|line| line.starts_with("PATH=") && line.contains(":/usr/bin")),
        "{env:?}"
    );
    assert_eq!(
        Path::new(&machine.lines("pwd")[0]),
        machine.host.files.canonical(machine.folder.path())
    );
}

#[tokio::test]
async fn without_a_login_that_has_limits_nothing_is_started() {
    for (login, want) in [
        (Some("{\"OPENAI_API_KEY\":\"sk-proj-x\"}"), Err(Trouble::ForbiddenScope)),
        (Some("{}"), Err(Trouble::AuthMissing)),
        (Some("{\"cut\":"), Err(Trouble::BadPayload)),
        (None, Err(Trouble::AuthMissing)),
        (Some("{\"personal_access_token\":\"pat\"}"), Ok(())),
    ] {
        let machine = Machine::playing("serve");
        let path = machine.folder.path().join("auth.json");
        machine.host.files.remove(&path).unwrap();
        if let Some(text) = login {
            machine.write("auth.json", text);
        }
        let got = key(&machine.host).await.map(drop).map_err(|error| {
            assert!(error.local);
            error.trouble
        });
        assert_eq!(got, want, "{login:?}");
        machine.host.files.remove(&path).unwrap();
        machine.write("config.toml", "cli_auth_credentials_store = \"keyring\"");
        assert!(key(&machine.host).await.is_ok(), "a keyring may open itself to Codex");
        assert!(machine.started().is_empty());
    }
}

#[tokio::test]
async fn without_codex_there_is_no_seat_and_nothing_to_ask() {
    let host = testing::host();
    assert!(calm().discover(&ProviderSettings::default(), &host).await.is_empty());
    let error = key(&host).await.unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::AuthMissing, true));
    let machine = Machine::playing("serve");
    let found = calm().discover(&ProviderSettings::default(), &machine.host).await;
    assert_eq!(found[0].account.as_ref().and_then(|account| account.id.as_deref()), Some("acc-1"));
}

#[tokio::test]
async fn right_after_an_answer_over_the_login_codex_is_not_asked_as_well() {
    use claudometer_host::{Http, http::Response};
    use claudometer_provider::{GateBook, pipeline};
    let machine = Machine::playing("serve");
    machine.write("auth.json", &testing::login(1_900_000_000, ""));
    let body =
        br#"{"rate_limit":{"primary_window":{"used_percent":7,"limit_window_seconds":18000}}}"#;
    let answer = Response { status: 200, headers: Vec::new(), body: body.to_vec() };
    let host = Host { http: Http::recorded(move |_| Ok(answer.clone())), ..machine.host.clone() };
    let (provider, settings, book) =
        (&crate::codex::PROVIDER, ProviderSettings::default(), GateBook::in_memory());
    let found = pipeline::discover(provider, &settings, &host).await.remove(0);
    let fresh_for = chrono::TimeDelta::minutes(5);
    for second in [0, 10, 59] {
        host.clock.set(testing::now() + chrono::TimeDelta::seconds(second));
        let errand = pipeline::Errand {
            provider,
            found: &found,
            settings: &settings,
            host: &host,
            book: &book,
            fresh_for,
        };
        let pass = pipeline::poll(errand).await;
        assert_eq!(pass.poll.readings.len(), usize::from(second == 0));
        assert!(pass.poll.failure.is_none());
    }
    assert!(machine.started().is_empty());
}

#[tokio::test]
async fn it_does_not_ask_while_the_vendor_makes_the_same_login_wait() {
    for (status, waits, asks) in [(429, true, false), (503, true, false), (503, false, true)] {
        let machine = Machine::playing("serve");
        machine.write("auth.json", &testing::login(1_900_000_000, ""));
        let http = Http::recorded(move |_| {
            let wait = waits.then(|| ("retry-after".to_owned(), "900".to_owned()));
            let headers = wait.into_iter().collect();
            Ok(Response { status, headers, body: b"{}".to_vec() })
        });
        let host = Host { http, ..machine.host.clone() };
        let settings = ProviderSettings::default();
        let provider = &crate::codex::PROVIDER;
        let found = pipeline::discover(provider, &settings, &host).await.remove(0);
        let book = GateBook::in_memory();
        for minutes in [0, 10] {
            host.clock.set(testing::now() + TimeDelta::minutes(minutes));
            let fresh_for = TimeDelta::minutes(5);
            let (found, settings, host, book) = (&found, &settings, &host, &book);
            pipeline::poll(Errand { provider, found, settings, host, book, fresh_for }).await;
            assert_eq!(!machine.started().is_empty(), asks, "HTTP {status}, minute {minutes}");
        }
    }
}
