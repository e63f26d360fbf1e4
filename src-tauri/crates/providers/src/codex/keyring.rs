//! The item in which Codex keeps its login when it is set to use the system's keyring. Read, never written.

use super::{
    auth::{self, Candidate, Stored},
    home,
};
use claudometer_host::{
    Host,
    process::{Command, Output},
    secrets::SecretError,
};
use claudometer_provider::source::hex16;
use secrecy::ExposeSecret as _;
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

const SERVICE: &str = "Codex Auth";
const PLACE: &str = "the keyring item Codex Auth";
const TOOL: &str = "/usr/bin/security";
/// The item is given out at once, or after a person answered a question.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Exit status for "there is no such item".
const NOT_FOUND: i32 = 44;

/// The state of the item (its attributes) in which macOS refused it: nobody is asked the same question twice.
static REFUSED: Mutex<Option<String>> = Mutex::new(None);

/// The item's account name, which follows from Codex's folder.
fn user(host: &Host) -> String {
    let folder = host.files.canonical(&home::folder(host));
    format!("cli|{}", hex16(&folder.to_string_lossy()))
}

/// The place, for people; `None` where Codex does not use the keyring.
pub(super) fn place(host: &Host) -> Option<String> {
    home::Settings::of(host).keyring.then(|| PLACE.to_owned())
}

/// The keychain's own file, whose change means that the item may have changed; `None` on other systems.
pub(super) fn file(host: &Host) -> Option<PathBuf> {
    (cfg!(target_os = "macos") && place(host).is_some())
        .then(|| host.home().join("Library/Keychains/login.keychain-db"))
}

/// What the item holds; `None` where there is none or Codex does not use the keyring.
pub(super) async fn candidate(host: &Host) -> Option<Candidate> {
    let place = place(host)?;
    let user = user(host);
    let stored = if cfg!(target_os = "macos") {
        through_tool(host, &user).await?
    } else {
        through_service(host, &user).await?
    };
    Some(Candidate { place, stored })
}

async fn through_service(host: &Host, user: &str) -> Option<Stored> {
    match host.secrets.foreign(SERVICE, user).await {
        Ok(secret) => Some(auth::read(secret?.expose_secret())),
        Err(SecretError::Absent) => None,
        Err(SecretError::Locked | SecretError::Refused) => Some(Stored::Locked),
    }
}

/// Through the tool that macOS can be told to trust once and for all.
async fn through_tool(host: &Host, user: &str) -> Option<Stored> {
    let attributes = ask(host, user, &[]).await.filter(Output::success)?;
    let attributes = String::from_utf8_lossy(&attributes.stdout).into_owned();
    let refused = || REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    if refused().as_ref() == Some(&attributes) {
        return Some(Stored::Locked);
    }
    match ask(host, user, &["-w"]).await {
        Some(output) if output.success() => {
            Some(auth::read(&String::from_utf8_lossy(&output.stdout)))
        }
        Some(output) if output.code == Some(NOT_FOUND) => None,
        _ => {
            *refused() = Some(attributes);
            Some(Stored::Locked)
        }
    }
}

async fn ask(host: &Host, user: &str, more: &[&str]) -> Option<Output> {
    let args = ["find-generic-password", "-s", SERVICE, "-a", user]
        .into_iter()
        .chain(more.iter().copied());
    host.processes.run(Command::new(TOOL).args(args).timeout(TIMEOUT)).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing;
    use claudometer_host::Processes;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[tokio::test]
    async fn the_keyring_is_left_alone_unless_codex_is_set_to_use_it() {
        let host = testing::host();
        assert!(candidate(&host).await.is_none());
        assert_eq!(place(&host), None);
        let settings = b"cli_auth_credentials_store = \"keyring\"";
        host.files.write_private(&home::settings_file(&host), settings).unwrap();
        assert_eq!(place(&host).as_deref(), Some(PLACE));
    }

    #[test]
    fn the_item_is_named_after_the_folder() {
        let host = testing::host_with(&[("CODEX_HOME", "/home/dana/.codex")]);
        assert_eq!(user(&host), format!("cli|{}", hex16("/home/dana/.codex")));
    }

    #[tokio::test]
    async fn macos_is_not_asked_again_for_an_item_that_it_refused() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let run = move |command: &Command| {
            let secret = command.args.iter().any(|arg| arg == "-w");
            count.fetch_add(usize::from(secret), Ordering::SeqCst);
            let code = if secret { 128 } else { 0 };
            Ok(Output { code: Some(code), stdout: b"mdat 20260915".to_vec(), stderr: Vec::new() })
        };
        let processes =
            Processes::scripted(run, |_| Err(claudometer_host::process::ProcessError::NotFound));
        let host = Host { processes, ..testing::host() };
        for _ in 0..3 {
            assert!(matches!(through_tool(&host, "cli|x").await, Some(Stored::Locked)));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}
