//! Limits over time, for scripts.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

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
    /// The present period from its begin on, with `--points`; left out where begin or end are not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<CoursePoint>,
    /// The period before, with `--points`; left out where nobody looked then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<CoursePoint>,
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

/// A limit over time, for the window. What it is called, and where an even use would stand, its meter says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct LimitCourse {
    /// `provider/account`, as cards are called.
    pub seat: String,
    /// Id of the meter within its card.
    pub window: String,
    /// The present period from its begin on; empty where begin or end are not known.
    pub points: Vec<CoursePoint>,
    /// The period before.
    pub before: Vec<CoursePoint>,
    /// Days on which it was looked at, the newest first.
    pub days: Vec<CourseDay>,
}

/// A point of a period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CoursePoint {
    /// The part of the period that had passed, 0-1.
    pub passed: f64,
    /// Percent used, 0-100 and beyond.
    pub used: f64,
}

/// A day of it, in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CourseDay {
    /// `Sat 21 Nov`.
    pub label: String,
    /// What was used up on it: `12 %`.
    pub burnt: String,
    /// The most that was seen on it: `48 %`.
    pub peak: String,
}
