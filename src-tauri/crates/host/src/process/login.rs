//! The PATH of a person's login shell, for tools that only a shell's own set-up makes known.

use super::{Command, run_real};
use crate::Environment;
use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

/// A profile that takes longer is not waited for.
const TIMEOUT: Duration = Duration::from_secs(3);
/// What every shell understands alike, whatever its own form of a PATH is.
const QUESTION: &str = "printenv PATH";

/// What the shell said, once it has.
#[derive(Debug, Clone, Default)]
pub(super) struct LoginPath {
    asked: Arc<OnceLock<()>>,
    folders: Arc<OnceLock<Vec<PathBuf>>>,
}

impl LoginPath {
    /// The folders that are known by now. The first call asks the shell, if there is a runtime to do so in the background.
    pub(super) fn folders(&self, environment: &Environment) -> &[PathBuf] {
        if let Ok(runtime) = tokio::runtime::Handle::try_current()
            && let Some(shell) = environment.get("SHELL")
            && self.asked.set(()).is_ok()
        {
            let (shell, folders) = (PathBuf::from(shell), Arc::clone(&self.folders));
            runtime.spawn(async move { folders.set(ask(shell).await).ok() });
        }
        self.folders.get().map_or(&[], Vec::as_slice)
    }
}

async fn ask(shell: PathBuf) -> Vec<PathBuf> {
    let command = Command::new(shell).args(["-l", "-c", QUESTION]).timeout(TIMEOUT);
    run_real(command).await.map(|output| read(&output.stdout)).unwrap_or_default()
}

/// The folders of the last line: a profile may greet first.
fn read(printed: &[u8]) -> Vec<PathBuf> {
    let text = String::from_utf8_lossy(printed);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    std::env::split_paths(line).filter(|folder| folder.is_absolute()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt as _, path::Path};

    fn shell(folder: &Path, script: &str) -> Environment {
        let path = folder.join("shell");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        Environment::of(folder, [("SHELL".to_owned(), path.display().to_string())])
    }

    #[tokio::test]
    async fn the_shell_is_asked_once_and_nobody_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let environment =
            shell(folder.path(), "echo asked >> \"$0.log\"; echo Welcome; echo /a:relative:/b");
        let path = LoginPath::default();
        assert!(path.folders(&environment).is_empty(), "it has not answered yet");
        while path.folders.get().is_none() {
            tokio::task::yield_now().await;
        }
        assert_eq!(path.folders(&environment), [PathBuf::from("/a"), PathBuf::from("/b")]);
        let log = std::fs::read_to_string(folder.path().join("shell.log")).unwrap();
        assert_eq!(log, "asked\n");
    }

    #[tokio::test]
    async fn a_shell_that_cannot_be_asked_knows_nothing() {
        assert!(ask(PathBuf::from("/no/such/shell")).await.is_empty());
        let none = LoginPath::default();
        assert!(none.folders(&Environment::of("/nowhere", [])).is_empty());
        assert!(none.asked.get().is_none(), "without a shell nobody is asked");
    }
}
