//! One seat in the loop: what is known, when it is due, who waits for it.

use crate::SeatPlan;
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Failure, Poll, Reading, SeatState, SourceId, Trouble, default_stale_after,
    schedule::{self, Plan},
};
use tokio::sync::oneshot;

/// After a failure that closed no gate, the next try is not later than this.
const RETRY: TimeDelta = TimeDelta::minutes(2);

/// A seat.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) state: SeatState,
    pub(crate) interval: TimeDelta,
    pub(crate) floor: TimeDelta,
    pub(crate) due: DateTime<Utc>,
    /// Whether a poll of it is under way.
    pub(crate) in_flight: bool,
    /// Whether something happened during the flight that asks for another one at once.
    pub(crate) again: bool,
    /// Callers of "refresh" that wait for it.
    pub(crate) waiting: Vec<oneshot::Sender<()>>,
}

impl Slot {
    pub(crate) fn new(plan: SeatPlan, now: DateTime<Utc>) -> Self {
        let SeatPlan { mut state, interval, floor } = plan;
        let fresh_until =
            state.last_good.as_ref().filter(|good| good.at <= now).map(|good| good.at + interval);
        let due = match fresh_until {
            Some(until) if state.failure.is_none() => until.max(now),
            _ => now,
        };
        state.next_poll = Some(due);
        state.stale_after_s = stale_after(interval);
        Self { state, interval, floor, due, in_flight: false, again: false, waiting: Vec::new() }
    }

    /// Takes over another interval, and keeps what is known.
    pub(crate) fn replan(&mut self, plan: SeatPlan, now: DateTime<Utc>) {
        self.state.provider = plan.state.provider;
        if self.interval != plan.interval {
            self.due = self.due.min(now + plan.interval);
            self.state.next_poll = Some(self.due);
        }
        (self.interval, self.floor) = (plan.interval, plan.floor);
        self.state.stale_after_s = stale_after(plan.interval);
    }

    /// Takes in what a poll brought, and plans the next.
    pub(crate) fn take_in(&mut self, poll: Poll, now: DateTime<Utc>, jitter: f64) {
        let asked = !poll.readings.is_empty() || poll.failure.is_some();
        for (via, reading) in poll.readings {
            self.state.observe(reading, &via, now);
        }
        let failed = poll.failure.is_some();
        match poll.failure {
            Some(failure) => self.state.fail(failure),
            None if !asked && !self.state.has_numbers() && self.state.failure.is_none() => {
                self.state.fail(paused(now, poll.not_before));
            }
            None => {}
        }
        self.state.attempts = poll.attempts;
        let interval =
            if failed { self.interval.min(RETRY.max(self.floor)) } else { self.interval };
        self.plan_next(interval, poll.not_before, now, jitter);
    }

    /// Takes in a reading that came by itself.
    pub(crate) fn observe(
        &mut self,
        reading: Reading,
        via: &SourceId,
        now: DateTime<Utc>,
        jitter: f64,
    ) {
        if self.state.observe(reading, via, now) {
            self.plan_next(self.interval, now, now, jitter);
        }
    }

    fn plan_next(
        &mut self,
        interval: TimeDelta,
        not_before: DateTime<Utc>,
        now: DateTime<Utc>,
        jitter: f64,
    ) {
        let resets: Vec<_> =
            self.state.windows.iter().filter_map(|seen| seen.value.resets_at).collect();
        self.due = schedule::next_poll(
            Plan { interval, floor: self.floor, not_before, resets: &resets },
            now,
            jitter,
        );
        self.state.next_poll = Some(self.due);
    }

    /// Makes it due at `at` if that is sooner.
    pub(crate) fn sooner(&mut self, at: DateTime<Utc>) {
        self.due = self.due.min(at);
        self.state.next_poll = Some(self.due);
    }

    /// A clock that was set back must not put the next poll off for longer than it would be after one.
    pub(crate) fn not_later_than(&mut self, at: DateTime<Utc>) {
        if self.state.failure.is_none() && self.due > at {
            self.sooner(at);
        }
    }
}

fn stale_after(interval: TimeDelta) -> u32 {
    let seconds = (interval * 2 + TimeDelta::minutes(1)).num_seconds();
    u32::try_from(seconds).unwrap_or(u32::MAX).max(default_stale_after())
}

/// Why there is no number although nobody was asked.
fn paused(now: DateTime<Utc>, until: DateTime<Utc>) -> Failure {
    Failure {
        trouble: Trouble::RateLimited,
        source: None,
        detail: format!(
            "Asked too recently; the next question is allowed at {}.",
            until.format("%H:%M:%S UTC")
        ),
        remedy: "Nothing to do: Claudometer asks again when it is allowed to.".into(),
        since: now,
        at: now,
        shape: None,
    }
}
