//! What the settings pages show and send.

use claudometer_core::settings::Settings;
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// Everything that the settings pages show.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SettingsState {
    /// The choices in force.
    pub settings: Settings,
    /// One per provider, in the order of the registry.
    pub providers: Vec<ProviderForm>,
    /// Assistants whose logs are read, in the order in which they are shown: what the history tells is told of them.
    pub assistants: Vec<Assistant>,
    /// Whether secrets can be remembered.
    pub keyring: KeyringForm,
    /// Choices that a flag or an environment variable overrides now: key path and the name that overrides it.
    pub overridden: Vec<(String, String)>,
    /// A remark about the settings file, such as that a damaged one was set aside.
    pub file_remark: Option<String>,
    /// Version, places, privacy.
    pub about: About,
}

/// One provider's page section.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ProviderForm {
    /// The variable with which the assistant is told of another home; `null` where it has only one.
    pub home_variable: Option<String>,
    /// Provider id.
    pub id: String,
    /// Provider's name.
    pub name: String,
    /// Whether it is polled now, by choice or because something was found.
    pub active: bool,
    /// What was found of it on this machine, in words; empty when nothing.
    pub found: Vec<String>,
    /// How to sign in, one sentence.
    pub sign_in: String,
    /// Sources in their order.
    pub sources: Vec<SourceForm>,
    /// Secrets that can be typed.
    pub secrets: Vec<SecretForm>,
    /// Organisations of the login to choose from; empty when there is no choice.
    pub organizations: Vec<Organization>,
    /// The bridge into the assistant's own status line, where there is one.
    pub bridge: Option<BridgeForm>,
}

/// An assistant whose logs are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Assistant {
    /// Its id, as in the history.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// One way to obtain numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SourceForm {
    /// Source id.
    pub id: String,
    /// A few words.
    pub label: String,
    /// What it reads and whom it asks, one sentence.
    pub help: String,
    /// Whether it could be used now.
    pub available: bool,
    /// Whether automatic choice leaves it out until a person switches it on.
    pub opt_in: bool,
}

/// A secret that a person can type. Its value never comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SecretForm {
    /// Field id.
    pub field: String,
    /// Label.
    pub label: String,
    /// Where to find it, one sentence.
    pub help: String,
    /// Whether one is kept.
    pub present: bool,
    /// Whether it is kept in the keychain (else only until Claudometer ends).
    pub remembered: bool,
}

/// An organisation of a login.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Organization {
    /// The vendor's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The state of a status-line bridge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct BridgeForm {
    /// Whether it is installed.
    pub installed: bool,
    /// What installing changes, and where, one sentence.
    pub help: String,
    /// The command that was configured before and is passed on to.
    pub previous: Option<String>,
    /// Why it cannot be installed now.
    pub obstacle: Option<String>,
}

/// Whether "remember" can work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct KeyringForm {
    /// Whether a keychain answers.
    pub available: bool,
    /// Why not, and what to do; empty when available.
    pub reason: String,
}

/// What the About page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct About {
    /// Version of the resident.
    pub version: String,
    /// Folder of the logs, with `~` for the home folder.
    pub log_folder: String,
    /// The settings file, with `~` for the home folder.
    pub settings_file: String,
    /// What is read from where and sent to whom.
    pub ledger: Vec<LedgerRow>,
    /// Whether the tray has a place to be shown in, in words when not.
    pub tray_remark: Option<String>,
    /// Why no release can be verified, in words; `None` where one can.
    pub updates_remark: Option<String>,
}

/// One row of the privacy ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LedgerRow {
    /// Provider's name.
    pub provider: String,
    /// Source in words.
    pub source: String,
    /// What is read on this machine.
    pub reads: String,
    /// Which hosts are asked, with what; empty when none.
    pub sends: String,
    /// Whether it is on now.
    pub on: bool,
}

/// What Save sends: every choice, and secrets that were typed. Applied wholly or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// The choices.
    pub settings: Settings,
    /// Secrets that were typed.
    #[serde(default)]
    pub secrets: Vec<SecretDraft>,
}

/// A secret on its one way from the window to the resident.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct SecretDraft {
    /// Provider id.
    pub provider: String,
    /// Field id.
    pub field: String,
    /// What was typed.
    pub value: String,
}

impl fmt::Debug for SecretDraft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretDraft")
            .field("provider", &self.provider)
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}
