//! A newer release, for scripts and for the window.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What `claudometer update --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct UpdateReport {
    /// Version of this document.
    pub schema_version: u32,
    /// The version that runs.
    pub running: String,
    /// The newest one; `null` where that is the one that runs.
    pub newest: Option<String>,
    /// What is new in it.
    pub notes: Option<String>,
    /// Its page, for people.
    pub page: Option<String>,
    /// Whether Claudometer can put it in place itself.
    pub can_install: bool,
    /// What is to be done first, where it lies in the wrong place.
    pub remedy: Option<String>,
    /// The command that would update what a package has brought.
    pub command: Option<String>,
    /// Whether it was installed now.
    pub installed: bool,
}
