//! Usage through Codex itself: a `codex app-server` that is kept for a few minutes and asked again.

use super::{
    auth::{self, Candidate, Stored},
    home, oauth, refusal,
    rpc::{Conversation, Patience},
};
use claudometer_core::{Trouble, gate::Cadence, settings::ProviderSettings};
use claudometer_host::{
    Host,
    process::{Command, ProcessError},
};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, lenient::text,
};
use futures::{FutureExt as _, future::BoxFuture};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::{sync::Mutex, task::JoinHandle};

const PROGRAM: &str = "codex";
/// Arguments of a Codex that may change nothing, then those of one that does not know these.
const ARGUMENTS: [&[&str]; 2] =
    [&["-s", "read-only", "-a", "never", "app-server"], &["app-server"]];
/// Keys in the environment would make Codex use them in place of its login.
const KEYS: [&str; 2] = ["OPENAI_API_KEY", "CODEX_API_KEY"];
const VERSION_TIMEOUT: Duration = Duration::from_secs(3);

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Answers.
    pub patience: Patience,
    /// How long an idle Codex is kept.
    pub idle: Duration,
}

impl Timing {
    /// As in daily use.
    pub const USUAL: Self = Self {
        patience: Patience {
            start: Duration::from_secs(8),
            question: Duration::from_secs(12),
            rest: Duration::from_secs(3),
        },
        idle: Duration::from_mins(5),
    };
}

/// The source over Codex's app server.
#[derive(Debug)]
pub struct AppServer {
    timing: Timing,
    kept: OnceLock<Arc<Mutex<Option<Kept>>>>,
}

/// A conversation between two polls.
#[derive(Debug)]
struct Kept {
    key: Key,
    conversation: Conversation,
    /// Ends it when nobody has asked for a while.
    closing: JoinHandle<()>,
}

/// What a conversation belongs to: Codex keeps its login in memory, so a changed login needs a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    program: PathBuf,
    folder: PathBuf,
    credential: Fingerprint,
}

static SPEC: SourceSpec = SourceSpec {
    id: "app-server",
    label: "Codex itself",
    reads: "Starts the installed codex as `codex app-server`, read-only, and keeps it for five minutes; Codex reads its own login, and renews it where needed.",
    sends: "Codex asks its vendor for your usage in its own name; Claudometer sends nothing.",
    cadence: Cadence { normal_s: 300, floor_s: 60 },
    passive: false,
    opt_in: false,
};

impl Source for AppServer {
    fn spec(&self) -> &'static SourceSpec {
        &SPEC
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            // Installed and never started is not in use.
            let used = host.files.entry(&home::folder(host)).is_some_and(|entry| entry.is_folder);
            let Some(program) = used.then(|| host.processes.find_program(PROGRAM)).flatten() else {
                return Vec::new();
            };
            let candidates = auth::candidates(host).await;
            vec![oauth::seat(host, &candidates, host.tilde(&program))]
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        let mut paths = home::login_files(host);
        paths.push(home::settings_file(host));
        paths
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move { Ok(key(ask.host).await?.credential) }.boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        self.ask(ask.host).boxed()
    }

    fn shares_pause_with(&self) -> Option<&'static str> {
        Some("oauth")
    }
}

impl AppServer {
    /// A source that has not started anything.
    pub const fn new(timing: Timing) -> Self {
        Self { timing, kept: OnceLock::new() }
    }

    fn kept(&self) -> &Arc<Mutex<Option<Kept>>> {
        self.kept.get_or_init(Arc::default)
    }

    async fn ask(&self, host: &Host) -> Result<Report, FetchError> {
        let key = key(host).await?;
        let patience = self.timing.patience;
        let mut kept = self.kept().lock().await;
        // Taken out while it is in use: a poll that is given up ends it.
        let reused = match reusable(kept.take(), &key) {
            Some(mut conversation) => match conversation.limits(patience).await {
                Ok(told) => Some((conversation, told)),
                // One that ended between two polls is no failure.
                Err(ProcessError::Ended) => None,
                Err(error) => return Err(failure(&error)),
            },
            None => None,
        };
        let (conversation, told) = match reused {
            Some(answered) => answered,
            None => {
                let mut conversation = open(host, &key, patience).await?;
                let told = conversation.limits(patience).await.map_err(|error| failure(&error))?;
                (conversation, told)
            }
        };
        let mut report = refusal::report(&told, conversation.version.as_deref(), host.now())?;
        // Since 0.171 Codex says whose figures these are.
        let id = told.limits.as_ref().ok().and_then(|limits| text(&limits["accountId"]));
        if let Some(id) = id {
            report.reading.account.get_or_insert_default().id = Some(id);
        }
        let closing = self.close_later();
        *kept = Some(Kept { key, conversation, closing });
        Ok(report)
    }

