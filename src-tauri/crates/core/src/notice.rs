//! What is worth a notification: each fact once, over restarts and jitter, none from numbers that cannot be trusted.
//!
//! A shell saves the [`Markers`] before it shows what [`decide`] returns.

mod account;
mod budget;
mod period;
mod quiet;
mod seat;
mod waking;

pub use budget::decide_budgets;

use crate::{
    Failure, Freshness, Origin, Percent, ProviderInfo, Seat, SeatState, UsageSnapshotBundle,
    Window, WindowKind,
    cost::BudgetState,
    pace,
    settings::{Alerts, ResetNotice},
};
use budget::BudgetMark;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use period::{Ended, Period, Sample};
use quiet::Pause;
use seat::SeatMarks;
use serde::{Deserialize, Serialize};
use waking::Waking;

/// A window mattered when at least this much of it had been used, in percent.
const MATTERED: f64 = 50.0;
/// Windows shorter than this refill before a person has read the notice, in minutes.
const SHORTEST_MINUTES: u32 = 30;

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
    /// Several together: what was held back in quiet hours, what came due while the machine slept, what came all at once.
    Digest(Vec<Notice>),
    /// A budget of which most, or all, is spent.
    Budget(Box<BudgetState>),
}

impl NoticeKind {
    /// The window that it is about, if it is about one.
    pub const fn window(&self) -> Option<&Window> {
        match self {
            Self::Threshold { window, .. }
            | Self::RunOut { window, .. }
            | Self::Reset { window, .. } => Some(window),
            Self::AccountTrouble { .. } | Self::AccountRestored => None,
        }
    }
}

/// What has been told, and what is known of each window's period. Persisted between runs; bounded in size.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Markers {
    live: Vec<SeatMarks>,
    /// Apart, so that a simulation never silences a true alert.
    simulated: Vec<SeatMarks>,
    held: Vec<Notice>,
    waking: Waking,
    budgets: Vec<BudgetMark>,
}

impl Markers {
    /// A new simulation tells everything anew.
    pub fn forget_simulated(&mut self) {
        self.simulated.clear();
        self.held.retain(|notice| notice.origin != Origin::Simulated);
    }
}

/// Decides what to tell about `bundle` at `now`; `local` is the same moment as local time of day. Whoever runs calls it at
/// each change, and every minute.
///
/// - A threshold is told once per period of a window; a reading that jumps over several tells the highest.
/// - A run-out is told once per period, never beside a threshold, and no more once the highest threshold has been told.
/// - A new period begins with a fall in use that two readings show, and with nothing else. The first of the two tells
///   nothing.
/// - A reset is told if it is not long past: a fifth of the window, from 2 h to 12 h.
/// - Stale, rolled-over and demo numbers tell nothing; a first observation can reach a threshold, but never reset.
/// - What came due while the machine slept is one alert.
pub fn decide(
    markers: &mut Markers,
    bundle: &UsageSnapshotBundle,
    alerts: &Alerts,
    now: DateTime<Utc>,
    local: NaiveTime,
) -> Vec<Alert> {
    markers.waking.look(now);
    markers.simulated.retain(|marks| {
        let simulated = |state: &SeatState| state.origin == Origin::Simulated;
        bundle.seats.iter().any(|state| simulated(state) && state.seat == marks.seat)
    });
    let mut fresh = Vec::new();
    for state in &bundle.seats {
        let scope = match state.origin {
            Origin::Demo => continue,
            Origin::Live => &mut markers.live,
            Origin::Simulated => &mut markers.simulated,
        };
        let marks = seat::marks_of(scope, state, now);
        let account = account::look(marks, state, alerts.account, now);
        let found = account.into_iter().chain(look_at_windows(marks, state, alerts, now));
        fresh.extend(found.map(|kind| notice(state, kind, now)));
    }
    seat::prune(&mut markers.live, now);
    seat::prune(&mut markers.simulated, now);
    let waking = markers.waking.gathers(bundle, &markers.live, now).then_some(Pause::Waking);
    let quiet = alerts.quiet_hours.filter(|quiet| quiet.contains(local));
    let pause = quiet.map(|_| Pause::QuietHours).or(waking);
    quiet::settle(markers, fresh, pause, now)
}

fn notice(state: &SeatState, kind: NoticeKind, now: DateTime<Utc>) -> Notice {
    let (seat, provider) = (state.seat.clone(), state.provider.clone());
    Notice { seat, provider, origin: state.origin, at: now, kind }
}

fn look_at_windows(
    marks: &mut SeatMarks,
    state: &SeatState,
    alerts: &Alerts,
    now: DateTime<Utc>,
) -> Vec<NoticeKind> {
    let mut found = Vec::new();
    for seen in &state.windows {
        let window = &seen.value;
        let fresh = state.freshness(&seen.stamp, window.resets_at, now) == Freshness::Fresh;
        let short = window.minutes.is_some_and(|minutes| (1..SHORTEST_MINUTES).contains(&minutes));
        let Some(sample) = Sample::of(seen).filter(|_| fresh && !short) else { continue };
        let taken = marks.window(&window.id).take(&sample, now);
        if let Some(ended) = taken.ended {
            found.extend(reset(window, ended, alerts.reset, now));
        }
        if let Some(period) = taken.period {
            found.extend(warn(period, window, seen.stamp.at, alerts, now));
        }
    }
    found
}

fn reset(
    window: &Window,
    ended: Ended,
    wanted: ResetNotice,
    now: DateTime<Utc>,
) -> Option<NoticeKind> {
    let wanted = match wanted {
        ResetNotice::Off => false,
        ResetNotice::WhenItMattered => ended.highest.get() >= MATTERED,
        ResetNotice::Always => true,
    };
    let recent = now - ended.at <= late_reset(window);
    (wanted && recent && window.kind != WindowKind::Rolling)
        .then(|| NoticeKind::Reset { window: window.clone(), used_before: ended.highest })
}

/// How long after a reset it is still news, as after a night or a restart.
fn late_reset(window: &Window) -> TimeDelta {
    let fifth = window.length().map_or(TimeDelta::zero(), |length| length / 5);
    fifth.clamp(TimeDelta::hours(2), TimeDelta::hours(12))
}

/// What use and pace are worth telling; at most one notice per reading.
fn warn(
    period: &mut Period,
    window: &Window,
    seen_at: DateTime<Utc>,
    alerts: &Alerts,
    now: DateTime<Utc>,
) -> Option<NoticeKind> {
    let used = window.used?;
    let thresholds = alerts.thresholds_of(window.kind);
    let reached = thresholds.iter().copied().filter(|percent| used.get() >= f64::from(*percent));
    let told_before = period.told.last().copied();
    period.told.extend(reached.clone());
    if let Some(threshold) = reached.max().filter(|top| told_before.is_none_or(|told| told < *top))
    {
        return Some(NoticeKind::Threshold { window: window.clone(), threshold });
    }
    let last_word =
        thresholds.last().is_some_and(|top| told_before.is_some_and(|told| told >= *top));
    if !alerts.run_out || period.run_out_told || last_word {
        return None;
    }
    let runs_out_at = pace::runs_out_for_sure(window, seen_at, now)?;
    period.run_out_told = true;
    Some(NoticeKind::RunOut { window: window.clone(), runs_out_at })
}

#[cfg(test)]
mod tests;
