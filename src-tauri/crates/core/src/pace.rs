//! Will it last: where an even use would stand, and when the present pace uses a window up.

use crate::{Percent, Window, WindowKind};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Before this share of a window has passed, its pace says nothing about its end.
const TOO_EARLY: f64 = 0.03;
/// Points by which a use may differ from an even one and still count as even.
const EVEN: f64 = 2.0;

/// How a window goes on if the use so far goes on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pace {
    /// Where an even use would stand now, percent 0-100.
    pub expected: Percent,
    /// Used minus expected, in points; negative is in reserve.
    pub delta: f64,
    /// Where the present pace ends, percent 0 or more; `None` while it is too early to say.
    pub projected: Option<Percent>,
    /// When the present pace uses the window up, in UTC; `None` where it lasts until the reset.
    pub runs_out_at: Option<DateTime<Utc>>,
}

/// How a pace compares with an even one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaceWord {
    /// More is used than time has passed.
    Ahead,
    /// As even as it gets.
    OnTrack,
    /// Less is used than time has passed.
    InReserve,
}

impl Pace {
    /// How it compares with an even one.
    pub fn word(&self) -> PaceWord {
        if self.delta > EVEN {
            PaceWord::Ahead
        } else if self.delta < -EVEN {
            PaceWord::InReserve
        } else {
            PaceWord::OnTrack
        }
    }
}

/// The pace of a window whose use was seen at `seen_at`. `None` where use, end or length is not known, where it is used up,
/// and where the window has not begun or has ended.
pub fn pace(window: &Window, seen_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Pace> {
    let (used, ends, length) = (window.used?.get(), window.resets_at?, window.length()?);
    // A sliding window has no begin, and one that ends much later than its length allows was told wrongly.
    let odd = window.kind == WindowKind::Rolling || ends - now > length + length / 2;
    if ends <= now || seen_at >= ends || used >= 100.0 || odd {
        return None;
    }
    // A window that ends later than its length allows has not begun, or its length was told wrongly.
    let begins = ends - length;
    let share_at = |at: DateTime<Utc>| {
        ((at - begins).num_milliseconds() as f64 / length.num_milliseconds() as f64).clamp(0.0, 1.0)
    };
    let (passed, seen) = (share_at(now), share_at(seen_at.min(now)));
    let expected = passed * 100.0;
    let telling = seen >= TOO_EARLY;
    let projected = telling.then(|| used / seen);
    let runs_out_at = projected.filter(|end| *end > 100.0).and_then(|_| {
        let share = seen * 100.0 / used;
        let at =
            begins + TimeDelta::milliseconds((share * length.num_milliseconds() as f64) as i64);
        (at > seen_at && at < ends).then_some(at)
    });
    Some(Pace {
        expected: Percent::new(expected)?,
        delta: used - seen * 100.0,
        projected: projected.and_then(Percent::new),
        runs_out_at,
    })
}

/// What a pace needs to be worth an alert: enough used, enough passed, and a run-out well before the reset.
pub fn runs_out_for_sure(
    window: &Window,
    seen_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    const ENOUGH_USED: f64 = 20.0;
    const ENOUGH_PASSED: f64 = 10.0;
    let pace = pace(window, seen_at, now)?;
    let (at, ends, length) = (pace.runs_out_at?, window.resets_at?, window.length()?);
    let enough =
        window.used.map(Percent::get)? >= ENOUGH_USED && pace.expected.get() >= ENOUGH_PASSED;
    // At least a twentieth of the window would be left without.
    (enough && ends - at >= length / 20).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;
    use proptest::prelude::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn window(used: f64, ends_minute: i64, minutes: u32) -> Window {
        Window {
            id: "session".into(),
            kind: WindowKind::Session,
            scope: Scope::default(),
            used: Percent::new(used),
            resets_at: Some(at(ends_minute)),
            minutes: Some(minutes),
            unlimited: false,
        }
    }

    #[test]
    fn half_used_after_a_quarter_of_the_time_runs_out_at_half_time() {
        let found = pace(&window(50.0, 300, 300), at(75), at(75)).map(|pace| {
            (pace.expected.get(), pace.delta, pace.projected.map(Percent::get), pace.runs_out_at)
        });
        assert_eq!(found, Some((25.0, 25.0, Some(200.0), Some(at(150)))));
    }

    #[test]
    fn a_use_behind_time_is_in_reserve_and_never_runs_out() {
        let found = pace(&window(10.0, 300, 300), at(150), at(150));
        let seen =
            found.map(|pace| (pace.word(), pace.projected.map(Percent::get), pace.runs_out_at));
        assert_eq!(seen, Some((PaceWord::InReserve, Some(20.0), None)));
    }

    #[test]
    fn what_was_seen_a_while_ago_is_projected_from_then() {
        let found = pace(&window(50.0, 300, 300), at(75), at(90));
        assert_eq!(
            found.map(|pace| (pace.expected.get(), pace.runs_out_at)),
            Some((30.0, Some(at(150))))
        );
    }

    #[test]
    fn nothing_is_said_where_nothing_is_known_or_all_is_used() {
        let unknown = Window { used: None, ..window(0.0, 300, 300) };
        let endless = Window { resets_at: None, ..window(5.0, 300, 300) };
        let lengthless = Window { minutes: None, ..window(5.0, 300, 300) };
        for window in [unknown, endless, lengthless, window(50.0, 70, 300), window(100.0, 300, 300)]
        {
            assert_eq!(pace(&window, at(75), at(75)), None);
        }
        let early = pace(&window(1.0, 300, 300), at(2), at(2));
        assert_eq!(early.map(|pace| (pace.projected, pace.runs_out_at)), Some((None, None)));
    }

    #[test]
    fn an_alert_needs_more_than_a_hasty_start() {
        let minutes =
            |used, minute| runs_out_for_sure(&window(used, 300, 300), at(minute), at(minute));
        assert_eq!(minutes(15.0, 20), None, "too little used");
        assert_eq!(minutes(25.0, 20), None, "too little time passed");
        assert_eq!(minutes(50.0, 75), Some(at(150)));
        assert_eq!(minutes(98.0, 290), None, "it would hardly be missed");
    }

    proptest! {
        #[test]
        fn the_expected_use_is_a_percent_and_a_run_out_lies_between_sight_and_reset(
            used in 0.0_f64..250.0, ends in -500_i64..2_000, minutes in 0_u32..20_000, seen in -500_i64..2_000, later in 0_i64..500,
        ) {
            let window = window(used, ends, minutes);
            if let Some(pace) = pace(&window, at(seen), at(seen + later)) {
                prop_assert!((0.0..=100.0).contains(&pace.expected.get()));
                if let Some(out) = pace.runs_out_at {
                    prop_assert!(out > at(seen) && out < at(ends));
                }
            }
        }
    }
}
