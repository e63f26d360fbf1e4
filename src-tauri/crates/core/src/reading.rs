//! What one answer of a vendor says, in domain terms.

use crate::{Amount, Currency, Percent, SavedResets, Window};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Whose numbers these are, as far as the vendor tells. Shown to the person; not written to logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Account {
    /// The vendor's id of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// E-mail address of the login.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Organisation: its name where known, else its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The vendor's id of the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
}

impl Account {
    /// Whether both name the same account, and nothing that either says speaks against it.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b));
        let named = same(&self.id, &other.id)
            || same(&self.email, &other.email)
            || same(&self.org_id, &other.org_id);
        named && !self.contradicts(other)
    }

    /// Whether both name an account and it is not the same one. Numbers of such two are never merged.
    pub fn contradicts(&self, other: &Self) -> bool {
        let differ = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if !a.eq_ignore_ascii_case(b));
        differ(&self.id, &other.id)
            || differ(&self.email, &other.email)
            || differ(&self.org_id, &other.org_id)
    }
}

/// What credits are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(type = "string"))]
pub enum CreditUnit {
    /// Money.
    Money(Currency),
    /// The vendor's own credits.
    Credits,
    /// Requests.
    Requests,
    /// Points.
    Points,
}

impl CreditUnit {
    /// US dollars.
    pub const USD: Self = Self::Money(Currency::USD);

    /// The unit of a name in JSON: `credits`, `requests`, `points`, or the code of a currency in either case.
    pub fn of(code: &str) -> Option<Self> {
        match code {
            "credits" => Some(Self::Credits),
            "requests" => Some(Self::Requests),
            "points" => Some(Self::Points),
            code => Currency::new(code).map(Self::Money),
        }
    }
}

impl fmt::Display for CreditUnit {
    /// The name used in JSON: `usd`, `credits`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Money(currency) => f.write_str(&currency.code().to_ascii_lowercase()),
            Self::Credits => f.write_str("credits"),
            Self::Requests => f.write_str("requests"),
            Self::Points => f.write_str("points"),
        }
    }
}

impl Serialize for CreditUnit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CreditUnit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::of(&code).ok_or_else(|| de::Error::custom("no unit of credits"))
    }
}

/// A prepaid or granted balance. An account can have several, each with a name or a unit of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credits {
    /// Whose or what for, where it is not the account's own: `Acme`, `Bonus`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What is left, in `unit`; `None` where the vendor does not say.
    pub balance: Option<Amount>,
    /// What was used in the present period, in `unit`, where the vendor counts that and names no limit of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Amount>,
    /// What the balance is counted in.
    pub unit: CreditUnit,
    /// Whether there is no limit: shown as a word, without a bar.
    pub unlimited: bool,
    /// When the balance expires, in UTC.
    pub expires_at: Option<DateTime<Utc>>,
}

impl Credits {
    /// So much is left.
    pub fn left(balance: Amount, unit: CreditUnit) -> Self {
        Self { balance: Some(balance), ..Self::unknown(unit) }
    }

    /// So much was used in the present period, of no limit that is told.
    pub fn used(used: Amount, unit: CreditUnit) -> Self {
        Self { used: Some(used), ..Self::unknown(unit) }
    }

    /// There is no limit.
    pub fn unlimited(unit: CreditUnit) -> Self {
        Self { unlimited: true, ..Self::unknown(unit) }
    }

    /// There are some, and nothing is told of how many.
    pub const fn unknown(unit: CreditUnit) -> Self {
        Self { name: None, balance: None, used: None, unit, unlimited: false, expires_at: None }
    }

    /// The same under a name of its own.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The same with its end.
    #[must_use]
    pub const fn ending(mut self, expires_at: Option<DateTime<Utc>>) -> Self {
        self.expires_at = expires_at;
        self
    }

    /// Whether both are the same balance, whatever is left of it.
    pub fn is_same(&self, other: &Self) -> bool {
        self.name == other.name && self.unit == other.unit
    }

    /// Whether it tells a figure, or that there is no limit.
    pub const fn tells(&self) -> bool {
        self.balance.is_some() || self.used.is_some() || self.unlimited
    }
}

