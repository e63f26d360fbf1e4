//! Alerts: what core decides, with this machine's clock and settings.

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use claudometer_core::{
    Seat, Settings, UsageSnapshotBundle,
    cost::BudgetState,
    notice::{self, Alert, Markers},
};
use claudometer_host::clock;

/// What has been told, between one snapshot and the next.
#[derive(Debug)]
pub struct Alerting {
    markers: Markers,
}

impl Alerting {
    /// Goes on from what was told before.
    pub const fn new(markers: Markers) -> Self {
        Self { markers }
    }

    /// What has been told.
    pub const fn markers(&self) -> &Markers {
        &self.markers
    }

    /// What a snapshot is worth telling.
    pub fn decide(
        &mut self,
        bundle: &UsageSnapshotBundle,
        settings: &Settings,
        now: DateTime<Utc>,
    ) -> Vec<Alert> {
        notice::decide(&mut self.markers, bundle, &settings.alerts, now, local_time(now))
    }

    /// What budgets are worth telling.
    pub fn decide_budgets(
        &mut self,
        states: &[BudgetState],
        settings: &Settings,
        now: DateTime<Utc>,
    ) -> Vec<Alert> {
        notice::decide_budgets(&mut self.markers, states, &settings.alerts, local_time(now))
    }

    /// What was told of a seat counts for it under another key.
    pub fn rename(&mut self, from: &Seat, to: &Seat) {
        self.markers.rename(from, to);
    }

    /// A new simulation tells everything anew.
    pub fn forget_simulated(&mut self) {
        self.markers.forget_simulated();
    }
}

fn local_time(now: DateTime<Utc>) -> NaiveTime {
    (now + TimeDelta::seconds(i64::from(clock::local_offset_s(now)))).time()
}
