//! When a source may be asked at all: floors, the vendor's own pauses, and a pause after repeated failure.
//!
//! A gate belongs to one credential at one source, because vendors limit tokens one by one: a changed credential has a
//! new key and therefore an open gate. Gates are persisted, and bind timers and "refresh now" alike.

use crate::{Skip, Trouble};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Failures within this time count together.
const FAILURE_SPAN: TimeDelta = TimeDelta::minutes(10);
/// How many of them close the gate.
const FAILURE_COUNT: usize = 3;
/// For how long.
const FAILURE_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// First pause after "too many requests" without a usable `Retry-After`; it doubles up to [`CEILING`].
const RATE_LIMIT_PAUSE: TimeDelta = TimeDelta::minutes(5);
/// The longest pause that repetition alone brings about: no state is final.
pub const CEILING: TimeDelta = TimeDelta::minutes(60);
/// The longest `Retry-After` that is believed, and the longest a stored pause holds after the clock was set back.
pub const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(24);
/// Gates that nobody has asked through for this long are dropped.
const FORGET_AFTER: TimeDelta = TimeDelta::days(14);

/// How often a source may be asked, in seconds. The floor binds the person's setting and "refresh now" too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// Between polls when nothing asks for more or less.
    pub normal_s: u32,
    /// Never sooner than this.
    pub floor_s: u32,
}

impl Cadence {
    /// The floor as a duration.
    pub fn floor(self) -> TimeDelta {
        TimeDelta::seconds(i64::from(self.floor_s))
    }

    /// The time between two polls when a person asks for `interval_s` seconds.
    pub fn interval(self, interval_s: u32) -> TimeDelta {
        TimeDelta::seconds(i64::from(interval_s.max(self.floor_s)))
    }
}

/// What is remembered of one credential at one source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gate {
    /// When it was last asked, in UTC.
    pub last_asked: Option<DateTime<Utc>>,
    /// Until when the vendor, or the kind of the last failure, keeps it closed, in UTC.
    pub closed_until: Option<DateTime<Utc>>,
    /// Until when the vendor asked not to be asked ("too many requests", or a wait told by name), by whatever road, in UTC.
    pub limited_until: Option<DateTime<Utc>>,
    /// Until when repeated failure keeps it closed, in UTC.
    pub failing_until: Option<DateTime<Utc>>,
    /// The wait that the vendor asked for by name with its last refusal, in seconds; `None` where it asked for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wish_s: Option<i64>,
    /// Failures in a row.
    pub streak: u32,
    /// Recent failures, oldest first, in UTC.
    pub failures: Vec<DateTime<Utc>>,
}

/// Whether a source may be asked now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Open,
    /// Not before `until`.
    Closed {
        /// Why not.
        why: Skip,
        /// When it opens, in UTC.
        until: DateTime<Utc>,
    },
}

impl Gate {
    /// Whether the source may be asked at `now`.
    pub fn verdict(&self, cadence: Cadence, now: DateTime<Utc>) -> Verdict {
        let believable = |until: DateTime<Utc>| until.min(now + LONGEST_PAUSE);
        let server = self.closed_until.map(|until| (believable(until), Skip::ServerPause));
        let failing =
            self.failing_until.map(|until| (until.min(now + FAILURE_PAUSE), Skip::FailurePause));
        // A last question in the future means that the clock was set back: it binds nobody.
        let floor =
            self.last_asked.filter(|at| *at <= now).map(|at| (at + cadence.floor(), Skip::Floor));
        let latest = [server, failing, floor]
            .into_iter()
            .flatten()
            .filter(|(until, _)| *until > now)
            .max_by_key(|(until, _)| *until);
        latest.map_or(Verdict::Open, |(until, why)| Verdict::Closed { why, until })
    }

    /// Notes that the source is being asked, before the request leaves: a crash in between costs no second request.
    pub const fn asked(&mut self, now: DateTime<Utc>) {
        self.last_asked = Some(now);
    }

    /// Notes a good answer.
    pub fn answered(&mut self) {
        self.closed_until = None;
        self.limited_until = None;
        self.wish_s = None;
        self.failing_until = None;
        self.streak = 0;
        self.failures.clear();
    }

