//! Environment variables, and every one of ours by name.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

/// Sends every vendor request to this loopback origin, the vendor's host as the first path segment. For tests.
pub const TEST_ORIGIN: &str = "CLAUDOMETER_TEST_ORIGIN";
/// The key of updates, where [`TEST_ORIGIN`] is set. For tests.
pub const TEST_UPDATE_KEY: &str = "CLAUDOMETER_TEST_UPDATE_KEY";
/// Where typed secrets are kept: `keychain` (default) or `memory`.
pub const SECRETS: &str = "CLAUDOMETER_SECRETS";
/// Adds menu items that simulate alerts: `1`, `true`, `yes` or `on`.
pub const DEBUG: &str = "CLAUDOMETER_DEBUG";
/// Path of the resident's socket.
pub const SOCKET: &str = "CLAUDOMETER_SOCKET";
/// What is logged: `error`, `warn`, `info`, `debug`.
pub const LOG: &str = "CLAUDOMETER_LOG";
/// Certificates in PEM that are trusted in addition to the system's.
pub const CA_FILE: &str = "CLAUDOMETER_CA_FILE";
/// Prefix of variables that override settings: `CLAUDOMETER_REFRESH_INTERVAL_SECONDS=120`.
pub const SETTING_PREFIX: &str = "CLAUDOMETER_";

/// Every variable that a person may set, with what it means; the manual page and the documentation list these.
pub const DOCUMENTED: &[(&str, &str)] = &[
    (SOCKET, "Path of the resident's socket."),
    (SECRETS, "Where typed secrets are kept: keychain (default) or memory."),
    (LOG, "What is logged: error, warn, info, debug."),
    (DEBUG, "Adds menu items that simulate alerts: 1, true, yes or on."),
    (TEST_ORIGIN, "For tests: sends every vendor request to this loopback origin."),
    (TEST_UPDATE_KEY, "For tests, beside that origin: the public key that signs updates."),
    (
        "CLAUDOMETER_<SETTING>",
        "Any setting, above the file and below flags: CLAUDOMETER_DISPLAY_METRIC=weekly. claudometer config show lists the keys.",
    ),
    (CA_FILE, "Certificates in PEM that are trusted in addition to the system's."),
    (
        "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY",
        "Proxies, http, https or socks5, and hosts that need none.",
    ),
    ("NO_COLOR, CLICOLOR_FORCE", "No colours at all; colours in a pipe too."),
    ("COLUMNS", "Width of what is printed."),
    ("LC_ALL, LC_TIME, LANG, TZ", "How dates and times are written, and their zone."),
    ("VISUAL, EDITOR", "The program that claudometer config edit opens."),
];

/// A set of variables and a home folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Environment {
    variables: Arc<BTreeMap<String, String>>,
    home: Arc<Path>,
    one_home: bool,
}

impl Environment {
    /// This process's environment; a home folder that cannot be determined is the root folder.
    pub fn of_this_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        let home = dirs::home_dir().unwrap_or_else(|| PathBuf::from("/"));
        Self { variables: Arc::new(variables.collect()), home: home.into(), one_home: false }
    }

    /// An environment of exactly these variables.
    pub fn of(
        home: impl Into<PathBuf>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        Self {
            variables: Arc::new(variables.into_iter().collect()),
            home: home.into().into(),
            one_home: false,
        }
    }

    /// The same environment for one of several homes of a program: `variable` names it, and what would lead `astray` from it
    /// is not set.
    #[must_use]
    pub fn of_home(&self, variable: &str, home: &Path, astray: &[&str]) -> Self {
        let mut variables = BTreeMap::clone(&self.variables);
        variables.retain(|name, _| !astray.contains(&name.as_str()));
        variables.insert(variable.to_owned(), home.display().to_string());
        Self { variables: Arc::new(variables), home: Arc::clone(&self.home), one_home: true }
    }

    /// Whether this is about one of several homes, so that what belongs to none of them is left out.
    pub const fn is_of_one_home(&self) -> bool {
        self.one_home
    }

    /// A variable that is set and not blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// Whether a variable is set at all, even to nothing.
    pub fn has(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// Whether a variable says yes: `1`, `true`, `yes`, `on`.
    pub fn says_yes(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| {
            ["1", "true", "yes", "on"].contains(&value.trim().to_ascii_lowercase().as_str())
        })
    }

    /// Every variable, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The home folder.
    pub fn home(&self) -> &Path {
        &self.home
    }
}
