//! How much of a limit is used: the five things that a vendor can say, and what each way of saying it means.

use crate::{Amount, Percent};

/// What a vendor says of one limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowance {
    /// It does not say: a window without a figure.
    Unknown,
    /// So much is used. Zero is a fact, and so is a limit that is spent, at 100 % and more.
    Used(Percent),
    /// There is no limit: a word, without a bar.
    Unlimited,
    /// No part of the plan, turned off, or a limit of nothing: no window at all.
    Absent,
}

impl Allowance {
    /// Nothing is left, says the vendor in a word.
    pub fn spent() -> Self {
        Self::of_percent(Some(100.0))
    }

    /// From a count of what is used and the limit. A limit of zero is none.
    pub fn counted(used: Option<f64>, limit: Option<f64>) -> Self {
        match (used, limit) {
            (_, Some(0.0)) => Self::Absent,
            (Some(used), Some(limit)) if limit > 0.0 => {
                Self::of_percent(Some(used * 100.0 / limit))
            }
            _ => Self::Unknown,
        }
    }

    /// From a count of what is left and the limit. Below zero more than all is used; nothing left is spent, whatever the
    /// limit was, unless that is zero too.
    pub fn left(left: Option<f64>, limit: Option<f64>) -> Self {
        match (left, limit) {
            (_, Some(0.0)) => Self::Absent,
            (Some(left), Some(limit)) if limit > 0.0 => {
                Self::of_percent(Some((limit - left) * 100.0 / limit))
            }
            (Some(left), None) if left <= 0.0 => Self::spent(),
            _ => Self::Unknown,
        }
    }

    /// [`counted`](Self::counted), of exact amounts.
    pub fn amounts(used: Option<Amount>, limit: Option<Amount>) -> Self {
        Self::counted(used.map(Amount::approximate), limit.map(Amount::approximate))
    }

    /// [`left`](Self::left), of exact amounts.
    pub fn amounts_left(left: Option<Amount>, limit: Option<Amount>) -> Self {
        match (left, limit) {
            (Some(left), Some(limit)) => Self::amounts(Some(limit - left), Some(limit)),
            (left, limit) => {
                Self::left(left.map(Amount::approximate), limit.map(Amount::approximate))
            }
        }
    }

    /// From a percentage used: 1 is one percent.
    pub fn used_percent(percent: Option<f64>) -> Self {
        Self::of_percent(percent)
    }

    /// From a percentage left; below zero more than all is used.
    pub fn left_percent(percent: Option<f64>) -> Self {
        Self::of_percent(percent.map(|left| 100.0 - left))
    }

    /// From a fraction used: 1 is all of it.
    pub fn used_fraction(fraction: Option<f64>) -> Self {
        Self::of_percent(fraction.map(|used| used * 100.0))
    }

    /// From a fraction left; below zero more than all is used.
    pub fn left_fraction(fraction: Option<f64>) -> Self {
        Self::of_percent(fraction.map(|left| 100.0 - left * 100.0))
    }

    fn of_percent(percent: Option<f64>) -> Self {
        // What arithmetic leaves behind the ninth place is no part of a figure.
        let clean = |percent: f64| (percent * 1e9).round() / 1e9;
        percent.map(clean).and_then(Percent::new).map_or(Self::Unknown, Self::Used)
    }

