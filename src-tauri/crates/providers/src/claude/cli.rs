//! Usage as Claude Code itself shows it: its usage page, opened in a terminal that nobody sees.
//!
//! Only for those who switch it on, and only where nothing else answered. Claude Code is started in an empty folder of ours;
//! it is asked for a page that it has, never for an answer of a model; and what it wrote about that run is removed.

use super::{identity, usage_screen};
use claudometer_core::{Trouble, gate::Cadence, settings::ProviderSettings};
use claudometer_host::{
    Host,
    paths::Paths,
    process::{Command, ProcessError, Screen},
};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, source::hex16,
};
use futures::{FutureExt as _, future::BoxFuture};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// From the start to the usage page.
const WITHIN: Duration = Duration::from_secs(20);
/// How long it may take to leave by itself.
const GRACE: Duration = Duration::from_secs(2);
/// Dialogs that a new folder brings. They are answered only while they speak of our own folder.
const TRUST: &[&str] =
    &["doyoutrustthefiles", "quicksafetycheck", "yes,itrustthisfolder", "readytocodehere"];
/// Variables that would have it use another account, or a vendor's API, than the person does.
const REMOVED: &[&str] = &[
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_CUSTOM_HEADERS",
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
];

/// The source that opens Claude Code's own usage page.
#[derive(Debug)]
pub struct Cli;

static SPEC: SourceSpec = SourceSpec {
    id: "cli",
    label: "Claude Code's usage page",
    reads: "Starts the installed claude in an empty folder of Claudometer's, opens /usage, reads the screen, and removes the session file of that run. It takes some seconds.",
    sends: "Asks nobody itself; Claude Code asks its vendor, as when you open that page.",
    cadence: Cadence { normal_s: 900, floor_s: 300 },
    passive: false,
    opt_in: true,
};

impl Source for Cli {
    fn spec(&self) -> &'static SourceSpec {
        &SPEC
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            // A program without an account in its settings was never signed in to.
            let found = identity::account(host).zip(host.processes.find_program("claude"));
            let found = found.map(|(account, program)| Found {
                seat: identity::seat(Some(&account)),
                account: Some(account),
                place: host.tilde(&program),
                home: None,
            });
            found.into_iter().collect()
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        identity::files(host).into()
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move {
            let none = || FetchError::local(Trouble::AuthMissing, "Claude Code is not installed.");
            ask.host.processes.find_program("claude").ok_or_else(none)?;
            let folder = identity::config_folder(ask.host);
            Ok(Fingerprint::of_name(&format!("page of {}", folder.display())))
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        fetch(ask.host).boxed()
    }

    fn shares_pause_with(&self) -> Option<&'static str> {
        Some("oauth")
    }
}

async fn fetch(host: &Host) -> Result<Report, FetchError> {
    let none = || FetchError::local(Trouble::AuthMissing, "Claude Code is not installed.");
    let program = host.processes.find_program("claude").ok_or_else(none)?;
    let folder = Paths::of(&host.env).state.join("probe");
    let unusable = |error: std::io::Error| {
        FetchError::local(Trouble::NoData, format!("The empty folder cannot be made: {error}."))
    };
    host.files.make_folder(&folder).map_err(unusable)?;
    let session = session_id(host);
    let mut screen =
        host.processes.start_screen(&command(program, &folder, &session, host)).map_err(failed)?;
    let shown = page(&mut screen, &folder).await;
    screen.type_keys("\x1b/exit\r").await.ok(); // it may have ended already
    screen.end(GRACE).await;
    forget(host, &folder, &session);
    let mut draft = usage_screen::read(&shown?, host.now())?;
    draft.account = identity::account(host);
    draft.finish(&serde_json::Value::Null)
}

fn command(program: PathBuf, folder: &Path, session: &str, host: &Host) -> Command {
    let args = ["--allowed-tools", "", "--strict-mcp-config", "--session-id", session];
    let mut command = Command::new(program)
        .args(args)
        .env("TERM", "xterm-256color")
        .env("DISABLE_AUTOUPDATER", "1");
    if let Some(home) = host.env.get("CLAUDE_CONFIG_DIR") {
        command = command.env("CLAUDE_CONFIG_DIR", home);
    }
    command.env.extend(REMOVED.iter().map(|name| ((*name).to_owned(), None)));
    command.folder = Some(folder.to_owned());
    command
}

