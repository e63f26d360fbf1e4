//! For one-process mode: the one desk of a session, with everything that makes it the only one.

use crate::{
    Demo, Desk, Options, Role, launch, link, renewal,
    settings_file::{self, Override},
};
use claudometer_engine::Nudge;
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, env, lock::Lock, paths::Paths,
    power, trace,
};
use claudometer_wire::{ErrorCode, IpcError};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::signal::unix::{SignalKind, signal};

/// The right to be the one desk of this session; it ends with the process.
#[derive(Debug)]
pub struct Claim {
    lock: Lock,
    host: Host,
    paths: Paths,
}

/// What the one desk is started with.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Our version.
    pub version: String,
    /// Settings that flags put above the environment and the file.
    pub flags: Vec<Override>,
    /// Shows recorded answers instead of live ones.
    pub demo: Option<Demo>,
    /// Whether nobody is asked: only what lies on this machine is shown.
    pub offline: bool,
    /// Whether to say more, and to people as well.
    pub verbose: bool,
    /// Another settings file than the usual one.
    pub settings: Option<PathBuf>,
    /// The words that start it in the same way again.
    pub words: Vec<String>,
}

/// Claims the session. `None` where a desk runs already.
pub fn claim(host: Host) -> Result<Option<Claim>, IpcError> {
    let paths = Paths::of(&host.env);
    let storage = |error: std::io::Error| IpcError::new(ErrorCode::Storage, error.to_string());
    let lock = Lock::try_acquire(&paths.resident_lock()).map_err(storage)?;
    Ok(lock.map(|lock| Claim { lock, host, paths }))
}

/// Claims the session for the window's process, with the resident's executable beside it.
pub fn claim_beside() -> Result<Option<Claim>, IpcError> {
    claim(host(Environment::of_this_process(), launch::program_beside())?)
}

/// The real world, as the environment asks for it. `own` is the resident's executable, which may be a link to it, as macOS
/// says of what a package manager links: it guards children, and is what autostart and bridges start.
pub fn host(environment: Environment, own: Option<PathBuf>) -> Result<Host, IpcError> {
    let refused = |message: String| IpcError::new(ErrorCode::Validation, message);
    let http = match environment.get(env::TEST_ORIGIN) {
        Some(origin) => Http::test_origin_at(origin).map_err(|error| refused(error.to_string()))?,
        None => Http::network(),
    };
    let http = match environment.get(env::CA_FILE) {
        None => http,
        Some(file) => {
            let unusable = |why: String| refused(format!("{} {file}: {why}.", env::CA_FILE));
            let pem = Files::disk().read(Path::new(file));
            let pem = pem.map_err(|error| unusable(error.to_string()))?;
            let pem = pem.ok_or_else(|| unusable("there is no such file".to_owned()))?;
            http.trusting(&pem).map_err(unusable)?
        }
    };
    let secrets = match environment.get(env::SECRETS) {
        None | Some("keychain") => {
            Secrets::keychain(Files::disk(), Paths::of(&environment).no_secrets())
        }
        Some("memory") => Secrets::in_memory(),
        Some(other) => {
            return Err(refused(format!(
                "{} is {other:?}; it takes keychain or memory.",
                env::SECRETS
            )));
        }
    };
    let own = own.map(|own| Files::disk().canonical(&own));
    let processes = Processes::real(environment.clone(), own);
    Ok(Host {
        clock: Clock::default(),
        env: environment,
        files: Files::disk(),
        http,
        processes,
        secrets,
    })
}

impl Claim {
    /// Where this release was started before and did not live, what ran before comes back, and is started in our place with
    /// `words`; then there is nothing left to claim.
    pub fn unless_it_goes_back(self, words: &[String]) -> Option<Self> {
        let Self { lock, host, paths } = self;
        if !renewal::goes_back(&host) {
            return Some(Self { lock, host, paths });
        }
        drop(lock);
        renewal::start(&host, words);
        None
    }

    /// Starts the desk, its logs, and its end of the link.
    pub async fn start(self, wanted: Wanted) -> Result<Desk, IpcError> {
        let Self { lock, host, paths } = self;
        let Wanted { version, flags, demo, offline, verbose, settings, words } = wanted;
        let paths = settings.into_iter().fold(paths, Paths::with_settings);
        let logs = trace::Options { log_folder: Some(paths.logs()), verbose, to_stderr: verbose };
        trace::init(&logs, &host.env);
        let unbound = |error| {
            IpcError::new(ErrorCode::Storage, format!("The socket could not be made: {error}."))
        };
        let listener = link::listen(&paths.socket()).map_err(unbound)?;
        tracing::info!(version, "started");
        let debug = host.env.says_yes(env::DEBUG);
        let providers = claudometer_providers::ALL;
        let ids: Vec<&str> = providers.iter().map(|provider| provider.id.as_str()).collect();
        let mut overrides = settings_file::from_environment(&host.env, &ids);
        overrides.extend(flags);
        let options = Options {
            role: Role::Resident,
            host,
            paths,
            providers,
            overrides,
            demo,
            debug,
            offline,
            version,
            words,
        };
        let desk = Desk::start(options).await;
        #[cfg(target_os = "linux")] // elsewhere notices tell nothing back
        tokio::spawn(follow_clicks(desk.clone()));
        tokio::spawn(follow_power(desk.clone()));
        tokio::spawn(renewal::prove(desk.clone()));
        let serving = desk.clone();
        tokio::spawn(async move {
            listener.serve(Arc::new(serving.clone()), serving.stop_token()).await;
            drop(lock);
        });
        Ok(desk)
    }
}

/// A click on a notice opens the window.
#[cfg(target_os = "linux")]
async fn follow_clicks(desk: Desk) {
    let mut clicks = crate::notify::Clicks::listen();
    while let Some(click) = clicks.recv().await {
        desk.act(claudometer_view::tray::Action::Open(None), click.activation_token.as_deref())
            .await;
    }
}

async fn follow_power(desk: Desk) {
    let mut changes = power::listen();
    while let Some(change) = changes.recv().await {
        desk.nudge(match change {
            power::Change::Wake => Nudge::Wake,
            power::Change::NetworkUp => Nudge::NetworkUp,
        })
        .await;
    }
}

/// Waits until the desk, or the system, ends us; who is ended as usual has run.
pub async fn until_asked_to_end(desk: &Desk) {
    let wait = async |kind| match signal(kind) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = desk.stopped() => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
    renewal::runs(&desk.0.host);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn who_is_started_through_a_link_knows_where_it_lies() {
        let folder = tempfile::tempdir().unwrap();
        let root = Files::disk().canonical(folder.path());
        let (program, link) = (root.join("Claudometer.app"), root.join("claudometer"));
        Files::disk().write_private(&program, b"").unwrap();
        symlink(&program, &link).unwrap();
        let memory = [(env::SECRETS.to_owned(), "memory".to_owned())];
        let host = host(Environment::of(&root, memory), Some(link)).unwrap();
        assert_eq!(host.processes.own_program(), Some(program));
    }
}
