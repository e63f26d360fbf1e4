//! Which period of a window a reading belongs to, and whether the period before it has truly ended.
//!
//! Within a period use only grows. So only a fall that two readings in a row show begins a new period: a boundary alone
//! never does, for it jitters by seconds, moves by days, slides with the clock while a window has not started, and is
//! missing now and then. Until the second reading the first counts for nothing, as it may be a bad sample.

use crate::{Percent, Seen, Window, WindowKind};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A boundary that has moved by less than this has only jittered, however short the window.
const LEAST_MOVE: TimeDelta = TimeDelta::minutes(5);
/// By how much a boundary jitters around the moment at which a window really ends.
const JITTER: TimeDelta = TimeDelta::seconds(5);
/// A fall in use smaller than this many points is rounding.
const LEAST_DROP: f64 = 1.0;
/// A fall of so many points, less than half of the use, begins a period where the boundary has moved forward as well.
const CLEAR_DROP: f64 = 10.0;
/// Use that is back at this share of what it was before a fall, at once, had not fallen.
const BACK_AGAIN: f64 = 0.9;
/// Periods that ended this long ago cannot come back in any answer.
const KEEP_ENDED: TimeDelta = TimeDelta::days(1);
/// Periods kept per window: the current one, and those between which figures may jump.
const KEEP: usize = 6;

/// What has been told about one period of a window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Period {
    /// Its end as last reported, in UTC; `None` while the vendor names none.
    until: Option<DateTime<Utc>>,
    /// The most that was used in it: within a period use only grows, whatever a bad sample shows.
    highest: Percent,
    /// Thresholds reached, in percent.
    #[serde(default)]
    pub(super) told: BTreeSet<u8>,
    /// Whether a run-out has been told.
    #[serde(default)]
    pub(super) run_out_told: bool,
    /// Whether its end has been told, or was not worth telling.
    #[serde(default)]
    end_settled: bool,
}

/// One trustworthy reading of one window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    used: Percent,
    /// The boundary, where it lies ahead.
    until: Option<DateTime<Utc>>,
    /// Whether the answer named a boundary that had passed already: the vendor speaks of a period that is over.
    outdated: bool,
    at: DateTime<Utc>,
    length: Option<TimeDelta>,
    slides: bool,
}

impl Sample {
    /// The reading of a window; `None` where no use was reported.
    pub(super) fn of(seen: &Seen<Window>) -> Option<Self> {
        let (window, at) = (&seen.value, seen.stamp.at);
        let used = window.used?;
        let until = window.resets_at.filter(|end| *end > at);
        let length = window.length();
        // A window that was used and still ends its whole length from now moves with the clock.
        let runs_along = used.get() > 0.0
            && until.zip(length).is_some_and(|(end, length)| (end - at - length).abs() <= JITTER);
        Some(Self {
            used,
            until,
            outdated: until.is_none() && window.resets_at.is_some(),
            at,
            length,
            slides: window.kind == WindowKind::Rolling || runs_along,
        })
    }

    /// A boundary that has moved by more than this has not only jittered: a tenth of the window.
    fn far(&self) -> TimeDelta {
        self.length.map_or(LEAST_MOVE, |length| (length / 10).max(LEAST_MOVE))
    }

    /// Whether at least as much is used as then.
    fn is_again(&self, before: Percent) -> bool {
        self.used.get() > before.get() - LEAST_DROP
    }

    /// Whether use is lower than it was by so much that this is another period, if the window ended `before` then.
    fn is_far_below(&self, highest: Percent, before: Option<DateTime<Utc>>) -> bool {
        let drop = highest.get() - self.used.get();
        let moved = !self.slides
            && self.until.zip(before).is_some_and(|(until, before)| until - before > self.far());
        let by_half = self.used.get() * 2.0 <= highest.get();
        drop >= LEAST_DROP && (by_half || (moved && drop >= CLEAR_DROP))
    }
}

/// Whether two ends are one, give or take a jitter.
fn is_same(one: Option<DateTime<Utc>>, other: Option<DateTime<Utc>>, jitter: TimeDelta) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() <= jitter,
        (None, None) => true,
        _ => false,
    }
}

