//! One seat in the loop: what is known, when it is due, who waits for it.

use crate::{SeatPlan, words};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AttemptResult, Poll, Reading, SeatState, SourceId, Trouble, default_stale_after,
    gate::LONGEST_PAUSE,
    schedule::{self, Plan},
};
use std::sync::Arc;
use tokio::sync::oneshot;

/// After a failure that closed no gate, the next try is not later than this.
const RETRY: TimeDelta = TimeDelta::minutes(2);
/// Polls that wait for the end of a pause are spread over a tenth of it, at most over this.
const SPREAD: TimeDelta = TimeDelta::seconds(30);
/// Between the end of a poll and the next one, whatever a source says: nothing spins.
const LEAST: TimeDelta = TimeDelta::seconds(5);

/// Somebody who waits for a refresh. Nothing is ever sent: it counts as told when every seat has let go of it.
pub(crate) type Caller = Arc<oneshot::Sender<()>>;

/// A seat.
#[derive(Debug)]
pub(crate) struct Slot {
    pub(crate) state: SeatState,
    pub(crate) interval: TimeDelta,
    floor: TimeDelta,
    pub(crate) due: DateTime<Utc>,
    /// The earliest moment at which a source may be asked again, as the last poll said.
    not_before: DateTime<Utc>,
    /// Whether something happened during the flight that asks for another one at once.
    again: bool,
    /// Callers of "refresh" that wait for it.
    pub(crate) waiting: Vec<Caller>,
}

impl Slot {
    pub(crate) fn new(plan: SeatPlan, now: DateTime<Utc>, jitter: f64) -> Self {
        let SeatPlan { state, interval, floor } = plan;
        let (not_before, again, waiting) = (now, false, Vec::new());
        let mut slot = Self { state, interval, floor, due: now, not_before, again, waiting };
        slot.forget_the_future(now);
        slot.state.stale_after_s = stale_after(interval);
        let remembered = slot.state.last_good.as_ref().map(|good| good.at);
        let due = match remembered {
            Some(at) if slot.state.failure.is_none() => slot.after_answer(at, jitter),
            _ => now,
        };
        slot.plan_at(due);
        slot
    }

    /// Takes over another interval, and keeps what is known.
    pub(crate) fn replan(&mut self, plan: SeatPlan, now: DateTime<Utc>) {
        self.state.provider = plan.state.provider;
        if self.interval != plan.interval {
            self.plan_at(self.due.min((now + plan.interval).max(self.not_before)));
        }
        (self.interval, self.floor) = (plan.interval, plan.floor);
        self.state.stale_after_s = stale_after(plan.interval);
    }

    /// Takes in what a poll brought, and plans the next.
    pub(crate) fn take_in(&mut self, poll: Poll, now: DateTime<Utc>, jitter: f64) {
        self.forget_the_future(now);
        self.not_before = poll.not_before.clamp(now, now + LONGEST_PAUSE);
        let nothing_told = poll.readings.is_empty() && poll.failure.is_none();
        let held_back = nothing_told || poll.attempts.iter().any(|a| waits(&a.result, now));
        let strangers = !poll.readings.is_empty();
        let measured = self.take_readings(poll.readings, now);
        let failed = poll.failure.is_some();
        let own = match measured {
            None if nothing_told && !self.state.has_numbers() && self.state.failure.is_none() => {
                Some(words::not_asked(&poll.attempts, now, self.not_before))
            }
            None if strangers => Some(words::other_account(now)),
            _ => None,
        };
        if let Some(failure) = poll.failure.or(own) {
            self.state.fail(failure);
        }
        self.state.attempts = poll.attempts;
        let news = measured.filter(|at| *at + self.interval > now);
        let due = if failed {
            self.after_failure(now, jitter)
        } else if let Some(at) = news {
            self.after_answer(at, jitter)
        } else {
            self.after_no_news(held_back, now, jitter)
        };
        self.plan_at(if self.again { now } else { due.max(now + LEAST) });
        self.again = false;
    }

    /// Merges what belongs to this account, in order. Returns when the newest of it was measured.
    fn take_readings(
        &mut self,
        readings: Vec<(SourceId, Reading)>,
        now: DateTime<Utc>,
    ) -> Option<DateTime<Utc>> {
        let mut newest = None;
        for (via, reading) in readings {
            let at = measured_at(&reading, now);
            if self.state.observe(reading, &via, now) {
                newest = newest.max(Some(at));
            }
        }
        newest
    }

    /// Takes in a reading that came by itself. It counts from when it was measured, so an old one puts nothing off.
    pub(crate) fn observe(
        &mut self,
        reading: Reading,
        via: &SourceId,
        now: DateTime<Utc>,
        jitter: f64,
    ) {
        self.forget_the_future(now);
        let at = measured_at(&reading, now);
        let newest = self.state.last_good.as_ref().is_none_or(|good| good.at <= at);
        if self.state.observe(reading, via, now) && newest && at + self.interval > now {
            self.plan_at(self.after_answer(at, jitter));
        }
    }