/// Reads a list; what the release before wrote, one or nothing, is a list of so many.
pub(crate) fn several<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form<T> {
        List(Vec<T>),
        One(T),
        None,
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::List(all) => all,
        Form::One(one) => vec![one],
        Form::None => Vec::new(),
    })
}

/// Money spent beyond the plan in a period.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spend {
    /// Spent so far, in whole units of `currency`.
    pub used: Amount,
    /// The cap, in whole units of `currency`; `None` is uncapped or not said.
    pub limit: Option<Amount>,
    /// ISO 4217 code.
    pub currency: String,
    /// Percent of the cap, where the vendor says it or it can be computed.
    pub used_percent: Option<Percent>,
    /// When the period ends, in UTC.
    pub resets_at: Option<DateTime<Utc>>,
}

/// Whether an answer tells everything its source knows of, or only some windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// What the answer leaves out does not exist (any more).
    Complete,
    /// What the answer leaves out stands as it was: a status line, a log, response headers.
    Partial,
}

/// One vendor answer, mapped.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Whether the answer is exhaustive.
    pub coverage: Coverage,
    /// Whose numbers these are.
    pub account: Option<Account>,
    /// Plan as people know it: `Max 20x`, `Plus`.
    pub plan: Option<String>,
    /// Limit windows, in the order they are shown.
    pub windows: Vec<Window>,
    /// Prepaid or granted balances, the account's own first.
    #[serde(default, deserialize_with = "several")]
    pub credits: Vec<Credits>,
    /// Money spent beyond the plan.
    pub spend: Option<Spend>,
    /// Resets that a person may trigger by hand.
    pub reset_credits: Option<SavedResets>,
    /// Whether the vendor says that a limit is reached, whatever the percentages.
    pub limit_reached: bool,
    /// When the vendor measured it, in UTC; `None` is "now", at the time of the fetch.
    pub as_of: Option<DateTime<Utc>>,
}

impl Reading {
    /// Whether it tells any figure: a plan's name, an account or a window without one is none.
    pub fn tells(&self) -> bool {
        self.windows.iter().any(Window::tells)
            || self.credits.iter().any(Credits::tells)
            || self.spend.is_some()
            || self.reset_credits.is_some_and(|resets| resets.left > 0)
    }

    /// Whether it is a record of what somebody else was told, such as a status line or a log: it was measured before it
    /// was read, and nobody here asked for it.
    pub const fn is_record(&self) -> bool {
        self.as_of.is_some()
    }

    /// A reading that says nothing yet.
    pub const fn empty(coverage: Coverage) -> Self {
        Self {
            coverage,
            account: None,
            plan: None,
            windows: Vec::new(),
            credits: Vec::new(),
            spend: None,
            reset_credits: None,
            limit_reached: false,
            as_of: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_a_word_of_its_own_or_any_currency() {
        for (code, unit) in [
            ("usd", Some(CreditUnit::USD)),
            ("CNY", Currency::new("CNY").map(CreditUnit::Money)),
            ("credits", Some(CreditUnit::Credits)),
            ("points", Some(CreditUnit::Points)),
            ("gold bars", None),
        ] {
            assert_eq!(CreditUnit::of(code), unit, "{code}");
        }
        assert_eq!(Currency::new("CNY").map(CreditUnit::Money).unwrap().to_string(), "cny");
    }

    #[test]
    fn accounts_contradict_only_where_both_name_the_same_thing_differently() {
        let dana = Account { email: Some("dana@example.com".into()), ..Account::default() };
        let shouting = Account { email: Some("DANA@example.com".into()), ..Account::default() };
        let eli = Account { email: Some("eli@example.com".into()), ..Account::default() };
        let by_id = Account { id: Some("acc-1".into()), ..Account::default() };
        assert!(!dana.contradicts(&shouting));
        assert!(dana.contradicts(&eli));
        assert!(!dana.contradicts(&by_id));
        assert!(!dana.contradicts(&Account::default()));
        assert!(dana.is_same(&shouting) && !dana.is_same(&eli) && !dana.is_same(&by_id));
        let at = |org: &str| Account { org_id: Some(org.into()), ..dana.clone() };
        assert!(at("org-1").is_same(&dana) && !at("org-1").is_same(&at("org-2")));
    }
}
