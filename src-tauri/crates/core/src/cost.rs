//! What a person can choose about cost: how it is known, own prices, plans, budgets, the currency it is shown in.

use crate::{Amount, settings::Problem};
use chrono::{Datelike as _, Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How cost is known and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, rename_all = "camelCase")]
pub struct CostSettings {
    /// Whether a log's own cost or the price list counts.
    pub mode: CostMode,
    /// Own prices by model, in US dollars per million tokens; they come before the list.
    pub prices: BTreeMap<String, ModelPrice>,
    /// Models that are priced as another one.
    pub aliases: BTreeMap<String, String>,
    /// What the plan of an assistant, by its id, costs in US dollars a month.
    #[cfg_attr(feature = "ts", ts(type = "{ [key in string]: string }"))]
    pub plans: BTreeMap<String, Amount>,
    /// The currency in which cost is shown and budgets are set, as an ISO 4217 code.
    pub currency: String,
    /// How much of that currency a US dollar is.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub per_dollar: Amount,
    /// What is meant to be spent at most.
    pub budgets: Vec<Budget>,
    /// The name of this machine in the history; `None` is its host name.
    pub device: Option<String>,
    /// Whether tray and window show what each assistant used today.
    pub show_today: bool,
    /// Whether the price list is fetched anew each day.
    pub refresh_prices: bool,
    /// A folder that several machines keep in step, in which each tells the others what it used.
    pub sync_folder: Option<String>,
}

impl Default for CostSettings {
    fn default() -> Self {
        Self {
            mode: CostMode::Auto,
            prices: BTreeMap::new(),
            aliases: BTreeMap::new(),
            plans: BTreeMap::new(),
            currency: "USD".to_owned(),
            per_dollar: Amount::whole(1),
            budgets: Vec::new(),
            device: None,
            show_today: true,
            refresh_prices: false,
            sync_folder: None,
        }
    }
}

/// Which of two costs counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum CostMode {
    /// What the log says; where it says nothing, the price list.
    #[default]
    Auto,
    /// The price list.
    Calculate,
    /// What the log says, and nothing else.
    Display,
}

impl CostMode {
    /// Its name in settings, flags and documents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Calculate => "calculate",
            Self::Display => "display",
        }
    }
}

/// Prices of a model in US dollars per million tokens. A class without a price costs what the input does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ModelPrice {
    /// Of the prompt.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub input: Amount,
    /// Generated.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub output: Amount,
    /// Read from a cache.
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub cache_read: Option<Amount>,
    /// Written to a cache for five minutes.
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub cache_write: Option<Amount>,
    /// Written to a cache for an hour.
    #[cfg_attr(feature = "ts", ts(type = "string | null"))]
    pub cache_write_hour: Option<Amount>,
}

/// What is meant to be spent at most in a span of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Budget {
    /// The span.
    pub per: BudgetSpan,
    /// How much, in the currency of the settings.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub amount: Amount,
    /// Only what was spent in folders whose path holds this text; `None` is everything.
    #[serde(default)]
    pub project: Option<String>,
}

/// How long a budget lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub enum BudgetSpan {
    /// A calendar day.
    Day,
    /// A week from Monday.
    Week,
    /// A calendar month.
    Month,
}

impl BudgetSpan {
    /// The first day of the span in which a day lies.
    pub fn begin(self, day: NaiveDate) -> NaiveDate {
        let begin = match self {
            Self::Day => Some(day),
            Self::Week => {
                day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into()))
            }
            Self::Month => day.with_day(1),
        };
        begin.unwrap_or(day)
    }

    /// The span in a word: `today`, `this week`, `this month`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Day => "today",
            Self::Week => "this week",
            Self::Month => "this month",
        }
    }
}

/// Where a budget stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "camelCase")]
pub struct BudgetState {
    /// The budget.
    pub budget: Budget,
    /// First day of its present span.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub begin: NaiveDate,
    /// What was spent in it, in the currency of the settings.
    #[cfg_attr(feature = "ts", ts(type = "string"))]
    pub spent: Amount,
    /// That currency.
    pub currency: String,
}

impl BudgetState {
    /// How much of it is spent, in percent (may exceed 100).
    pub fn percent(&self) -> f64 {
        self.spent.percent_of(self.budget.amount).unwrap_or(0.0)
    }
}

impl CostSettings {
    /// An amount of US dollars in the currency that is shown.
    pub fn shown(&self, dollars: Amount) -> Amount {
        dollars.scaled_by(self.per_dollar)
    }

    /// Every value that cannot be used.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        let mut note = |field: String, message: &str| {
            found.push(Problem { field, message: message.to_owned() });
        };
        if self.currency.len() != 3 || !self.currency.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            note("cost.currency".into(), "A code of three capital letters, such as EUR.");
        }
        if self.per_dollar <= Amount::ZERO {
            note("cost.perDollar".into(), "A number above 0, such as 0.92.");
        }
        for (model, price) in &self.prices {
            let all = [
                Some(price.input),
                Some(price.output),
                price.cache_read,
                price.cache_write,
                price.cache_write_hour,
            ];
            if all.into_iter().flatten().any(Amount::is_negative) {
                note(format!("cost.prices.{model}"), "US dollars per million tokens, not below 0.");
            }
        }
        for (agent, amount) in &self.plans {
            if amount.is_negative() {
                note(format!("cost.plans.{agent}"), "US dollars a month, not below 0.");
            }
        }
        for (nth, budget) in self.budgets.iter().enumerate() {
            if budget.amount <= Amount::ZERO {
                note(format!("cost.budgets.{nth}.amount"), "A number above 0.");
            }
        }
        let is_name =
            |name: &str| !name.trim().is_empty() && name.len() <= 64 && !name.contains(['/', '\n']);
        if self.device.as_deref().is_some_and(|name| !is_name(name)) {
            note(
                "cost.device".into(),
                "A name of at most 64 letters without a slash, or nothing for the host name.",
            );
        }
        let is_place = |path: &str| path.starts_with('/') || path.starts_with("~/");
        if self.sync_folder.as_deref().is_some_and(|path| !is_place(path)) {
            note("cost.syncFolder".into(), "A path that begins with / or ~/, or nothing.");
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_written_as_numbers_or_as_text_and_are_exact() {
        let text = r#"{"prices": {"m": {"input": 0.1, "output": "15"}}, "perDollar": 0.92, "budgets": [{"per": "week", "amount": 50}]}"#;
        let settings: CostSettings = serde_json::from_str(text).unwrap();
        assert_eq!(settings.prices["m"].input.to_string(), "0.1");
        assert_eq!(settings.prices["m"].output, Amount::whole(15));
        assert_eq!(settings.shown(Amount::whole(100)), Amount::whole(92));
        assert_eq!(settings.problems(), []);
        let again: CostSettings =
            serde_json::from_str(&serde_json::to_string(&settings).unwrap()).unwrap();
        assert_eq!(again, settings);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let text = r#"{"currency": "euro", "perDollar": 0, "prices": {"m": {"input": -1}}, "plans": {"acme": -1},
            "budgets": [{"per": "day", "amount": 0}], "device": "a/b", "syncFolder": "shared"}"#;
        let settings: CostSettings = serde_json::from_str(text).unwrap();
        let fields: Vec<String> =
            settings.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!(
            fields,
            [
                "cost.currency",
                "cost.perDollar",
                "cost.prices.m",
                "cost.plans.acme",
                "cost.budgets.0.amount",
                "cost.device",
                "cost.syncFolder"
            ]
        );
    }
}