fn failed(error: ProcessError) -> FetchError {
    match error {
        ProcessError::NotFound => {
            FetchError::local(Trouble::AuthMissing, "Claude Code is not installed.")
        }
        error => {
            FetchError::new(Trouble::UpstreamDown, format!("Claude Code did not start: {error}."))
        }
    }
}

/// What is to be done about what the screen shows.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// The page, or what stands in its place.
    Shown(String),
    /// A dialog, or a prompt, that waits for these keys.
    Type(&'static str),
    /// A dialog about a folder that is not ours.
    Leave,
}

/// Opens the usage page, and returns what it shows once it is filled.
async fn page(screen: &mut Screen, folder: &Path) -> Result<String, FetchError> {
    let end = tokio::time::Instant::now() + WITHIN;
    let mut dealt_with = String::new();
    let mut asked = false;
    loop {
        let left = end.saturating_duration_since(tokio::time::Instant::now());
        let step = screen.until(left, |text| {
            // A screen that was answered is left alone until it changes.
            if text == dealt_with { None } else { step(text, folder, asked) }
        });
        match step.await {
            Ok(Step::Shown(text)) => return Ok(text),
            Ok(Step::Leave) => {
                let detail =
                    "Claude Code asks whether to trust a folder that is not Claudometer's.";
                return Err(FetchError::new(Trouble::NoData, detail));
            }
            Ok(Step::Type(keys)) => {
                dealt_with = screen.text();
                asked = asked || keys.starts_with("/usage");
                screen.type_keys(keys).await.map_err(failed)?;
            }
            Err(ProcessError::Timeout) if asked => return Ok(screen.text()),
            Err(ProcessError::Timeout) => {
                let detail = "Claude Code did not come to its prompt; start it once by hand.";
                return Err(FetchError::new(Trouble::NoData, detail));
            }
            Err(error) => return Err(failed(error)),
        }
    }
}

fn step(text: &str, folder: &Path, asked: bool) -> Option<Step> {
    let squeeze = |text: &str| -> String {
        text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>().to_lowercase()
    };
    let squeezed = squeeze(text);
    let has = |what: &str| squeezed.contains(what);
    if TRUST.iter().any(|dialog| has(dialog)) {
        let ours = has(&squeeze(&folder.display().to_string()));
        return Some(if ours { Step::Type("\r") } else { Step::Leave });
    }
    if has("pressentertocontinue") || (asked && has("showplanusagelimits")) {
        return Some(Step::Type("\r"));
    }
    let login = has("selectloginmethod") || has("run/login");
    if login || (asked && usage_screen::is_filled(text)) {
        return Some(Step::Shown(text.to_owned()));
    }
    (!asked && waits_for_a_word(text)).then_some(Step::Type("/usage\r"))
}

/// Whether the prompt is there. A menu has the same mark before one of its numbered lines, and is not ours to answer.
fn waits_for_a_word(text: &str) -> bool {
    let mut prompts = text.lines().filter_map(|line| {
        line.trim_matches(|letter: char| letter.is_whitespace() || letter == '│')
            .strip_prefix(['>', '❯'])
            .map(str::trim_start)
    });
    let mut seen = false;
    prompts.all(|rest| {
        seen = true;
        !rest.starts_with(|letter: char| letter.is_ascii_digit())
    }) && seen
}

/// A session id of the form that Claude Code takes, new for every run.
fn session_id(host: &Host) -> String {
    let seed =
        format!("{} {}", host.now().timestamp_nanos_opt().unwrap_or_default(), std::process::id());
    let (one, two) = (hex16(&seed), hex16(&format!("{seed}.")));
    format!("{}-{}-4{}-8{}-{}", &one[..8], &one[8..12], &one[13..16], &two[1..4], &two[4..16])
}

