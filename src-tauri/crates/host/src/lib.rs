//! The world: time, environment, files, network, keychain and processes enter through this crate and nowhere else.
//!
//! A [`Host`] is handed to everything that needs the world. Tests, the demo and the replay build one over memory.

#![expect(clippy::disallowed_methods, reason = "this crate is where the world enters")]

pub mod clock;
pub mod env;
pub mod files;
pub mod guard;
pub mod http;
pub mod leaves;
pub mod lock;
pub mod memory;
mod outlet;
pub mod paths;
pub mod power;
pub mod process;
pub mod redact;
pub mod secrets;
pub mod sqlite;
pub mod terminal;
pub mod trace;
pub mod watch;

pub use clock::Clock;
pub use env::Environment;
pub use files::Files;
pub use http::Http;
pub use process::Processes;
pub use secrets::Secrets;

use chrono::{DateTime, Utc};
use std::path::{Path, PathBuf};

/// Everything that code outside this crate may touch. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Host {
    /// The time.
    pub clock: Clock,
    /// Environment variables and the home folder.
    pub env: Environment,
    /// Files.
    pub files: Files,
    /// HTTP requests.
    pub http: Http,
    /// Other programs.
    pub processes: Processes,
    /// The keychain, and secrets of this session.
    pub secrets: Secrets,
}

impl Host {
    /// The time now, in UTC.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        self.env.home()
    }

    /// The folder that `variable` names, else `fallback` below the home folder.
    pub fn folder(&self, variable: &str, fallback: &str) -> PathBuf {
        self.env.get(variable).map_or_else(|| self.home().join(fallback), PathBuf::from)
    }

    /// `path` with `~` for the home folder, for people's eyes.
    pub fn tilde(&self, path: &Path) -> String {
        path.strip_prefix(self.home())
            .map_or_else(|_| path.display().to_string(), |rest| format!("~/{}", rest.display()))
    }
}
