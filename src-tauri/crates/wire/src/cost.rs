//! What use cost, for scripts and for the window: raw numbers whose names carry their units.

use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::cost::BudgetState;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use ts_rs::TS;

/// What `claudometer cost --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CostReport {
    /// Version of this document.
    pub schema_version: u32,
    /// When it was made, in UTC.
    #[ts(type = "string")]
    pub generated_at: DateTime<Utc>,
    /// What a row is about: `hour`, `day`, `week`, `month`, `year`, `session`, `project`, `model`, `agent`, `device`.
    pub by: String,
    /// First day that is counted; `null` is the first that is known.
    #[ts(type = "string | null")]
    pub since: Option<NaiveDate>,
    /// Last day that is counted; `null` is the last that is known.
    #[ts(type = "string | null")]
    pub until: Option<NaiveDate>,
    /// Zone in which days begin.
    pub zone: String,
    /// `auto`: what the log says, else the price list; `calculate`: the list; `display`: the log.
    pub mode: String,
    /// Day of the price list.
    #[ts(type = "string | null")]
    pub prices_as_of: Option<NaiveDate>,
    /// The rows: by time the earliest first, else the dearest first.
    pub rows: Vec<CostRow>,
    /// Rows that are not shown, as no more were asked for; the total counts them.
    #[serde(default)]
    pub rows_left_out: u64,
    /// All that is counted, rows that are not shown among them. Estimates are not.
    pub total: CostSums,
    /// What assistants estimated themselves, which is in no other number; `null` where nothing is.
    pub estimated: Option<CostSums>,
    /// Models without a price.
    pub unpriced_models: Vec<String>,
    /// What the plans of the assistants that are counted cost in a month, in US dollars, as the settings say.
    pub plans_usd_per_month: Option<f64>,
}

/// A row of the report.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CostRow {
    /// The day, `2026-11-21 14:00`, `2026-W47`, `2026-11`, the session's id, the folder, the model, the assistant's id, or the machine.
    pub key: String,
    /// Ids of the assistants.
    pub agents: Vec<String>,
    /// Models.
    pub models: Vec<String>,
    /// Folders that were worked in.
    pub projects: Vec<String>,
    /// When the first response came, in UTC.
    #[ts(type = "string | null")]
    pub first: Option<DateTime<Utc>>,
    /// When the last response came, in UTC.
    #[ts(type = "string | null")]
    pub last: Option<DateTime<Utc>>,
    /// What was used.
    #[serde(flatten)]
    pub sums: CostSums,
    /// The same by assistant and model, where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdown: Vec<CostPart>,
}

/// A part of a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CostPart {
    /// The assistant's id.
    pub agent: String,
    /// The model.
    pub model: String,
    /// What was used.
    #[serde(flatten)]
    pub sums: CostSums,
}

/// Sums over responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CostSums {
    /// Billed responses.
    pub responses: u64,
    /// Of prompts, neither read from a cache nor written to one.
    pub input_tokens: u64,
    /// Generated, reasoning included.
    pub output_tokens: u64,
    /// The part of the output that is known to be reasoning.
    pub reasoning_tokens: u64,
    /// Of prompts, read from a cache.
    pub cache_read_tokens: u64,
    /// Of prompts, written to a cache, for five minutes or an hour.
    pub cache_write_tokens: u64,
    /// Of these, for an hour.
    pub cache_write_1h_tokens: u64,
    /// All classes.
    pub total_tokens: u64,
    /// Cost in US dollars; `null` where nothing of it is known.
    pub cost_usd: Option<f64>,
    /// Responses that have no known cost and so add nothing to it.
    pub unpriced_responses: u64,
}

/// What `claudometer cost block --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct BlockReport {
    /// Version of this document.
    pub schema_version: u32,
    /// When it was made, in UTC.
    #[ts(type = "string")]
    pub generated_at: DateTime<Utc>,
    /// Which cost counts, as in the other reports.
    pub mode: String,
    /// The blocks, the earliest first.
    pub blocks: Vec<CostBlock>,
    /// Earlier blocks that are not shown, as no more were asked for.
    #[serde(default)]
    pub blocks_left_out: u64,
    /// Models without a price.
    pub unpriced_models: Vec<String>,
}

/// Five hours of use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct CostBlock {
    /// Id of the assistant.
    pub agent: String,
    /// Begin, in UTC.
    #[ts(type = "string")]
    pub start: DateTime<Utc>,
    /// End, in UTC; that moment is outside.
    #[ts(type = "string")]
    pub end: DateTime<Utc>,
    /// Whether the account itself told the end; else it follows from the first response.
    pub from_account: bool,
    /// Whether it goes on.
    pub active: bool,
    /// When the first response came, in UTC.
    #[ts(type = "string")]
    pub first: DateTime<Utc>,
    /// When the last response came, in UTC.
    #[ts(type = "string")]
    pub last: DateTime<Utc>,
    /// Models.
    pub models: Vec<String>,
    /// What was used.
    #[serde(flatten)]
    pub sums: CostSums,
    /// Tokens a minute between the first response and the last one.
    pub tokens_per_minute: Option<f64>,
    /// US dollars an hour between the first response and the last one.
    pub cost_usd_per_hour: Option<f64>,
    /// Tokens at the end, if it goes on like this; only of an active one.
    pub projected_tokens: Option<u64>,
    /// Cost in US dollars at the end, if it goes on like this; only of an active one.
    pub projected_cost_usd: Option<f64>,
}

/// What was used today, and where budgets stand: what the tray and alerts need.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CostBrief {
    /// The day.
    #[ts(type = "string")]
    pub day: NaiveDate,
    /// What was used on it, by the assistant's id.
    pub agents: BTreeMap<String, CostSums>,
    /// Budgets of the settings.
    pub budgets: Vec<BudgetState>,
}

/// What the window asks of the history.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CostQuery {
    /// What a row is about: `hour`, `day`, `session`, `project`, `model`, `agent`.
    pub by: String,
    /// First day.
    #[ts(type = "string | null")]
    pub since: Option<NaiveDate>,
    /// Last day.
    #[ts(type = "string | null")]
    pub until: Option<NaiveDate>,
    /// Only this hour of each day, 0-23.
    pub hour: Option<u32>,
    /// So many rows at most.
    pub limit: Option<u32>,
}

/// What the window shows of the history, in words.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CostView {
    /// The rows.
    pub rows: Vec<CostViewRow>,
    /// Cost and tokens of all: `$12.30 · 45.1 M tokens`.
    pub total: String,
    /// What has to be known to read the numbers.
    pub notes: Vec<String>,
    /// The whole as comma-separated values.
    pub csv: String,
}

/// A row of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CostViewRow {
    /// The day, or the id of what the row is about.
    pub key: String,
    /// What people call it.
    pub label: String,
    /// Where it belongs: a session's folder.
    pub place: String,
    /// Tokens: `45.1 M`.
    pub tokens: String,
    /// Cost: `$12.30`, `no price`.
    pub cost: String,
    /// What a bar of it is drawn from, in US dollars; 0 where nothing is known.
    pub dollars: f64,
    /// Its parts.
    pub parts: Vec<CostViewPart>,
}

/// A part of a row, by assistant and model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct CostViewPart {
    /// The assistant's name.
    pub agent: String,
    /// The model.
    pub model: String,
    /// Cost.
    pub cost: String,
    /// What it is drawn from, in US dollars.
    pub dollars: f64,
}