/// Removes what Claude Code wrote about the run: a session of this id, of our folder only.
fn forget(host: &Host, folder: &Path, session: &str) {
    let encoded: String = folder
        .to_string_lossy()
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' })
        .collect();
    let file = identity::config_folder(host)
        .join("projects")
        .join(encoded)
        .join(format!("{session}.jsonl"));
    if let Err(error) = host.files.remove(&file) {
        tracing::debug!(%error, "the session of the probe could not be removed");
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a program that is played lies in a real folder")]
mod tests {
    use super::*;
    use crate::claude::testing;
    use claudometer_host::{Environment, Files, Processes};
    use std::os::unix::fs::PermissionsExt as _;

    /// A machine whose `claude` is a script of ours, in a home folder of its own.
    fn host(home: &Path, script: &str) -> Host {
        let program = home.join(".local/bin/claude");
        std::fs::create_dir_all(program.parent().unwrap()).unwrap();
        std::fs::write(&program, format!("#!/bin/sh\nHOME={}\n{script}", home.display())).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let account =
            r#"{"oauthAccount": {"accountUuid": "acc-1", "emailAddress": "dana@example.com"}}"#;
        std::fs::write(home.join(".claude.json"), account).unwrap();
        let path = format!("{}:/usr/bin:/bin", home.join(".local/bin").display());
        let env = Environment::of(home, [("PATH".to_owned(), path)]);
        let processes = Processes::real(env.clone(), None);
        Host { env, files: Files::default(), processes, ..testing::host() }
    }

    /// Draws as the real one does: a dialog about the folder, a prompt, a page that fills, and an end when it is asked to.
    const CLAUDE: &str = r#"
id=$5; folder=$(pwd)
mkdir -p "$HOME/.claude/projects/$(echo "$folder" | tr -c 'a-zA-Z0-9\n' -)"
file="$HOME/.claude/projects/$(echo "$folder" | tr -c 'a-zA-Z0-9\n' -)/$id.jsonl"
echo '{}' > "$file"; echo "$file" > "$HOME/session"
printf 'Quick safety check\n%s\n❯ 1. Yes, I trust this folder\n' "${FOLDER:-$folder}"
read -r answer
printf '\033[2J\033[H\033[6nWelcome\n> '
read -r word; echo "$word" > "$HOME/typed"
printf '\033[2J\033[HSettings: Usage\nLoading usage data…\n'; sleep 0.3
printf '\033[2J\033[HCurrent session\n  \033[31m42%% used\033[0m\n  Resets 5pm (UTC)\nCurrent week (all models)\n  11%% used\n'
read -r word
"#;

    async fn ask(host: &Host) -> Result<Report, FetchError> {
        let settings = ProviderSettings::default();
        let found = Cli.discover(&settings, host).await;
        Cli.fetch(Ask { seat: &found[0].seat, settings: &settings, host }).await
    }

    #[tokio::test]
    async fn the_page_is_read_from_a_real_terminal_and_the_run_leaves_nothing_behind() {
        let home = tempfile::tempdir().unwrap();
        let report = ask(&host(home.path(), CLAUDE)).await.unwrap();
        let told: Vec<_> =
            report.reading.windows.iter().map(|window| window.used.unwrap().get()).collect();
        assert_eq!(told, [42.0, 11.0]);
        assert_eq!(report.reading.account.unwrap().email.as_deref(), Some("dana@example.com"));
        let note = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
        assert!(note("typed").contains("/usage"));
        assert!(!Path::new(note("session").trim()).exists(), "the session of the run is gone");
    }

    #[tokio::test]
    async fn a_dialog_about_another_folder_is_never_answered() {
        let home = tempfile::tempdir().unwrap();
        let script = format!("FOLDER=/home/dana/project\n{CLAUDE}");
        let error = ask(&host(home.path(), &script)).await.unwrap_err();
        assert_eq!(error.trouble, Trouble::NoData);
        assert!(!home.path().join("typed").exists());
    }

    #[test]
    fn a_menu_is_no_prompt() {
        for (text, prompt) in [
            ("> ", true),
            ("│ > Try \"fix the tests\" │", true),
            ("❯ ", true),
            ("Choose a theme\n❯ 1. Dark\n  2. Light", false),
            ("❯ 1. Yes\n> ", false),
            ("Welcome", false),
        ] {
            assert_eq!(waits_for_a_word(text), prompt, "{text}");
        }
    }

    #[tokio::test]
    async fn a_program_that_was_never_signed_in_to_is_no_account() {
        let home = tempfile::tempdir().unwrap();
        let host = host(home.path(), "exit 1");
        std::fs::remove_file(home.path().join(".claude.json")).unwrap();
        assert!(Cli.discover(&ProviderSettings::default(), &host).await.is_empty());
    }
}
