//! After a sleep, or a time in which this program did not run: what came due meanwhile is told together.

use super::seat::SeatMarks;
use crate::{Origin, SeatState, UsageSnapshotBundle};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Whoever runs looks every minute; a pause of this length was a sleep.
const AWAY: TimeDelta = TimeDelta::minutes(30);
/// Waking lasts this long at most: time for two polls, as a reset needs two readings.
const LONGEST: TimeDelta = TimeDelta::minutes(12);

/// When was looked last, and since when what is found is gathered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Waking {
    looked: Option<DateTime<Utc>>,
    since: Option<DateTime<Utc>>,
}

impl Waking {
    /// Notes that somebody looks at `now`. Call it before the marks of what is seen change.
    pub(super) fn look(&mut self, now: DateTime<Utc>) {
        let last = self.looked.replace(now);
        if last.is_some_and(|last| now - last >= AWAY) {
            self.since = Some(now);
        }
    }

    /// Whether what is found has to wait for what else has come due: until every account that is asked soon has been asked,
    /// and what its answers say of a reset is confirmed or not.
    pub(super) fn gathers(
        &mut self,
        bundle: &UsageSnapshotBundle,
        marks: &[SeatMarks],
        now: DateTime<Utc>,
    ) -> bool {
        let Some(since) = self.since else { return false };
        let end = since + LONGEST;
        let live = bundle.seats.iter().filter(|state| state.origin == Origin::Live);
        let awaited = live.into_iter().any(|state| is_asked_soon(state, since, end));
        let doubted = marks.iter().any(|marks| marks.is_doubted_since(since));
        // A clock that was set back makes no waking without end.
        let gathers = (awaited || doubted) && now < end && now >= since;
        if !gathers {
            self.since = None;
        }
        gathers
    }
}

/// Whether an account was not asked since, and will be before `end`.
fn is_asked_soon(state: &SeatState, since: DateTime<Utc>, end: DateTime<Utc>) -> bool {
    let answered = state.last_good.as_ref().map(|good| good.at);
    let failed = state.failure.as_ref().map(|failure| failure.at);
    let asked = answered.max(failed).is_some_and(|at| at >= since);
    !asked && state.next_poll.is_some_and(|at| at < end)
}