    /// What `other` says where this says nothing: the exact one first, the rounded one behind it.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self == Self::Unknown { other } else { self }
    }

    /// Where the vendor says in a word that nothing is left, no figure beside it is less than 100 %.
    #[must_use]
    pub fn spent_if(self, spent: bool) -> Self {
        match self {
            Self::Used(used) if used.is_spent() => self,
            _ if spent => Self::spent(),
            _ => self,
        }
    }

    /// Where the vendor says that there is no limit, whatever figure stands beside it means nothing.
    #[must_use]
    pub const fn unlimited_if(self, unlimited: bool) -> Self {
        if unlimited { Self::Unlimited } else { self }
    }

    /// Where it is no part of the plan or turned off, there is none.
    #[must_use]
    pub const fn only_if(self, included: bool) -> Self {
        if included { self } else { Self::Absent }
    }

    /// Two objects of one answer tell the same limit: this one, the newer, counts. It is overruled by an older one that
    /// says that nothing is left, and filled in by it where it says nothing.
    #[must_use]
    pub fn over(self, older: Self) -> Self {
        match (self, older) {
            (Self::Unknown, older) => older,
            (Self::Used(newer), Self::Used(older)) if older.is_spent() && !newer.is_spent() => {
                Self::Used(older)
            }
            (newer, _) => newer,
        }
    }

    /// One object tells the same limit twice: the figure that is higher counts, for a zero is a placeholder and "free" never
    /// overrules "spent".
    #[must_use]
    pub fn and(self, twin: Self) -> Self {
        match (self, twin) {
            (Self::Used(one), Self::Used(two)) => Self::Used(if two > one { two } else { one }),
            (Self::Unknown, twin) | (Self::Absent, twin @ (Self::Used(_) | Self::Unlimited)) => {
                twin
            }
            (one, _) => one,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Allowance::{Absent, Unknown, Unlimited};

    fn used(percent: f64) -> Allowance {
        Allowance::Used(Percent::new(percent).unwrap())
    }

    #[test]
    fn each_way_of_saying_it_has_its_own_meaning() {
        for (said, meant) in [
            (Allowance::counted(Some(5.0), Some(20.0)), used(25.0)),
            (Allowance::counted(Some(0.0), Some(20.0)), used(0.0)),
            (Allowance::counted(Some(30.0), Some(20.0)), used(150.0)),
            (Allowance::counted(Some(5.0), None), Unknown),
            (Allowance::counted(None, Some(20.0)), Unknown),
            (Allowance::counted(Some(0.0), Some(0.0)), Absent),
            (Allowance::counted(Some(5.0), Some(0.0)), Absent),
            (Allowance::counted(Some(5.0), Some(-1.0)), Unknown),
            (Allowance::left(Some(10.0), Some(40.0)), used(75.0)),
            (Allowance::left(Some(-10.0), Some(40.0)), used(125.0)),
            (Allowance::left(Some(50.0), Some(40.0)), used(0.0)),
            (Allowance::left(Some(0.0), None), used(100.0)),
            (Allowance::left(Some(3.0), None), Unknown),
            (Allowance::left(Some(0.0), Some(0.0)), Absent),
            (Allowance::used_percent(Some(1.0)), used(1.0)),
            (Allowance::left_percent(Some(-15.0)), used(115.0)),
            (Allowance::used_fraction(Some(1.0)), used(100.0)),
            (Allowance::left_fraction(Some(0.25)), used(75.0)),
            (Allowance::left_fraction(Some(0.0)), used(100.0)),
            (Allowance::used_percent(Some(f64::NAN)), Unknown),
            (Allowance::used_percent(None), Unknown),
        ] {
            assert_eq!(said, meant);
        }
    }

    #[test]
    fn what_stands_beside_a_figure_decides_what_it_is() {
        for (said, meant) in [
            (Unknown.or(used(3.0)), used(3.0)),
            (used(62.5).or(used(63.0)), used(62.5)),
            (Absent.or(used(0.0)), Absent),
            (used(98.0).spent_if(true), used(100.0)),
            (used(104.0).spent_if(true), used(104.0)),
            (Unknown.spent_if(true), used(100.0)),
            (used(98.0).spent_if(false), used(98.0)),
            (used(0.0).unlimited_if(true), Unlimited),
            (used(0.0).only_if(false), Absent),
        ] {
            assert_eq!(said, meant);
        }
    }

    #[test]
    fn of_two_that_tell_one_limit_the_newer_counts_and_spent_is_never_overruled() {
        for (newer, older, meant) in [
            (used(4.0), used(3.0), used(4.0)),
            (used(0.0), used(12.0), used(0.0)),
            (used(0.0), used(100.0), used(100.0)),
            (Unknown, used(12.0), used(12.0)),
            (used(12.0), Unknown, used(12.0)),
            (Unlimited, used(12.0), Unlimited),
        ] {
            assert_eq!(newer.over(older), meant);
        }
        for (one, twin, meant) in [
            (used(0.0), used(12.0), used(12.0)),
            (used(12.0), used(0.0), used(12.0)),
            (used(12.0), Unknown, used(12.0)),
            (Unknown, used(12.0), used(12.0)),
            (Absent, used(12.0), used(12.0)),
        ] {
            assert_eq!(one.and(twin), meant);
        }
    }
}
