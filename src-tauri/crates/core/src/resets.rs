//! Resets that a person holds: each clears limits once, when the person says so.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Resets that are left, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Form")]
pub struct SavedResets {
    /// How many are left.
    pub left: u32,
    /// When the first of them ends, in UTC; `None` where that is not told.
    pub ends_at: Option<DateTime<Utc>>,
}

/// What was kept, also by releases that kept only how many.
#[derive(Deserialize)]
#[serde(untagged)]
enum Form {
    Count(u32),
    Whole { left: u32, ends_at: Option<DateTime<Utc>> },
}

impl From<Form> for SavedResets {
    fn from(form: Form) -> Self {
        match form {
            Form::Count(left) => Self { left, ends_at: None },
            Form::Whole { left, ends_at } => Self { left, ends_at },
        }
    }
}

impl SavedResets {
    /// So many, of which nobody says when they end.
    pub const fn of(left: u32) -> Self {
        Self { left, ends_at: None }
    }

    /// Those of single grants, each with how many are left and when it ends: what has ended at `now` counts no more.
    pub fn of_grants(
        grants: impl Iterator<Item = (u32, Option<DateTime<Utc>>)>,
        now: DateTime<Utc>,
    ) -> Self {
        let lasting = grants.filter(|(left, end)| *left > 0 && end.is_none_or(|end| end > now));
        lasting.fold(Self::of(0), |all, (left, end)| Self {
            left: all.left.saturating_add(left),
            ends_at: all.ends_at.into_iter().chain(end).min(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_that_have_not_ended_count_together_and_the_first_end_is_theirs() {
        let at = |day| DateTime::UNIX_EPOCH + chrono::TimeDelta::days(day);
        let grants =
            [(1, Some(at(9))), (2, Some(at(20))), (4, Some(at(30))), (8, None), (0, Some(at(11)))];
        let all = SavedResets::of_grants(grants.into_iter(), at(10));
        assert_eq!(all, SavedResets { left: 14, ends_at: Some(at(20)) });
    }

    #[test]
    fn what_an_earlier_release_kept_is_read() {
        assert_eq!(serde_json::from_str::<SavedResets>("3").unwrap(), SavedResets::of(3));
        let whole = SavedResets { left: 2, ends_at: Some(DateTime::UNIX_EPOCH) };
        let kept = serde_json::to_string(&whole).unwrap();
        assert_eq!(serde_json::from_str::<SavedResets>(&kept).unwrap(), whole);
    }
}
