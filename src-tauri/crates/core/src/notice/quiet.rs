//! In quiet hours, and while a machine wakes, notices are held; what is still true afterwards is told together.

use super::{Alert, Markers, Notice, NoticeKind, seat};
use crate::Origin;
use chrono::{DateTime, TimeDelta, Utc};

/// Notices held, at most; the oldest go first.
const MOST_HELD: usize = 50;
/// More at the same moment, as when all of a vendor's days end, are told together.
const MOST_AT_ONCE: usize = 2;
/// A reset longer ago than this is no news.
const RESET_IS_NEWS: TimeDelta = TimeDelta::hours(12);

/// Why notices are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// It is a time of day in which the person wants none.
    QuietHours,
    /// More may have come due while the machine slept.
    Waking,
}

/// Holds `fresh` notices, or turns them and those held before into alerts.
pub(super) fn settle(
    markers: &mut Markers,
    fresh: Vec<Notice>,
    pause: Option<Pause>,
    now: DateTime<Utc>,
) -> Vec<Alert> {
    // Whoever tries out a notice need not wait for the machine to wake.
    let is_held = |notice: &Notice| match pause {
        None => false,
        Some(Pause::Waking) => notice.origin == Origin::Live,
        Some(Pause::QuietHours) => true,
    };
    let (held, fresh): (Vec<_>, Vec<_>) = fresh.into_iter().partition(is_held);
    for notice in held {
        hold(&mut markers.held, notice);
    }
    if pause.is_some() || markers.held.is_empty() {
        return alerts(fresh, MOST_AT_ONCE);
    }
    let mut due = std::mem::take(&mut markers.held);
    for notice in fresh {
        hold(&mut due, notice);
    }
    due.retain(|notice| is_true(markers, notice, now));
    alerts(due, 1)
}

/// Each for itself up to `apart` of them, more together.
fn alerts(notices: Vec<Notice>, apart: usize) -> Vec<Alert> {
    if notices.len() > apart {
        return vec![Alert::Digest(notices)];
    }
    notices.into_iter().map(|notice| Alert::One(Box::new(notice))).collect()
}

fn hold(held: &mut Vec<Notice>, notice: Notice) {
    let restored = matches!(notice.kind, NoticeKind::AccountRestored);
    let before = held.len();
    held.retain(|old| !outdates(&notice, old));
    // A trouble that came and went in quiet hours is none.
    if restored && held.len() < before {
        return;
    }
    held.push(notice);
    let excess = held.len().saturating_sub(MOST_HELD);
    held.drain(..excess);
}

/// Whether `new` makes `old` pointless.
fn outdates(new: &Notice, old: &Notice) -> bool {
    use NoticeKind::{AccountRestored, AccountTrouble, Reset, RunOut, Threshold};
    let same_account = new.seat == old.seat && new.origin == old.origin;
    let same_window = || new.kind.window().map(|w| &w.id) == old.kind.window().map(|w| &w.id);
    same_account
        && match (&new.kind, &old.kind) {
            (Threshold { .. } | Reset { .. }, Threshold { .. } | RunOut { .. } | Reset { .. })
            | (RunOut { .. }, RunOut { .. } | Reset { .. }) => same_window(),
            (AccountTrouble { .. }, AccountRestored) | (AccountRestored, AccountTrouble { .. }) => {
                true
            }
            _ => false,
        }
}

/// Whether a held notice still holds.
fn is_true(markers: &Markers, notice: &Notice, now: DateTime<Utc>) -> bool {
    let scope = match notice.origin {
        Origin::Simulated => &markers.simulated,
        Origin::Live | Origin::Demo => &markers.live,
    };
    let Some(marks) = seat::find(scope, &notice.seat) else {
        return false;
    };
    let period = || {
        let window = notice.kind.window().filter(|w| w.resets_at.is_none_or(|end| end > now))?;
        marks.known_window(&window.id)?.current()
    };
    match &notice.kind {
        NoticeKind::Threshold { threshold, .. } => {
            period().is_some_and(|period| period.told.contains(threshold))
        }
        NoticeKind::RunOut { runs_out_at, .. } => {
            *runs_out_at > now && period().is_some_and(|period| period.run_out_told)
        }
        NoticeKind::Reset { .. } => now - notice.at <= RESET_IS_NEWS,
        NoticeKind::AccountTrouble { .. } => marks.lost.is_some(),
        NoticeKind::AccountRestored => marks.lost.is_none(),
    }
}
