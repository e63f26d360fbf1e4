//! A limit window: how much of it is used, when it resets, whom it binds.

use crate::Allowance;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, de};

/// Share of a limit already used, in percent. Finite and not negative, but not capped: 104 % is a fact.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Percent(f64);

impl Percent {
    /// Takes a raw percent 0-100 or more; negative values become 0, what is not finite is refused.
    pub fn new(value: f64) -> Option<Self> {
        value.is_finite().then_some(Self(value.max(0.0)))
    }

    /// Percent, 0-100 or more.
    pub const fn get(self) -> f64 {
        self.0
    }

    /// Whether nothing is left.
    pub const fn is_spent(self) -> bool {
        self.0 >= 100.0
    }

    /// What is left, in percent 0-100; never below 0.
    pub fn left(self) -> f64 {
        (100.0 - self.0).max(0.0)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(f64::deserialize(deserializer)?)
            .ok_or_else(|| de::Error::custom("not a finite percent"))
    }
}

/// What period a window covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WindowKind {
    /// A few hours, commonly five.
    Session,
    /// One day.
    Daily,
    /// Seven days.
    Weekly,
    /// A calendar month, or thirty days.
    Monthly,
    /// The period of a subscription.
    BillingCycle,
    /// A window that slides with the clock.
    Rolling,
    /// A period that none of the others describes.
    Other,
}

impl WindowKind {
    /// Classifies by length in minutes: up to 6 h a session, about a day, a week, a month.
    pub const fn of_minutes(minutes: u32) -> Self {
        match minutes {
            1..=360 => Self::Session,
            1_200..=1_680 => Self::Daily,
            9_000..=11_200 => Self::Weekly,
            38_000..=47_000 => Self::Monthly,
            _ => Self::Other,
        }
    }

    /// Its length in minutes, where every window of the kind has the same: a session has five hours unless a vendor says
    /// otherwise.
    pub const fn minutes(self) -> Option<u32> {
        match self {
            Self::Session => Some(300),
            Self::Daily => Some(1_440),
            Self::Weekly => Some(10_080),
            Self::Monthly | Self::BillingCycle | Self::Rolling | Self::Other => None,
        }
    }

    /// The name used in ids, settings and JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::BillingCycle => "billing_cycle",
            Self::Rolling => "rolling",
            Self::Other => "other",
        }
    }
}

/// What part of an account a window binds; all empty means all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Scope {
    /// One model, by its display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// One product surface, for example the web app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surface: Option<String>,
    /// A separate allowance with a name of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
}

impl Scope {
    /// Whether the window binds the whole account.
    pub const fn is_account(&self) -> bool {
        self.model.is_none() && self.surface.is_none() && self.pool.is_none()
    }
}

/// One limit window as its vendor reports it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Stable within its seat: `session`, `weekly`, `weekly:opus`. Merging and alert markers go by it.
    pub id: String,
    /// The period it covers.
    pub kind: WindowKind,
    /// What part of the account it binds.
    #[serde(default)]
    pub scope: Scope,
    /// Percent used; `None` is "not reported", and is never drawn as 0.
    pub used: Option<Percent>,
    /// When it resets, in UTC; `None` where it has not started or the vendor does not say.
    pub resets_at: Option<DateTime<Utc>>,
    /// Length in minutes, where known.
    pub minutes: Option<u32>,
    /// Whether the vendor says that there is no limit: shown as a word, without a bar. `used` is `None` then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlimited: bool,
}

impl Window {
    /// A window of the whole account; `None` where the plan has none. Its length is that of its kind, where that has one.
    pub fn of(id: impl Into<String>, kind: WindowKind, allowance: Allowance) -> Option<Self> {
        let window = Self {
            id: id.into(),
            kind,
            scope: Scope::default(),
            used: None,
            resets_at: None,
            minutes: kind.minutes(),
            unlimited: false,
        };
        (allowance != Allowance::Absent).then(|| window.with(allowance))
    }

    /// The same with another figure. One that the plan does not have is one that is not told.
    #[must_use]
    pub fn with(self, allowance: Allowance) -> Self {
        let used = match allowance {
            Allowance::Used(used) => Some(used),
            Allowance::Unknown | Allowance::Unlimited | Allowance::Absent => None,
        };
        Self { used, unlimited: allowance == Allowance::Unlimited, ..self }
    }

    /// The same with its reset.
    #[must_use]
    pub fn resetting(self, resets_at: Option<DateTime<Utc>>) -> Self {
        Self { resets_at, ..self }
    }

    /// The same for a part of the account.
    #[must_use]
    pub fn scoped(self, scope: Scope) -> Self {
        Self { scope, ..self }
    }

    /// The same with the length that the vendor tells, where it tells one.
    #[must_use]
    pub fn lasting(self, minutes: Option<u32>) -> Self {
        Self { minutes: minutes.or(self.minutes), ..self }
    }

    /// What the vendor says of it.
    pub fn allowance(&self) -> Allowance {
        match self.used {
            Some(used) => Allowance::Used(used),
            None if self.unlimited => Allowance::Unlimited,
            None => Allowance::Unknown,
        }
    }

    /// Whether it tells a figure, or that there is no limit.
    pub const fn tells(&self) -> bool {
        self.used.is_some() || self.unlimited
    }

    /// Length as a duration, where known and positive.
    pub fn length(&self) -> Option<TimeDelta> {
        self.minutes.filter(|m| *m > 0).map(|m| TimeDelta::minutes(i64::from(m)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_classified_by_its_length() {
        for (minutes, kind) in [
            (300, WindowKind::Session),
            (360, WindowKind::Session),
            (1_440, WindowKind::Daily),
            (10_080, WindowKind::Weekly),
            (43_200, WindowKind::Monthly),
            (44_640, WindowKind::Monthly),
            (0, WindowKind::Other),
            (700, WindowKind::Other),
        ] {
            assert_eq!(WindowKind::of_minutes(minutes), kind, "{minutes}");
        }
    }

    #[test]
    fn a_window_without_a_limit_says_so_and_one_that_the_plan_has_not_is_none() {
        let of = |allowance| Window::of("weekly", WindowKind::Weekly, allowance);
        assert_eq!(of(Allowance::Absent), None);
        let unlimited = of(Allowance::Unlimited).unwrap();
        assert_eq!((unlimited.used, unlimited.unlimited, unlimited.tells()), (None, true, true));
        let unknown = of(Allowance::Unknown).unwrap();
        assert_eq!((unknown.used, unknown.unlimited, unknown.tells()), (None, false, false));
        for allowance in [Allowance::spent(), Allowance::Unlimited, Allowance::Unknown] {
            assert_eq!(of(allowance).unwrap().allowance(), allowance);
        }
        assert_eq!(unknown.minutes, Some(10_080));
    }

    #[test]
    fn a_percent_is_finite_never_negative_and_not_capped() {
        assert_eq!(Percent::new(103.4).map(Percent::get), Some(103.4));
        assert_eq!(Percent::new(-4.0).map(Percent::get), Some(0.0));
        assert_eq!(Percent::new(f64::NAN), None);
        assert_eq!(Percent::new(f64::INFINITY), None);
        assert_eq!(Percent::new(103.4).map(Percent::left), Some(0.0));
    }
}