    /// Notes a failure; `retry_after` is the vendor's own wish, already known to be positive.
    pub fn failed(
        &mut self,
        trouble: Trouble,
        retry_after: Option<TimeDelta>,
        cadence: Cadence,
        now: DateTime<Utc>,
    ) {
        let pause = pause_after(trouble, self.streak, cadence);
        let pause =
            retry_after.map_or(pause, |asked| asked.max(cadence.floor()).min(LONGEST_PAUSE));
        self.streak = self.streak.saturating_add(1);
        self.closed_until = Some(now + pause);
        self.wish_s = retry_after.map(|asked| asked.num_seconds());
        // Who asks for a wait by name means every road with this credential, whatever the status.
        let asked_to_wait = trouble == Trouble::RateLimited || retry_after.is_some();
        self.limited_until = asked_to_wait.then_some(now + pause);
        self.failures.retain(|at| *at <= now && now - *at < FAILURE_SPAN);
        self.failures.push(now);
        if self.failures.len() >= FAILURE_COUNT {
            self.failing_until = Some(now + FAILURE_PAUSE);
            self.failures.clear();
        }
    }
}

/// How long a source rests after its `streak`-th failure in a row (counted from 0).
fn pause_after(trouble: Trouble, streak: u32, cadence: Cadence) -> TimeDelta {
    let doubled = |base: TimeDelta| base * 2_i32.pow(streak.min(6));
    let floor = cadence.floor();
    let pause = match trouble {
        Trouble::RateLimited => doubled(RATE_LIMIT_PAUSE).min(CEILING),
        Trouble::UpstreamDown | Trouble::Keychain => {
            doubled(TimeDelta::minutes(1)).min(TimeDelta::minutes(15))
        }
        Trouble::Blocked | Trouble::BadPayload => doubled(TimeDelta::minutes(15)).min(CEILING),
        Trouble::NoData => TimeDelta::minutes(15),
        Trouble::AuthMissing | Trouble::AuthExpired | Trouble::ForbiddenScope => CEILING,
        Trouble::NotSubscribed | Trouble::UnsupportedAccount => TimeDelta::hours(6),
    };
    pause.max(floor)
}

/// All gates, by key. A key names provider, source and a fingerprint of the credential, never the credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Gates(BTreeMap<String, Gate>);

impl Gates {
    /// The gate of `key`, open if nothing is known.
    pub fn verdict(&self, key: &str, cadence: Cadence, now: DateTime<Utc>) -> Verdict {
        self.0.get(key).map_or(Verdict::Open, |gate| gate.verdict(cadence, now))
    }

    /// Until when the vendor wants no question with the credential of `key`, whichever source would ask it.
    pub fn limited_until(&self, key: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let until = self.0.get(key)?.limited_until?.min(now + LONGEST_PAUSE);
        (until > now).then_some(until)
    }

    /// The gate of `key`, for noting what happened.
    pub fn gate(&mut self, key: &str) -> &mut Gate {
        self.0.entry(key.to_owned()).or_default()
    }

    /// Opens every gate whose key begins with `prefix`: a person signed in anew, or a secret was replaced.
    pub fn clear(&mut self, prefix: &str) {
        self.0.retain(|key, _| !key.starts_with(prefix));
    }

    /// Drops what nobody has asked through for two weeks.
    pub fn prune(&mut self, now: DateTime<Utc>) {
        self.0.retain(|_, gate| gate.last_asked.is_some_and(|at| now - at < FORGET_AFTER));
    }

