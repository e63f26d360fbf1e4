//! Which period of a window a reading belongs to, and whether the period before it has truly ended.
//!
//! A boundary jitters by seconds from poll to poll, slides with the clock while a window has not started, and a bad
//! sample may show 0 % for once. So a boundary within half a window of a known one is the same period, and the end of a
//! period is believed only at the second reading in a row that says so.

use crate::{Percent, Seen, Window, WindowKind};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Boundaries closer than this are always one period.
const LEAST_TOLERANCE: TimeDelta = TimeDelta::minutes(5);
/// By how much a boundary jitters around the moment at which a window really ends.
const JITTER: TimeDelta = TimeDelta::seconds(5);
/// A fall in use smaller than this many points is rounding.
const LEAST_DROP: f64 = 1.0;
/// Periods that ended this long ago cannot come back in any answer.
const KEEP_ENDED: TimeDelta = TimeDelta::days(1);
/// Periods kept per window. Live ones lie at least half a window apart, so that more never matter.
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
        let window = &seen.value;
        let until = window.resets_at.filter(|end| *end > seen.stamp.at);
        Some(Self {
            used: window.used?,
            until,
            outdated: until.is_none() && window.resets_at.is_some(),
            at: seen.stamp.at,
            length: window.length(),
            slides: window.kind == WindowKind::Rolling,
        })
    }

    /// When the window that ends at `until` began, in UTC.
    fn began(&self, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.length.and_then(|length| until.checked_sub_signed(length))
    }

    fn tolerance(&self) -> TimeDelta {
        tolerance(self.length)
    }
}

fn tolerance(length: Option<TimeDelta>) -> TimeDelta {
    length.map_or(LEAST_TOLERANCE, |length| (length / 2).max(LEAST_TOLERANCE))
}

impl Period {
    fn new(sample: &Sample) -> Self {
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
        // Where a later boundary is named, the benefit of the jitter goes to the new period.
        let grace = if sample.until.is_some() { -JITTER } else { JITTER };
        !sample.slides && self.until.is_some_and(|end| sample.at - end >= grace)
    }

    fn fell(&self, sample: &Sample) -> bool {
        self.highest.get() - sample.used.get() >= LEAST_DROP
    }

    fn fell_by_half(&self, sample: &Sample) -> bool {
        self.fell(sample) && sample.used.get() * 2.0 <= self.highest.get()
    }

    /// Takes over what was told while the period's boundary was unknown.
    fn absorb(&mut self, nameless: Self) {
        self.told.extend(nameless.told);
        self.run_out_told |= nameless.run_out_told;
        if nameless.highest > self.highest {
            self.highest = nameless.highest;
        }
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

/// What a reading means for the period that was current before it.
enum Place {
    /// Nothing: it speaks of a period that is over.
    Nowhere,
    /// It belongs to the current period.
    Current,
    /// It belongs to another period, which is no reset: one that is known already, or an earlier one.
    Elsewhere,
    /// The current period is over by the clock.
    Next,
    /// The current period seems to have ended before its time; `proven` by a boundary beyond the tolerance.
    Early { proven: bool },
}

/// What is remembered of one window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct WindowMarks {
    /// When the last reading that was taken in was measured, in UTC.
    pub(super) seen: DateTime<Utc>,
    /// When a reading first said that the current period has ended, in UTC, as long as no other confirmed it.
    #[serde(default)]
    doubted: Option<DateTime<Utc>>,
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
        Self { seen: DateTime::<Utc>::MIN_UTC, doubted: None, periods: Vec::new() }
    }

    /// The live period that a window, as it was seen, belongs to; `None` where that period is over.
    pub(super) fn period_of(&self, window: &Window) -> Option<&Period> {
        let index = window.resets_at.and_then(|end| self.nearest(end, tolerance(window.length())));
        match index {
            Some(0) => self.periods.first(),
            Some(index) if self.doubted.is_some() => self.periods.get(index),
            Some(_) => None,
            None => self.periods.first().filter(|_| window.resets_at.is_none()),
        }
    }

