//! Where Claudometer keeps its own things: the places that the desktop's rules name.

use crate::{Environment, env};
use std::path::{Path, PathBuf};

const NAME: &str = "claudometer";

/// Folders and files of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Settings.
    pub config: PathBuf,
    /// What is kept for good: limits over time, the history of use.
    pub data: PathBuf,
    /// Snapshots, gates, markers, logs: what can be lost without losing a choice.
    pub state: PathBuf,
    /// Sockets and locks; gone after logout.
    pub runtime: PathBuf,
    socket: Option<PathBuf>,
    settings: Option<PathBuf>,
}

impl Paths {
    /// The places for this environment: XDG folders, or Application Support on macOS.
    pub fn of(environment: &Environment) -> Self {
        let support = "Library/Application Support";
        let (config, data, state) = if cfg!(target_os = "macos") {
            (support, support, support)
        } else {
            (".config", ".local/share", ".local/state")
        };
        let base = |variable: &str, fallback: &str| {
            // The XDG rules: a relative path is as good as none.
            let given =
                environment.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
            given.unwrap_or_else(|| environment.home().join(fallback))
        };
        let state = base("XDG_STATE_HOME", state).join(NAME);
        let runtime =
            environment.get("XDG_RUNTIME_DIR").map(Path::new).filter(|path| path.is_absolute());
        Self {
            config: base("XDG_CONFIG_HOME", config).join(NAME),
            data: base("XDG_DATA_HOME", data).join(NAME),
            runtime: runtime.map_or_else(|| state.join("run"), |path| path.join(NAME)),
            state,
            socket: environment.get(env::SOCKET).map(PathBuf::from),
            settings: None,
        }
    }

    /// The settings file.
    pub fn settings(&self) -> PathBuf {
        self.settings.clone().unwrap_or_else(|| self.config.join("settings.json"))
    }

    /// The same places with another settings file.
    #[must_use]
    pub fn with_settings(self, file: PathBuf) -> Self {
        Self { settings: Some(file), ..self }
    }

    /// Last snapshots, gates and alert markers.
    pub fn snapshot(&self) -> PathBuf {
        self.state.join("state.json")
    }

    /// Names of secrets that the keychain said it has not.
    pub fn no_secrets(&self) -> PathBuf {
        self.state.join("no-secrets.json")
    }

    /// Folder of the limits over time, a file for each month.
    pub fn limits(&self) -> PathBuf {
        self.data.join("limits")
    }

    /// Every billed response, kept for good.
    pub fn history(&self) -> PathBuf {
        self.data.join("history.db")
    }

    /// Folder of its copies.
    pub fn backups(&self) -> PathBuf {
        self.data.join("backups")
    }

    /// Prices that have changed since the list that is built in.
    pub fn prices(&self) -> PathBuf {
        self.data.join("prices.txt")
    }

    /// Held by whoever puts another history in its place.
    pub fn history_lock(&self) -> PathBuf {
        self.state.join("history.lock")
    }

    /// Folder of the logs.
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    /// Readings that arrived without a request, one file per provider.
    pub fn passive(&self) -> PathBuf {
        self.state.join("passive")
    }

    /// The resident's socket.
    pub fn socket(&self) -> PathBuf {
        self.socket.clone().unwrap_or_else(|| self.runtime.join("link.sock"))
    }

    /// Held by the one resident.
    pub fn resident_lock(&self) -> PathBuf {
        self.socket().with_extension("lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::of(
            "/home/dana",
            variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())),
        )
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn xdg_variables_win_unless_they_are_relative() {
        let plain = Paths::of(&environment(&[]));
        assert_eq!(plain.settings(), Path::new("/home/dana/.config/claudometer/settings.json"));
        assert_eq!(plain.socket(), Path::new("/home/dana/.local/state/claudometer/run/link.sock"));
        let set = Paths::of(&environment(&[
            ("XDG_CONFIG_HOME", "/c"),
            ("XDG_STATE_HOME", "oops"),
            ("XDG_RUNTIME_DIR", "/run/user/7"),
        ]));
        assert_eq!(set.settings(), Path::new("/c/claudometer/settings.json"));
        assert_eq!(set.snapshot(), Path::new("/home/dana/.local/state/claudometer/state.json"));
        assert_eq!(set.socket(), Path::new("/run/user/7/claudometer/link.sock"));
    }
}