    /// Every gate with its key, for `doctor`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Gate)> {
        self.0.iter().map(|(key, gate)| (key.as_str(), gate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CADENCE: Cadence = Cadence { normal_s: 300, floor_s: 60 };

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(1000) + TimeDelta::seconds(second)
    }

    fn until(gate: &Gate, now: DateTime<Utc>) -> Option<(i64, Skip)> {
        match gate.verdict(CADENCE, now) {
            Verdict::Open => None,
            Verdict::Closed { why, until } => Some(((until - now).num_seconds(), why)),
        }
    }

    #[test]
    fn the_floor_binds_after_every_question() {
        let mut gate = Gate::default();
        gate.asked(at(0));
        gate.answered();
        assert_eq!(until(&gate, at(10)), Some((50, Skip::Floor)));
        assert_eq!(until(&gate, at(60)), None);
    }

    #[test]
    fn a_rate_limit_without_a_wish_doubles_up_to_an_hour() {
        let mut gate = Gate::default();
        let mut minutes = Vec::new();
        let mut now = at(0);
        for _ in 0..6 {
            gate.failed(Trouble::RateLimited, None, CADENCE, now);
            let wait = until(&gate, now).map_or(0, |(seconds, _)| seconds);
            minutes.push(wait / 60);
            now += TimeDelta::seconds(wait);
        }
        assert_eq!(minutes, [5, 10, 20, 40, 60, 60]);
    }

    #[test]
    fn the_vendors_own_wish_wins_but_never_undercuts_the_floor() {
        let mut gate = Gate::default();
        gate.failed(Trouble::RateLimited, Some(TimeDelta::seconds(272)), CADENCE, at(0));
        assert_eq!(until(&gate, at(0)), Some((272, Skip::ServerPause)));
        gate.failed(Trouble::RateLimited, Some(TimeDelta::seconds(1)), CADENCE, at(300));
        assert_eq!(until(&gate, at(300)), Some((60, Skip::ServerPause)));
    }

    #[test]
    fn a_wait_that_was_told_by_name_binds_every_road_whatever_the_trouble() {
        let mut gates = Gates::default();
        let wait = Some(TimeDelta::seconds(120));
        gates.gate("down").failed(Trouble::UpstreamDown, wait, CADENCE, at(0));
        assert_eq!(until(gates.gate("down"), at(0)), Some((120, Skip::ServerPause)));
        assert_eq!(gates.limited_until("down", at(0)), Some(at(120)));
        gates.gate("quiet").failed(Trouble::UpstreamDown, None, CADENCE, at(0));
        assert_eq!(gates.limited_until("quiet", at(0)), None);
    }

    #[test]
    fn three_failures_in_ten_minutes_close_it_for_five() {
        let mut gate = Gate::default();
        for second in [0, 60, 180] {
            gate.failed(Trouble::UpstreamDown, None, CADENCE, at(second));
        }
        assert_eq!(until(&gate, at(180)), Some((300, Skip::FailurePause)));
        let mut slow = Gate::default();
        for second in [0, 590, 1200] {
            slow.failed(Trouble::UpstreamDown, None, CADENCE, at(second));
        }
        assert_eq!(slow.failing_until, None);
    }

    #[test]
    fn a_clock_that_was_set_back_closes_nothing_for_ever() {
        let mut gate = Gate::default();
        gate.asked(at(0));
        gate.failed(Trouble::AuthExpired, None, CADENCE, at(0));
        let back = at(0) - TimeDelta::days(400);
        assert_eq!(
            until(&gate, back).map(|(seconds, _)| seconds),
            Some(LONGEST_PAUSE.num_seconds())
        );
    }

    #[test]
    fn another_credential_has_another_gate() {
        let mut gates = Gates::default();
        gates.gate("acme/oauth/aaaa").failed(Trouble::RateLimited, None, CADENCE, at(0));
        assert!(matches!(gates.verdict("acme/oauth/aaaa", CADENCE, at(1)), Verdict::Closed { .. }));
        assert_eq!(gates.verdict("acme/oauth/bbbb", CADENCE, at(1)), Verdict::Open);
        gates.clear("acme/");
        assert_eq!(gates.verdict("acme/oauth/aaaa", CADENCE, at(1)), Verdict::Open);
    }

    proptest! {
        #[test]
        fn no_failure_pause_is_shorter_than_the_floor_or_longer_than_a_day(
            kind in 0_usize..11, streak in 0_u32..100, wish in prop::option::of(1_i64..1_000_000_000), floor in 1_u32..900,
        ) {
            let cadence = Cadence { normal_s: 300, floor_s: floor };
            let mut gate = Gate { streak, ..Gate::default() };
            gate.failed(Trouble::ALL[kind], wish.map(TimeDelta::seconds), cadence, at(0));
            let until = gate.closed_until.unwrap_or_default() - at(0);
            prop_assert!(until >= cadence.floor() && until <= LONGEST_PAUSE);
        }
    }
}
