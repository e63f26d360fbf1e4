//! What has been told of one window in its present period, and when that period is over.

use super::NoticeKind;
use crate::{
    Percent, Window, pace,
    settings::{Alerts, ResetNotice},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Where the length is not known, ends that differ by no more than this are the same.
const LEAST_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// A window mattered when at least this much of it had been used, in percent.
const MATTERED: f64 = 50.0;
/// Vendors round: a smaller fall is none, in points.
const FALL: f64 = 1.0;
/// A reset that happened longer ago than this, while nobody looked, is not told any more.
const NEWS: TimeDelta = TimeDelta::hours(2);

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct WindowMark {
    /// Whether anything has been seen yet.
    begun: bool,
    /// End of the present period, in UTC.
    ends: Option<DateTime<Utc>>,
    /// The most that was used in it, percent.
    peak: f64,
    /// Thresholds told in it.
    told: BTreeSet<u8>,
    /// Whether its run-out has been told.
    run_out_told: bool,
    /// A reading that looks like a new period and waits to be confirmed.
    pending: Option<Pending>,
    /// Stamp of the last reading, in UTC.
    seen_at: DateTime<Utc>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Pending {
    ends: Option<DateTime<Utc>>,
    used: f64,
    seen_at: DateTime<Utc>,
}

impl WindowMark {
    /// Takes in one fresh reading; what is to be told comes out.
    pub(super) fn see(
        &mut self,
        window: &Window,
        used: Percent,
        seen_at: DateTime<Utc>,
        alerts: &Alerts,
        now: DateTime<Utc>,
    ) -> Vec<NoticeKind> {
        let again = self.begun && seen_at <= self.seen_at;
        self.seen_at = self.seen_at.max(seen_at);
        let mut told = Vec::new();
        if !self.begun {
            self.begin(window.resets_at, used.get());
        } else if !again && self.is_other_period(window, used.get(), now) {
            match self.confirm(window, used.get(), seen_at) {
                None => return told,
                Some(low) => told.extend(self.roll_over(window, low, alerts.reset, now)),
            }
        } else if !again {
            self.pending = None;
            self.ends = window.resets_at.or(self.ends);
            self.peak = self.peak.max(used.get());
        }
        told.extend(self.thresholds(window, used, alerts));
        if told.is_empty()
            && alerts.run_out
            && !self.run_out_told
            && let Some(runs_out_at) = pace::runs_out_for_sure(window, seen_at, now)
        {
            self.run_out_told = true;
            told.push(NoticeKind::RunOut { window: window.clone(), runs_out_at });
        }
        told
    }

    fn begin(&mut self, ends: Option<DateTime<Utc>>, used: f64) {
        let seen_at = self.seen_at;
        *self = Self { begun: true, ends, peak: used, seen_at, ..Self::default() };
    }

    /// Whether a reading belongs to another period than the present one, jitter aside.
    fn is_other_period(&self, window: &Window, used: f64, now: DateTime<Utc>) -> bool {
        let tolerance =
            window.length().map_or(LEAST_TOLERANCE, |length| length / 2).max(LEAST_TOLERANCE);
        match (self.ends, window.resets_at) {
            (Some(old), Some(new)) => new - old > tolerance,
            // Not started again: the vendor names no end, and the old one has passed.
            (Some(old), None) => now >= old,
            (None, Some(_)) => false,
            // No end is ever named: only a deep fall shows a new period.
            (None, None) => self.peak >= 10.0 && used < self.peak / 2.0,
        }
    }

    /// The lower use of two readings that agree on a new period; `None` while there is only one.
    fn confirm(&mut self, window: &Window, used: f64, seen_at: DateTime<Utc>) -> Option<f64> {
        let agrees = |pending: &Pending| match (pending.ends, window.resets_at) {
            (Some(a), Some(b)) => {
                (a - b).abs()
                    <= window
                        .length()
                        .map_or(LEAST_TOLERANCE, |length| length / 2)
                        .max(LEAST_TOLERANCE)
            }
            _ => true,
        };
        match self.pending.take() {
            Some(pending) if pending.seen_at < seen_at && agrees(&pending) => {
                Some(pending.used.min(used))
            }
            _ => {
                self.pending = Some(Pending { ends: window.resets_at, used, seen_at });
                None
            }
        }
    }

    /// Begins the new period; whether the end of the old one is worth telling.
    fn roll_over(
        &mut self,
        window: &Window,
        low: f64,
        wanted: ResetNotice,
        now: DateTime<Utc>,
    ) -> Option<NoticeKind> {
        let (peak, ended) = (self.peak, self.ends);
        self.begin(window.resets_at, low);
        let fell = low <= peak - FALL;
        let news = ended.is_some_and(|at| now - at <= NEWS);
        let worth = match wanted {
            ResetNotice::Off => false,
            ResetNotice::WhenItMattered => peak >= MATTERED,
            ResetNotice::Always => true,
        };
        let used_before = Percent::new(peak)?;
        (fell && news && worth).then(|| NoticeKind::Reset { window: window.clone(), used_before })
    }

    /// The highest threshold that is newly reached; all that are reached count as told.
    fn thresholds(
        &mut self,
        window: &Window,
        used: Percent,
        alerts: &Alerts,
    ) -> Option<NoticeKind> {
        let reached = alerts
            .thresholds_of(window.kind)
            .into_iter()
            .filter(|threshold| used.get() >= f64::from(*threshold));
        let new: Vec<u8> = reached.filter(|threshold| !self.told.contains(threshold)).collect();
        self.told.extend(&new);
        let threshold = new.into_iter().max()?;
        // One below a threshold told already is no news.
        let higher = self.told.last().is_none_or(|highest| *highest <= threshold);
        higher.then(|| NoticeKind::Threshold { window: window.clone(), threshold })
    }

    pub(super) fn is_recent(&self, now: DateTime<Utc>, span: TimeDelta) -> bool {
        now - self.seen_at < span
    }
}
