//! What is remembered of one account: its windows' periods and whether its trouble has been told.

use super::period::WindowMarks;
use crate::{Account, Seat, SeatState};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What nobody has seen for this long is forgotten; longer than any window.
const FORGET_AFTER: TimeDelta = TimeDelta::days(90);
/// Accounts kept, at most.
const MOST_SEATS: usize = 64;
/// Windows kept per account, at most.
const MOST_WINDOWS: usize = 64;

/// Marks of one account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SeatMarks {
    pub(super) seat: Seat,
    /// Whose marks these are, as far as known: after a change of account at one seat the old marks do not apply.
    #[serde(default)]
    account: Option<Account>,
    /// When a bundle last had the seat, in UTC.
    seen: DateTime<Utc>,
    /// When the trouble that was told was last seen, in UTC, until the account answers again.
    #[serde(default)]
    pub(super) lost: Option<DateTime<Utc>>,
    #[serde(default)]
    windows: BTreeMap<String, WindowMarks>,
}

impl SeatMarks {
    fn belongs_to(&self, seat: &Seat, account: Option<&Account>) -> bool {
        let other = |(ours, theirs): (&Account, &Account)| ours.contradicts(theirs);
        self.seat == *seat && !self.account.as_ref().zip(account).is_some_and(other)
    }

    /// Marks of a window.
    pub(super) fn window(&mut self, id: &str) -> &mut WindowMarks {
        self.windows.entry(id.to_owned()).or_insert_with(WindowMarks::new)
    }

    /// Whether a reading since then said that a window has reset, and none has confirmed it yet.
    pub(super) fn is_doubted_since(&self, since: DateTime<Utc>) -> bool {
        self.windows.values().any(|window| window.is_doubted() && window.seen >= since)
    }

    /// Marks of a window, if there are any.
    pub(super) fn known_window(&self, id: &str) -> Option<&WindowMarks> {
        self.windows.get(id)
    }
}

impl super::Markers {
    /// What was told of a seat goes on counting for it under another key: more is known of its account than before.
    pub fn rename(&mut self, from: &Seat, to: &Seat) {
        for marks in self.live.iter_mut().filter(|marks| marks.seat == *from) {
            marks.seat.clone_from(to);
        }
        for notice in self.held.iter_mut().filter(|notice| notice.seat == *from) {
            notice.seat.clone_from(to);
        }
    }
}

/// The marks of the account that was last seen at a seat.
pub(super) fn find<'a>(scope: &'a [SeatMarks], seat: &Seat) -> Option<&'a SeatMarks> {
    scope.iter().filter(|marks| marks.seat == *seat).max_by_key(|marks| marks.seen)
}

/// The marks of a state's account, new ones where there are none.
pub(super) fn marks_of<'a>(
    scope: &'a mut Vec<SeatMarks>,
    state: &SeatState,
    now: DateTime<Utc>,
) -> &'a mut SeatMarks {
    let account = state.account.as_ref();
    let known = scope
        .iter()
        .enumerate()
        .filter(|(_, marks)| marks.belongs_to(&state.seat, account))
        .max_by_key(|(_, marks)| marks.seen)
        .map(|(index, _)| index);
    let index = known.unwrap_or_else(|| {
        scope.push(SeatMarks {
            seat: state.seat.clone(),
            account: None,
            seen: now,
            lost: None,
            windows: BTreeMap::new(),
        });
        scope.len() - 1
    });
    let marks = &mut scope[index];
    marks.seen = now;
    if account.is_some() {
        marks.account.clone_from(&state.account);
    }
    marks
}

/// Forgets what nobody has seen for long, and the oldest where there is too much.
pub(super) fn prune(scope: &mut Vec<SeatMarks>, now: DateTime<Utc>) {
    scope.retain(|marks| now - marks.seen <= FORGET_AFTER);
    while scope.len() > MOST_SEATS
        && let Some(oldest) = position_of_oldest(scope.iter().map(|marks| marks.seen))
    {
        scope.remove(oldest);
    }
    for marks in scope {
        marks.windows.retain(|_, window| now - window.seen <= FORGET_AFTER);
        while marks.windows.len() > MOST_WINDOWS
            && let Some(id) =
                marks.windows.iter().min_by_key(|(_, w)| w.seen).map(|(id, _)| id.clone())
        {
            marks.windows.remove(&id);
        }
    }
}

fn position_of_oldest(times: impl Iterator<Item = DateTime<Utc>>) -> Option<usize> {
    times.enumerate().min_by_key(|(_, at)| *at).map(|(index, _)| index)
}
