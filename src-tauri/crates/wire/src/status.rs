//! Vendors' status pages as commands show them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What one provider's status page says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ServiceReport {
    /// Provider id.
    pub provider: String,
    /// Provider's name.
    pub name: String,
    /// `none`, `maintenance`, `minor`, `major`, `critical`; `unknown` where the page could not be read.
    pub level: String,
    /// The same in a few words.
    pub words: String,
    /// The newest unresolved incident, in the vendor's words.
    pub headline: Option<String>,
    /// Where a person reads more.
    pub link: String,
}
