//! The snapshot for scripts: raw numbers whose names carry their units, and no words that depend on a locale.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Version of the documents that commands print with `--json`. It grows when a field changes its meaning or goes; new
/// fields may come at any time.
pub const SCHEMA_VERSION: u32 = 1;

/// What `claudometer usage --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this document.
    pub schema_version: u32,
    /// When it was made, in UTC.
    pub generated_at: DateTime<Utc>,
    /// Whether recorded answers are shown, not live ones.
    pub demo: bool,
    /// Standing remarks about the whole, such as a test origin in use.
    pub remarks: Vec<String>,
    /// One per account.
    pub accounts: Vec<AccountReport>,
}

/// One account at one provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct AccountReport {
    /// `provider/account`, stable.
    pub seat: String,
    /// Provider id.
    pub provider: String,
    /// Provider's name.
    pub name: String,
    /// Plan as people know it.
    pub plan: Option<String>,
    /// E-mail address or organisation.
    pub account: Option<String>,
    /// When the newest numbers were measured, in UTC; `null` when there are none.
    pub observed_at: Option<DateTime<Utc>>,
    /// Age of the newest numbers, in seconds.
    pub age_seconds: Option<i64>,
    /// Id of the source of the newest numbers.
    pub source: Option<String>,
    /// Whether the vendor said that a limit is reached.
    pub limit_reached: bool,
    /// Windows, the account's own first.
    pub windows: Vec<WindowReport>,
    /// The account's own balance, else the first of `balances` that is one.
    pub credits: Option<CreditsReport>,
    /// Every balance: the account's own, then those of other currencies, workspaces and grants.
    #[serde(default)]
    pub balances: Vec<CreditsReport>,
    /// Money spent beyond the plan.
    pub spend: Option<SpendReport>,
    /// Resets that can be triggered by hand.
    pub reset_credits: Option<u32>,
    /// When the first of them ends, in UTC.
    #[serde(default)]
    pub reset_credits_end_at: Option<DateTime<Utc>>,
    /// Standing trouble; numbers beside it are the last good ones.
    pub trouble: Option<TroubleReport>,
    /// When it is asked again, in UTC.
    pub next_poll_at: Option<DateTime<Utc>>,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct WindowReport {
    /// Stable within its account: `session`, `weekly:opus`.
    pub id: String,
    /// `session`, `daily`, `weekly`, `monthly`...
    pub kind: String,
    /// For people: `Weekly · Opus`.
    pub label: String,
    /// The model that it counts alone.
    pub model: Option<String>,
    /// Percent used, 0-100 or more; `null` is not reported, never zero.
    pub used_percent: Option<f64>,
    /// Percent left, 0-100; `null` is not reported.
    pub left_percent: Option<f64>,
    /// Whether the vendor says that there is no limit; the percentages are `null` then.
    #[serde(default)]
    pub unlimited: bool,
    /// Where an even use would stand now, percent 0-100.
    pub expected_percent: Option<f64>,
    /// Where the present pace ends, percent 0-100 or more.
    pub projected_percent: Option<f64>,
    /// When it resets, in UTC.
    pub resets_at: Option<DateTime<Utc>>,
    /// Seconds until then.
    pub resets_in_seconds: Option<i64>,
    /// Its length, in minutes.
    pub window_minutes: Option<u32>,
    /// When this number was measured, in UTC.
    pub observed_at: DateTime<Utc>,
    /// Id of the source that told it.
    pub source: String,
    /// Whether it is old, or something has failed since.
    pub stale: bool,
    /// Whether the window has ended since it was measured.
    pub rolled_over: bool,
}

/// A balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreditsReport {
    /// Whose or what for, where it is not the account's own.
    #[serde(default)]
    pub name: Option<String>,
    /// What is left, as a decimal number in `unit`; `null` is not reported.
    pub balance: Option<String>,
    /// What was used in the present period, as a decimal number in `unit`, where only that is counted or both are.
    #[serde(default)]
    pub used: Option<String>,
    /// `credits`, `requests`, `points`, or the code of a currency: `usd`, `cny`.
    pub unit: String,
    /// Whether there is no limit.
    pub unlimited: bool,
    /// When it expires, in UTC.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Money spent beyond the plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct SpendReport {
    /// Spent so far, as a decimal number of whole units of `currency`.
    pub used: String,
    /// The cap, likewise; `null` is uncapped or not said.
    pub limit: Option<String>,
    /// ISO 4217 code.
    pub currency: String,
    /// Percent of the cap.
    pub used_percent: Option<f64>,
    /// When the period ends, in UTC.
    pub resets_at: Option<DateTime<Utc>>,
}

/// Trouble, as a kind to act on and sentences for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct TroubleReport {
    /// Kind: `auth_expired`, `rate_limited`...
    pub code: String,
    /// What happened.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Since when it stands, in UTC.
    pub since: DateTime<Utc>,
}

/// What a command prints with `--json` when it fails.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorReport {
    /// Version of this document.
    pub schema_version: u32,
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorDetail {
    /// The exit code: 1 other, 2 not signed in, 3 network or rate limit, 4 configuration, 5 partly.
    pub exit_code: u8,
    /// What happened and what to do.
    pub message: String,
}