    fn close_later(&self) -> JoinHandle<()> {
        let (kept, idle) = (Arc::clone(self.kept()), self.timing.idle);
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            *kept.lock().await = None;
        })
    }
}

/// A kept conversation, if it is about the same login and still goes on. Any other ends here.
fn reusable(kept: Option<Kept>, key: &Key) -> Option<Conversation> {
    let mut kept = kept?;
    kept.closing.abort();
    (kept.key == *key && kept.conversation.is_running()).then_some(kept.conversation)
}

/// What would be asked, or why asking is pointless.
async fn key(host: &Host) -> Result<Key, FetchError> {
    let program = host.processes.find_program(PROGRAM).ok_or_else(|| {
        FetchError::local(Trouble::AuthMissing, "The program codex was not found.")
    })?;
    let folder = home::folder(host);
    let candidates = auth::candidates(host).await;
    let credential = credential(host, &folder, &candidates)?;
    Ok(Key { program, folder, credential })
}

/// Codex can use more logins than we, and renew an expired one; with none or an API key it has no limits to tell.
fn credential(
    host: &Host,
    folder: &Path,
    candidates: &[Candidate],
) -> Result<Fingerprint, FetchError> {
    let token = candidates.iter().find_map(|candidate| match &candidate.stored {
        Stored::Login(login) => Some(login.fingerprint()),
        Stored::AccessToken(_)
        | Stored::Foreign(_)
        | Stored::ApiKey
        | Stored::Nothing
        | Stored::Damaged
        | Stored::Locked => None,
    });
    let usable = |stored: &Stored| {
        matches!(stored, Stored::AccessToken(_) | Stored::Foreign(_) | Stored::Locked)
    };
    let by_codex_alone = candidates.iter().any(|candidate| usable(&candidate.stored));
    // A keyring may open itself to Codex where it does not to us.
    let in_keyring = candidates.is_empty() && home::Settings::of(host).keyring;
    match token {
        Some(token) => Ok(token),
        None if by_codex_alone || in_keyring => Ok(Fingerprint::of_name(&folder.to_string_lossy())),
        None => match auth::choose(candidates, None, host.now()) {
            Err(error) => Err(error),
            Ok(login) => Ok(login.fingerprint()),
        },
    }
}

/// Starts Codex, and again with fewer arguments if it ends at once.
async fn open(host: &Host, key: &Key, patience: Patience) -> Result<Conversation, FetchError> {
    for arguments in ARGUMENTS {
        let session = host
            .processes
            .start_session(&command(host, key, arguments))
            .map_err(|error| failure(&error))?;
        match Conversation::begin(session, patience).await {
            Ok(conversation) => return Ok(conversation),
            Err(ProcessError::Ended) => {}
            Err(error) => return Err(failure(&error)),
        }
    }
    let version = version(host, key)
        .await
        .map_or_else(|| "Codex".to_owned(), |version| format!("Codex {version}"));
    Err(FetchError::new(
        Trouble::UpstreamDown,
        format!("{version} ended as soon as it was started as app-server."),
    ))
}

fn command(host: &Host, key: &Key, arguments: &[&str]) -> Command {
    let mut command = Command::new(&key.program).args(arguments);
    command.folder = Some(key.folder.clone()).filter(|folder| host.files.entry(folder).is_some());
    if host.env.get("CODEX_HOME").is_some() {
        command = command.env("CODEX_HOME", &key.folder.to_string_lossy());
    }
    // Codex from npm is a script, whose interpreter lies beside it.
    if let Some(beside) = key.program.parent().filter(|folder| folder.is_absolute()) {
        let path = host.env.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin");
        command = command.env("PATH", &format!("{}:{path}", beside.display()));
    }
    command.env.extend(KEYS.map(|name| (name.to_owned(), None)));
    command
}

async fn version(host: &Host, key: &Key) -> Option<String> {
    let output = host
        .processes
        .run(command(host, key, &["--version"]).timeout(VERSION_TIMEOUT))
        .await
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let is_version =
        |word: &&str| word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 32;
    said.split_whitespace().find(is_version).map(str::to_owned)
}

fn failure(error: &ProcessError) -> FetchError {
    let detail = match error {
        ProcessError::NotFound | ProcessError::NotStarted(_) => "Codex could not be started.",
        ProcessError::Timeout => "Codex did not answer in time, and was ended.",
        ProcessError::Ended => "Codex ended before it had answered.",
    };
    FetchError::new(Trouble::UpstreamDown, detail)
}

#[cfg(test)]
#[path = "app_server_tests.rs"]
mod tests;
