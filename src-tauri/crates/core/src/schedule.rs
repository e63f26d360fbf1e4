//! When a seat is polled next. Pure: time and jitter are arguments.

use chrono::{DateTime, TimeDelta, Utc};

/// A poll this long after a window's end sees the new window.
const AFTER_RESET: TimeDelta = TimeDelta::seconds(5);
/// Jitter spreads polls by up to this share of their delay, always towards later.
const JITTER: f64 = 0.1;
/// After a wake or a returning network, polls are spread over this range of seconds.
const WAKE_SPREAD_S: (f64, f64) = (5.0, 30.0);

/// What the time of the next poll depends on.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The time between polls that settings and cadence allow.
    pub interval: TimeDelta,
    /// The shortest time between two polls.
    pub floor: TimeDelta,
    /// No poll before this: the earliest moment at which any source may be asked again.
    pub not_before: DateTime<Utc>,
    /// Ends of the seat's windows, in UTC.
    pub resets: &'a [DateTime<Utc>],
}

/// The next poll of a seat, from a random `jitter` in 0.0-1.0.
///
/// A poll that would fall into the last floor before a window's end is put off until just after it, so that the end is
/// seen within seconds although the floor holds.
pub fn next_poll(plan: Plan<'_>, now: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
    let spread =
        milliseconds(plan.interval.num_milliseconds() as f64 * JITTER * jitter.clamp(0.0, 1.0));
    let regular = (now + plan.interval + spread).max(plan.not_before);
    let pause = milliseconds(AFTER_RESET.num_milliseconds() as f64 * jitter.clamp(0.0, 1.0));
    let boundary = plan
        .resets
        .iter()
        .filter(|end| **end > now && **end - plan.floor <= regular)
        .map(|end| *end + AFTER_RESET + pause)
        .filter(|poll| *poll >= plan.not_before && *poll >= now + plan.floor)
        .min();
    boundary.map_or(regular, |poll| {
        if poll < regular || poll - regular <= plan.floor + AFTER_RESET * 2 {
            poll
        } else {
            regular
        }
    })
}

/// When a seat that is due is polled after a wake or a returning network.
pub fn after_wake(now: DateTime<Utc>, jitter: f64) -> DateTime<Utc> {
    let (from, to) = WAKE_SPREAD_S;
    now + milliseconds((from + (to - from) * jitter.clamp(0.0, 1.0)) * 1000.0)
}

fn milliseconds(value: f64) -> TimeDelta {
    TimeDelta::milliseconds(value as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    fn plan(resets: &[DateTime<Utc>]) -> Plan<'_> {
        Plan {
            interval: TimeDelta::seconds(300),
            floor: TimeDelta::seconds(300),
            not_before: at(300),
            resets,
        }
    }

    #[test]
    fn without_a_boundary_it_is_the_interval_and_at_most_a_tenth_more() {
        assert_eq!(next_poll(plan(&[]), at(0), 0.0), at(300));
        assert_eq!(next_poll(plan(&[]), at(0), 1.0), at(330));
    }

    #[test]
    fn a_window_that_ends_soon_after_the_regular_poll_is_waited_for() {
        let ends = [at(420)];
        assert_eq!(
            next_poll(plan(&ends), at(0), 0.0),
            at(425),
            "polling at 300 would leave the end unseen until 600"
        );
    }

    #[test]
    fn a_window_that_ends_too_soon_for_the_floor_waits_for_the_floor() {
        let ends = [at(100)];
        assert_eq!(next_poll(plan(&ends), at(0), 0.0), at(300));
    }

    #[test]
    fn the_vendors_pause_outlasts_everything() {
        let ends = [at(400)];
        let paused = Plan { not_before: at(2000), ..plan(&ends) };
        assert_eq!(next_poll(paused, at(0), 0.0), at(2000));
    }

    #[test]
    fn a_wake_spreads_polls_over_five_to_thirty_seconds() {
        assert_eq!(after_wake(at(0), 0.0), at(5));
        assert_eq!(after_wake(at(0), 1.0), at(30));
    }

    proptest! {
        #[test]
        fn never_sooner_than_the_floor_and_never_more_than_one_floor_late(
            interval in 30_i64..3600, floor in 30_i64..600, ends in prop::collection::vec(-1000_i64..10_000, 0..4), jitter in -1.0_f64..2.0,
        ) {
            let interval = interval.max(floor);
            let ends: Vec<_> = ends.into_iter().map(at).collect();
            let plan = Plan { interval: TimeDelta::seconds(interval), floor: TimeDelta::seconds(floor), not_before: at(floor), resets: &ends };
            let next = next_poll(plan, at(0), jitter);
            prop_assert!(next >= at(floor));
            prop_assert!(next <= at(interval + interval / 10 + floor + 10));
        }
    }
}