/// How a reading says that the current period is over.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fall {
    /// Its end has passed, and less is used than before.
    InTime,
    /// Far less is used than before, although its end has not passed.
    Early,
}

impl Period {
    const fn new(sample: &Sample) -> Self {
        Self {
            until: sample.until,
            highest: sample.used,
            told: BTreeSet::new(),
            run_out_told: false,
            end_settled: false,
        }
    }

    fn note(&mut self, sample: &Sample) {
        self.until = sample.until.or(self.until);
        if sample.used > self.highest {
            self.highest = sample.used;
        }
    }

    /// Whether the clock says that it is over. A window that slides has no end.
    fn is_over(&self, sample: &Sample) -> bool {
        let Some(end) = self.until.filter(|_| !sample.slides) else { return false };
        match sample.until {
            // Where a later boundary is named, the benefit of the jitter goes to the new period.
            Some(next) => next - end > LEAST_MOVE && sample.at - end >= -JITTER,
            None => sample.at - end >= JITTER,
        }
    }

    fn fell(&self, sample: &Sample) -> bool {
        self.highest.get() - sample.used.get() >= LEAST_DROP
    }

    /// Whether the reading says that it has ended.
    fn fall(&self, sample: &Sample) -> Option<Fall> {
        if self.fell(sample) && self.is_over(sample) {
            return Some(Fall::InTime);
        }
        sample.is_far_below(self.highest, self.until).then_some(Fall::Early)
    }

    /// Takes over what was told in another.
    fn absorb(&mut self, other: &Self) {
        self.told.extend(&other.told);
        self.run_out_told |= other.run_out_told;
    }
}

/// A period that has ended, confirmed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ended {
    /// The most that was used in it.
    pub(super) highest: Percent,
    /// When it ended, in UTC, as closely as is known.
    pub(super) at: DateTime<Utc>,
}

/// What is kept of a reading: what was used, and when the window was known to end.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Believed {
    used: Percent,
    until: Option<DateTime<Utc>>,
}

/// A reading that says that a period has ended.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Doubt {
    at: DateTime<Utc>,
    until: Option<DateTime<Utc>>,
    slides: bool,
}

impl Doubt {
    const fn of(sample: &Sample) -> Self {
        Self { at: sample.at, until: sample.until, slides: sample.slides }
    }
}

/// What is remembered of one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct WindowMarks {
    /// When the last reading that was taken in was measured, in UTC.
    pub(super) seen: DateTime<Utc>,
    /// The reading that first said that the current period has ended, as long as no other confirmed it.
    #[serde(default)]
    doubt: Option<Doubt>,
    /// The last reading that was believed; `None` in what older programs kept.
    #[serde(default)]
    last: Option<Believed>,
    /// The one before it, where it is of the same period.
    #[serde(default)]
    before: Option<Believed>,
    /// Known periods, the current one first.
    periods: Vec<Period>,
}

/// What one reading brought.
#[derive(Default)]
pub(super) struct Taken<'a> {
    /// The period that it belongs to, where that is certain enough to warn about.
    pub(super) period: Option<&'a mut Period>,
    /// The period that it confirms to have ended, told at most once.
    pub(super) ended: Option<Ended>,
}

impl WindowMarks {
    /// Marks of a window that has not been seen.
    pub(super) const fn new() -> Self {
        let seen = DateTime::<Utc>::MIN_UTC;
        Self { seen, doubt: None, last: None, before: None, periods: Vec::new() }
    }

    /// The period that is believed to go on.
    pub(super) fn current(&self) -> Option<&Period> {
        self.periods.first()
    }

    /// Whether the last reading said that the current period has ended, and none has confirmed it.
    pub(super) const fn is_doubted(&self) -> bool {
        self.doubt.is_some()
    }

