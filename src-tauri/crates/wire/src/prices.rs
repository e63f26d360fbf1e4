//! The price list, for scripts.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// What `claudometer prices --json` prints.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PriceList {
    /// Version of this document.
    pub schema_version: u32,
    /// Day of the list.
    pub as_of: Option<NaiveDate>,
    /// Day on which it was renewed; `null` where it is as it was built in.
    pub renewed: Option<NaiveDate>,
    /// How many models it knows.
    pub known_models: u64,
    /// Models whose names begin with what was asked for, or hold it.
    pub models: Vec<PricedModel>,
}

/// A model, and what it costs today: US dollars per million tokens, for prompts of usual length; `null` where the list
/// names no price.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct PricedModel {
    /// Its name.
    pub model: String,
    /// First day of this price; `null` is since ever.
    pub since: Option<NaiveDate>,
    /// Of the prompt.
    pub input_usd: Option<f64>,
    /// Generated.
    pub output_usd: Option<f64>,
    /// Read from a cache.
    pub cache_read_usd: Option<f64>,
    /// Written to a cache for five minutes.
    pub cache_write_usd: Option<f64>,
    /// Written to a cache for an hour.
    pub cache_write_1h_usd: Option<f64>,
    /// Prompts of more tokens than this cost something else; `null` where none do.
    pub long_above_tokens: Option<u64>,
}
