//! What one answer of a vendor says, in domain terms.

use crate::{Amount, Percent, Window};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum CreditUnit {
    /// US dollars.
    Usd,
    /// Euros.
    Eur,
    /// The vendor's own credits.
    Credits,
    /// Requests.
    Requests,
    /// Points.
    Points,
}

impl CreditUnit {
    /// The name used in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Usd => "usd",
            Self::Eur => "eur",
            Self::Credits => "credits",
            Self::Requests => "requests",
            Self::Points => "points",
        }
    }
}

/// A prepaid or granted balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credits {
    /// What is left, in `unit`; `None` where the vendor does not say.
    pub balance: Option<Amount>,
    /// What the balance is counted in.
    pub unit: CreditUnit,
    /// Whether there is no limit: shown as a word, without a bar.
    pub unlimited: bool,
    /// When the balance expires, in UTC.
    pub expires_at: Option<DateTime<Utc>>,
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
    /// Prepaid or granted balance.
    pub credits: Option<Credits>,
    /// Money spent beyond the plan.
    pub spend: Option<Spend>,
    /// How many times a person may reset a limit by hand.
    pub reset_credits: Option<u32>,
    /// Whether the vendor says that a limit is reached, whatever the percentages.
    pub limit_reached: bool,
    /// When the vendor measured it, in UTC; `None` is "now", at the time of the fetch.
    pub as_of: Option<DateTime<Utc>>,
}

impl Reading {
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
            credits: None,
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
