//! Limits over time, for scripts.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What `claudometer history --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct HistoryReport {
    /// Version of this document.
    pub schema_version: u32,
    /// When it was made, in UTC.
    pub generated_at: DateTime<Utc>,
    /// One per window of an account.
    pub windows: Vec<WindowHistory>,
}

/// A window over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WindowHistory {
    /// `provider/account`, stable.
    pub seat: String,
    /// Provider id.
    pub provider: String,
    /// Window id within the account.
    pub window: String,
    /// Length in minutes.
    pub minutes: Option<u32>,
    /// Percent used when it was last measured.
    pub used_percent: f64,
    /// When that was, in UTC.
    pub observed_at: DateTime<Utc>,
    /// Percent used at this point of the period before; `null` where nobody looked then.
    pub same_point_percent: Option<f64>,
    /// Days on which it was looked at, the newest first.
    pub days: Vec<DayHistory>,
}

/// A day of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DayHistory {
    /// The day, in the system's zone.
    pub date: NaiveDate,
    /// Percent of the window that was used up on it.
    pub burnt_percent: f64,
    /// The highest percentage that was seen.
    pub peak_percent: f64,
}