    /// Takes in a reading. One that is not newer than the last says nothing, unless the clock was set back.
    pub(super) fn take(&mut self, sample: &Sample, now: DateTime<Utc>) -> Taken<'_> {
        if sample.at <= self.seen && self.seen <= now {
            return Taken::default();
        }
        let since = std::mem::replace(&mut self.seen, sample.at);
        self.prune(sample.at);
        let doubted = self.doubted.take();
        let (index, ended) = match self.place(sample, since, doubted.is_some()) {
            Place::Nowhere => {
                self.doubted = doubted;
                (None, None)
            }
            Place::Current => (Some(0), None),
            Place::Elsewhere => (Some(self.turn_to(sample)), None),
            Place::Next => self.next(sample, doubted),
            Place::Early { proven } => self.early(sample, doubted, proven),
        };
        let mut period = index.and_then(|index| self.periods.get_mut(index));
        if let Some(period) = &mut period {
            period.note(sample);
        }
        Taken { period: period.filter(|_| !sample.outdated), ended }
    }

    /// `since` is when the reading before was measured, `doubted` whether it said that the current period has ended.
    fn place(&self, sample: &Sample, since: DateTime<Utc>, doubted: bool) -> Place {
        let Some(current) = self.periods.first() else {
            return if sample.outdated { Place::Nowhere } else { Place::Elsewhere };
        };
        match (sample.until, current.until) {
            (None, _) if sample.outdated => {
                if current.is_over(sample) && current.fell(sample) {
                    Place::Next
                } else {
                    Place::Nowhere
                }
            }
            (None, Some(_)) if current.is_over(sample) => Place::Next,
            (None, None) if current.fell_by_half(sample) => Place::Early { proven: false },
            (None, _) => Place::Current,
            (Some(until), None) => match self.nearest(until, sample.tolerance()) {
                Some(_) => Place::Elsewhere,
                None => Place::Current,
            },
            (Some(until), Some(end)) => {
                let renewed = until - end > LEAST_TOLERANCE
                    && current.fell_by_half(sample)
                    && (doubted || sample.began(until).is_some_and(|at| at - since >= -JITTER));
                self.place_of_boundary(sample, until - end, renewed, doubted)
            }
        }
    }

    /// `later` is how much later than the current period the boundary lies; `renewed` says that the window began anew
    /// since the reading before, as when a person triggers a reset.
    fn place_of_boundary(
        &self,
        sample: &Sample,
        later: TimeDelta,
        renewed: bool,
        doubted: bool,
    ) -> Place {
        let (Some(current), Some(until)) = (self.periods.first(), sample.until) else {
            return Place::Current;
        };
        let fixed = sample.length.is_some() && !sample.slides;
        let beyond = later > sample.tolerance();
        if beyond && current.is_over(sample) && (fixed || current.fell(sample) || doubted) {
            return Place::Next;
        }
        match self.nearest(until, sample.tolerance()) {
            Some(0) if renewed => Place::Early { proven: false },
            Some(0) => Place::Current,
            None if beyond && current.fell_by_half(sample) => {
                Place::Early { proven: !sample.slides }
            }
            // Where no length says otherwise, a boundary that moves without a fall in use has only slid.
            None if beyond && !fixed => Place::Current,
            Some(_) | None => Place::Elsewhere,
        }
    }

    /// The known period whose end lies nearest to `until`, within `tolerance`.
    fn nearest(&self, until: DateTime<Utc>, tolerance: TimeDelta) -> Option<usize> {
        let distance = |period: &Period| period.until.map(|end| (end - until).abs());
        self.periods
            .iter()
            .enumerate()
            .filter_map(|(index, period)| distance(period).map(|distance| (distance, index)))
            .filter(|(distance, _)| *distance <= tolerance)
            .min()
            .map(|(_, index)| index)
    }

    /// The index of the sample's period other than the current one; a new one stands behind the current one.
    fn find(&mut self, sample: &Sample) -> usize {
        let nameless =
            self.periods.iter().skip(1).position(|period| period.until.is_none()).map(|at| at + 1);
        let live = |period: &Period| period.until.is_some_and(|end| end > sample.at);
        let known = match sample.until {
            Some(until) => self.nearest(until, sample.tolerance()).filter(|index| *index > 0),
            // The next period, already seen under its boundary.
            None => self.periods.iter().skip(1).position(live).map(|at| at + 1),
        };
        match (known, nameless) {
            (Some(known), Some(nameless)) => {
                let told = self.periods.remove(nameless);
                let known = known - usize::from(nameless < known);
                if let Some(period) = self.periods.get_mut(known) {
                    period.absorb(told);
                }
                known
            }
            (Some(index), None) | (None, Some(index)) => index,
            (None, None) => {
                let index = self.periods.len().min(1);
                self.periods.insert(index, Period::new(sample));
                index
            }
        }
    }

    /// Makes the sample's period the current one.
    fn turn_to(&mut self, sample: &Sample) -> usize {
        let index = self.find(sample);
        if let Some(known) = self.periods.get_mut(..=index) {
            known.rotate_right(1);
        }
        0
    }

    /// The current period is over by the clock: warnings go to the next at once, its end is told when confirmed.
    fn next(
        &mut self,
        sample: &Sample,
        doubted: Option<DateTime<Utc>>,
    ) -> (Option<usize>, Option<Ended>) {
        let fell = self.periods.first().is_some_and(|current| current.fell(sample));
        match doubted {
            Some(first) => {
                let ended = self.settle(first);
                (Some(self.turn_to(sample)), ended)
            }
            None if fell => {
                self.doubted = Some(sample.at);
                (Some(self.find(sample)), None)
            }
            None if sample.until.is_some() => (Some(self.turn_to(sample)), None),
            None => (Some(self.find(sample)), None),
        }
    }

    /// The current period seems to have ended before its time: until confirmed, the reading counts for nothing.
    fn early(
        &mut self,
        sample: &Sample,
        doubted: Option<DateTime<Utc>>,
        proven: bool,
    ) -> (Option<usize>, Option<Ended>) {
        let Some(first) = doubted else {
            self.doubted = Some(sample.at);
            return (None, None);
        };
        let ended = self.settle(first).filter(|_| proven);
        if sample.until.is_none() {
            self.periods.retain(|period| period.until.is_some());
        }
        self.periods.insert(0, Period::new(sample));
        (Some(0), ended)
    }

    fn settle(&mut self, first: DateTime<Utc>) -> Option<Ended> {
        let current = self.periods.first_mut()?;
        let news = !std::mem::replace(&mut current.end_settled, true);
        let at = current.until.map_or(first, |end| end.min(first));
        news.then_some(Ended { highest: current.highest, at })
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
