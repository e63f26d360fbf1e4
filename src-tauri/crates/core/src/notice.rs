//! What is worth a notification: decided once per window, period and threshold, over restarts and jitter.
//!
//! Only fresh, live numbers count. A period is known by its end, with half the window's length of tolerance, and a new
//! one only counts when a second reading confirms it: one bad sample is no reset.

mod account;
#[cfg(test)]
mod tests;
mod window_mark;

use crate::{
    Failure, Freshness, Origin, Percent, ProviderInfo, Seat, SeatState, UsageSnapshotBundle,
    Window, settings::Alerts,
};
use account::AccountMark;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use window_mark::WindowMark;

/// Notices that quiet hours hold back at most; older ones go first.
const HELD_AT_MOST: usize = 40;
/// A reset is old news after this time.
const RESET_IS_NEWS: TimeDelta = TimeDelta::hours(12);
/// What is simulated is kept under names that begin with this.
const SIMULATED: &str = "simulated:";
/// What nobody has seen for this long is forgotten.
const FORGET_AFTER: TimeDelta = TimeDelta::days(40);

/// Something worth telling, as data; the words are made where all words are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Which account.
    pub seat: Seat,
    /// How its provider is shown.
    pub provider: ProviderInfo,
    /// Whether a debug menu item made it up.
    #[serde(default)]
    pub origin: Origin,
    /// When it became true, in UTC.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: NoticeKind,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NoticeKind {
    /// A window has reached a threshold.
    Threshold {
        /// The window, as it was then.
        window: Window,
        /// The threshold, percent used.
        threshold: u8,
    },
    /// The present pace uses a window up before it resets.
    RunOut {
        /// The window, as it was then.
        window: Window,
        /// When, in UTC.
        runs_out_at: DateTime<Utc>,
    },
    /// A window has reset.
    Reset {
        /// The window, as it is now.
        window: Window,
        /// The most that was used of it before.
        used_before: Percent,
    },
    /// An account has stopped answering, and a person can do something about it.
    AccountTrouble {
        /// The trouble.
        failure: Failure,
    },
    /// It answers again.
    AccountRestored,
}

/// What is to be shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Alert {
    /// One notice.
    One(Box<Notice>),
    /// What quiet hours held back, together.
    Digest(Vec<Notice>),
}

/// What has been told. Persisted, so that a restart tells nothing twice.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Markers {
    windows: BTreeMap<String, WindowMark>,
    accounts: BTreeMap<String, AccountMark>,
    held: Vec<Notice>,
}

/// Decides what to tell about a snapshot at `now`, when people's clocks say `local`.
pub fn decide(
    markers: &mut Markers,
    bundle: &UsageSnapshotBundle,
    alerts: &Alerts,
    now: DateTime<Utc>,
    local: NaiveTime,
) -> Vec<Alert> {
    let mut notices = Vec::new();
    for state in &bundle.seats {
        if state.origin == Origin::Demo {
            continue;
        }
        let mut note = |kind| {
            let (seat, provider) = (state.seat.clone(), state.provider.clone());
            notices.push(Notice { seat, provider, origin: state.origin, at: now, kind });
        };
        for seen in &state.windows {
            let fresh = state.freshness(&seen.stamp, seen.value.resets_at, now) == Freshness::Fresh;
            if let (true, Some(used)) = (fresh, seen.value.used) {
                let mark = markers.windows.entry(window_key(state, &seen.value)).or_default();
                mark.see(&seen.value, used, seen.stamp.at, alerts, now)
                    .into_iter()
                    .for_each(&mut note);
            }
        }
        if state.origin == Origin::Live {
            let mark = markers.accounts.entry(seat_key(state)).or_default();
            mark.see(state, now).filter(|_| alerts.account).into_iter().for_each(&mut note);
        }
    }
    markers.prune(now);
    if alerts.quiet_hours.is_some_and(|quiet| quiet.contains(local)) {
        markers.hold(notices);
        return Vec::new();
    }
    let mut told = markers.release(bundle, now);
    told.extend(notices.into_iter().map(|notice| Alert::One(Box::new(notice))));
    told
}

impl Markers {
    /// Forgets what was told of simulated numbers, so that the next simulation tells it again.
    pub fn forget_simulated(&mut self) {
        self.windows.retain(|key, _| !key.starts_with(SIMULATED));
    }

    fn hold(&mut self, notices: Vec<Notice>) {
        self.held.extend(notices);
        let too_many = self.held.len().saturating_sub(HELD_AT_MOST);
        self.held.drain(..too_many);
    }

    /// What was held back and is still true.
    fn release(&mut self, bundle: &UsageSnapshotBundle, now: DateTime<Utc>) -> Vec<Alert> {
        let mut held = std::mem::take(&mut self.held);
        held.retain(|notice| still_true(notice, bundle, now));
        match held.len() {
            0 => Vec::new(),
            1 => held.into_iter().map(|notice| Alert::One(Box::new(notice))).collect(),
            _ => vec![Alert::Digest(held)],
        }
    }

    fn prune(&mut self, now: DateTime<Utc>) {
        self.windows.retain(|_, mark| mark.is_recent(now, FORGET_AFTER));
        self.accounts.retain(|_, mark| mark.is_recent(now, FORGET_AFTER));
    }
}

fn still_true(notice: &Notice, bundle: &UsageSnapshotBundle, now: DateTime<Utc>) -> bool {
    let state = bundle.seats.iter().find(|state| state.seat == notice.seat);
    match &notice.kind {
        NoticeKind::Threshold { window, .. } => window.resets_at.is_none_or(|at| at > now),
        NoticeKind::RunOut { runs_out_at, .. } => *runs_out_at > now,
        NoticeKind::Reset { .. } => now - notice.at < RESET_IS_NEWS,
        NoticeKind::AccountTrouble { failure } => {
            let standing = state.and_then(|state| state.failure.as_ref());
            standing.is_some_and(|standing| standing.trouble == failure.trouble)
        }
        NoticeKind::AccountRestored => state.is_some_and(|state| state.failure.is_none()),
    }
}

/// What is simulated has marks of its own, so that it leaves no trace in the real ones.
fn seat_key(state: &SeatState) -> String {
    let scope = if state.origin == Origin::Simulated { SIMULATED } else { "" };
    format!("{scope}{}/{}", state.seat.provider, state.seat.account)
}

fn window_key(state: &SeatState, window: &Window) -> String {
    format!("{}/{}", seat_key(state), window.id)
}