    /// Takes in a reading. One that is not newer than the last says nothing, unless the clock was set back.
    pub(super) fn take(&mut self, sample: &Sample, now: DateTime<Utc>) -> Taken<'_> {
        if sample.at <= self.seen && self.seen <= now {
            return Taken::default();
        }
        self.seen = sample.at;
        self.prune(sample.at);
        let fall = self.current().and_then(|current| current.fall(sample));
        if sample.outdated && fall != Some(Fall::InTime) {
            return Taken::default();
        }
        let doubt = self.doubt.take();
        let ended = match (fall, doubt) {
            (None, _) => {
                self.go_on(sample);
                None
            }
            (Some(_), None) => {
                self.doubt = Some(Doubt::of(sample));
                return Taken::default();
            }
            (Some(_), Some(doubt)) if self.jumped_for_once(sample, &doubt) => {
                self.go_on(sample);
                None
            }
            (Some(fall), Some(doubt)) => self.turn(sample, fall, &doubt),
        };
        let until = self.current().and_then(|current| current.until);
        let last = self.last.replace(Believed { used: sample.used, until });
        self.before = last.filter(|_| fall.is_none());
        let current = self.periods.first_mut();
        Taken { period: current.filter(|_| !sample.outdated), ended }
    }

    /// The reading belongs to the current period, or begins the first. Figures that jump back to where they were before a
    /// fall had not fallen: the period before goes on.
    fn go_on(&mut self, sample: &Sample) {
        let jumped = self.last.is_some_and(|last| last.used.get() * 2.0 <= sample.used.get());
        let before = |period: &Period| {
            is_same(period.until, sample.until, LEAST_MOVE)
                && sample.used.get() >= period.highest.get() * BACK_AGAIN
        };
        let back = self.periods.iter().skip(1).position(before).filter(|_| jumped);
        if let Some(at) = back {
            self.make_current(at + 1);
            if let [current, last, ..] = self.periods.as_mut_slice() {
                current.absorb(last);
            }
        }
        let before = self.before.filter(|before| sample.is_again(before.used));
        match self.periods.first_mut() {
            Some(current) => {
                // What a single reading showed, and the next one does not, was never the most.
                if before.is_some() && current.fell(sample) {
                    current.highest = sample.used;
                }
                current.note(sample);
            }
            None => self.periods.push(Period::new(sample)),
        }
    }

    /// The current period is over, confirmed; the reading's begins, or goes on where it is known already.
    fn turn(&mut self, sample: &Sample, fall: Fall, doubt: &Doubt) -> Option<Ended> {
        let last = self.last;
        let current = self.periods.first_mut()?;
        let news = !std::mem::replace(&mut current.end_settled, true);
        let at = current.until.map_or(doubt.at, |end| end.min(doubt.at));
        let ended = Ended { highest: current.highest, at };
        // Use that sinks bit by bit, or with a window that slides, is low at some time; nothing has reset.
        let at_once = fall == Fall::InTime
            || last.is_none_or(|last| sample.is_far_below(last.used, current.until));
        let known = |period: &Period| {
            is_same(period.until, sample.until, LEAST_MOVE) && period.fall(sample).is_none()
        };
        match self.periods.iter().skip(1).position(known) {
            Some(at) => self.make_current(at + 1),
            None => self.periods.insert(0, Period::new(sample)),
        }
        if let Some(current) = self.periods.first_mut() {
            current.note(sample);
        }
        let slides = doubt.slides && sample.slides;
        (news && at_once && !slides).then_some(ended)
    }

    /// Whether a single reading stood above what was known before and is known again, with the same end: that one was bad,
    /// and nothing has reset.
    fn jumped_for_once(&self, sample: &Sample, doubt: &Doubt) -> bool {
        self.before.is_some_and(|before| {
            let ends = [sample.until, doubt.until];
            let same_end = ends.iter().any(|end| is_same(*end, before.until, sample.far()));
            same_end && sample.is_again(before.used)
        })
    }

    fn make_current(&mut self, index: usize) {
        if let Some(known) = self.periods.get_mut(..=index) {
            known.rotate_right(1);
        }
    }

    fn prune(&mut self, at: DateTime<Utc>) {
        let mut index = 0;
        self.periods.retain(|period| {
            index += 1;
            index == 1 || period.until.is_none_or(|end| at - end < KEEP_ENDED)
        });
        self.periods.truncate(KEEP);
    }
}