    /// Takes over what another process learned, if it is newer; when it is due here stays. Answers whether it was newer.
    pub(crate) fn recall(&mut self, state: SeatState, now: DateTime<Utc>) -> bool {
        let newer = latest(&state) > latest(&self.state);
        if newer {
            let provider = self.state.provider.clone();
            let (next_poll, stale_after_s) = (self.state.next_poll, self.state.stale_after_s);
            self.state = SeatState { provider, next_poll, stale_after_s, ..state };
            self.forget_the_future(now);
        }
        newer
    }

    /// When it is due after an answer that was measured at `at`.
    fn after_answer(&self, at: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
        self.planned(self.interval, at, jitter)
    }

    fn after_failure(&self, now: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
        if self.not_before > now {
            self.end_of_pause(now, jitter)
        } else {
            self.planned(self.interval.min(RETRY.max(self.floor)), now, jitter)
        }
    }

    /// Nobody told anything newer: what was planned stands, unless this was the planned poll.
    fn after_no_news(&self, held_back: bool, now: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
        if self.due > now {
            self.due.max(self.not_before)
        } else if held_back && self.not_before > now {
            self.end_of_pause(now, jitter)
        } else {
            self.planned(self.interval, now, jitter)
        }
    }

    fn planned(&self, interval: TimeDelta, from: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
        let resets: Vec<_> =
            self.state.windows.iter().filter_map(|seen| seen.value.resets_at).collect();
        let (floor, not_before) = (self.floor, self.not_before);
        let next = schedule::next_poll(
            Plan { interval, floor, not_before: from, resets: &resets },
            from,
            jitter,
        );
        next.max(not_before)
    }

    fn end_of_pause(&self, now: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
        let range = ((self.not_before - now) / 10).min(SPREAD);
        let share = range.num_milliseconds() as f64 * jitter.clamp(0.0, 1.0);
        self.not_before + TimeDelta::milliseconds(share as i64)
    }

    fn plan_at(&mut self, at: DateTime<Utc>) {
        self.due = at;
        self.state.next_poll = Some(at);
    }

    /// Its credential changed: other gates may hold, so it is asked at once, or right after the flight under way.
    pub(crate) fn credential_changed(&mut self, in_flight: bool, now: DateTime<Utc>) {
        self.again |= in_flight;
        self.not_before = now;
        self.plan_at(self.due.min(now));
    }

    /// The machine woke or a network came up: what is due, or had no connection, is asked at `soon`.
    pub(crate) fn connected(&mut self, soon: DateTime<Utc>, now: DateTime<Utc>) {
        let down = self.state.failure.as_ref().is_some_and(|f| f.trouble == Trouble::UpstreamDown);
        if self.due <= now {
            self.plan_at(soon);
        } else if down {
            self.plan_at(self.due.min(soon));
        }
    }

    /// The clock was set back: nothing is put off for longer than two intervals by that.
    pub(crate) fn clock_set_back(&mut self, now: DateTime<Utc>) {
        let latest = now + self.interval * 2;
        self.forget_the_future(now);
        self.not_before = self.not_before.min(latest);
        self.plan_at(self.due.min(latest));
    }

    /// What bears a time to come was stamped by a clock that ran ahead. Left alone it would outrank every answer, and
    /// the numbers would stand still, until that time.
    fn forget_the_future(&mut self, now: DateTime<Utc>) {
        let state = &mut self.state;
        let windows = state.windows.iter_mut().map(|seen| &mut seen.stamp);
        let balances = state.credits.iter_mut().map(|seen| &mut seen.stamp);
        let values = [
            state.spend.as_mut().map(|seen| &mut seen.stamp),
            state.reset_credits.as_mut().map(|seen| &mut seen.stamp),
            state.last_good.as_mut(),
        ];
        for stamp in windows.chain(balances).chain(values.into_iter().flatten()) {
            stamp.at = stamp.at.min(now);
        }
        if let Some(failure) = &mut state.failure {
            failure.at = failure.at.min(now);
            failure.since = failure.since.min(now);
        }
    }
}

/// When anything was last learned of a seat: an answer or a failure.
fn latest(state: &SeatState) -> Option<DateTime<Utc>> {
    let answered = state.last_good.as_ref().map(|good| good.at);
    answered.max(state.failure.as_ref().map(|failure| failure.at))
}

/// When the vendor measured it, as [`SeatState::observe`] sees it.
fn measured_at(reading: &Reading, now: DateTime<Utc>) -> DateTime<Utc> {
    reading.as_of.unwrap_or(now).min(now)
}

/// Whether a source was not asked because of a gate that opens later.
fn waits(result: &AttemptResult, now: DateTime<Utc>) -> bool {
    matches!(result, AttemptResult::Skipped { until: Some(until), .. } if *until > now)
}

fn stale_after(interval: TimeDelta) -> u32 {
    let seconds = (interval * 2 + TimeDelta::minutes(1)).num_seconds();
    u32::try_from(seconds).unwrap_or(u32::MAX).max(default_stale_after())
}
