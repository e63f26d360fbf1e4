//! Limits over time: what was burnt on which day, and where the last period stood at this point.

use crate::{Percent, Seat, SeatState, Window, WindowKind, bundle::Origin};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a window said at a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// When the vendor measured it, in UTC.
    pub at: DateTime<Utc>,
    /// Whose it is.
    pub seat: Seat,
    /// The window's id within its seat.
    pub window: String,
    /// Percent used, 0-100 and beyond.
    pub used: f64,
    /// When it resets, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resets_at: Option<DateTime<Utc>>,
    /// Its length in minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u32>,
}

/// The same value is worth another sample after this time, so that a quiet day is told from one that was not watched.
const REPEATED_AFTER: TimeDelta = TimeDelta::hours(1);
/// Points of a period.
const MOST_POINTS: f64 = 240.0;
/// Ends of one period differ by less than this share of its length.
const JITTER: f64 = 0.05;

impl Sample {
    /// Samples of every live number of a seat.
    pub fn of(state: &SeatState) -> Vec<Self> {
        if state.origin != Origin::Live {
            return Vec::new();
        }
        let sample = |window: &Window, at: DateTime<Utc>| {
            Some(Self {
                at,
                seat: state.seat.clone(),
                window: window.id.clone(),
                used: window.used.map(Percent::get)?,
                resets_at: window.resets_at,
                minutes: window.minutes,
            })
        };
        state.windows.iter().filter_map(|seen| sample(&seen.value, seen.stamp.at)).collect()
    }

    /// Whether it says something that `last` of the same window did not.
    pub fn is_news(&self, last: Option<&Self>) -> bool {
        last.is_none_or(|last| {
            self.at > last.at && (!self.is_same_value(last) || self.at - last.at >= REPEATED_AFTER)
        })
    }

    fn is_same_value(&self, other: &Self) -> bool {
        (self.used - other.used).abs() < f64::EPSILON && self.is_same_period(other)
    }

    /// Whether both are of one period. Where no end is told, a drop begins a new one.
    fn is_same_period(&self, earlier: &Self) -> bool {
        match (self.resets_at, earlier.resets_at, self.length()) {
            (Some(ours), Some(theirs), Some(length)) => {
                (ours - theirs).abs().as_seconds_f64() <= length.as_seconds_f64() * JITTER
            }
            (Some(ours), Some(theirs), None) => ours == theirs,
            (Some(_), None, _) | (None, _, _) => self.used >= earlier.used,
        }
    }

    fn length(&self) -> Option<TimeDelta> {
        self.minutes
            .filter(|minutes| *minutes > 0)
            .map(|minutes| TimeDelta::minutes(minutes.into()))
    }

    /// When its period began.
    fn began(&self) -> Option<DateTime<Utc>> {
        Some(self.resets_at? - self.length()?)
    }
}

/// A day of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Day {
    /// The day, in the zone that was asked for.
    pub date: NaiveDate,
    /// Percent of the window that was used up on it; a window that began anew on it counts from 0.
    pub burnt: f64,
    /// The highest percentage that was seen.
    pub peak: f64,
}

/// A window over time.
#[derive(Debug, Clone, PartialEq)]
pub struct Course {
    /// Whose it is.
    pub seat: Seat,
    /// The window's id.
    pub window: String,
    /// The period it covers.
    pub kind: WindowKind,
    /// Its length in minutes.
    pub minutes: Option<u32>,
    /// The newest sample: when, and percent used.
    pub newest: (DateTime<Utc>, f64),
    /// Percent used at this point of the period before; `None` where nobody looked then.
    pub same_point: Option<f64>,
    /// Days on which it was looked at, the newest first.
    pub days: Vec<Day>,
    /// The present period from its begin on: the part of it that had passed, 0-1, and percent used. Empty where it has ended,
    /// and where begin or end are not known.
    pub points: Vec<(f64, f64)>,
    /// The same of the period before.
    pub before: Vec<(f64, f64)>,
}

/// The courses of all windows in `samples`, which are in order of time. Days are those of a zone: `day_of` names the day of an
/// instant. At most `most` days back from `today`.
pub fn courses(
    samples: &[Sample],
    now: DateTime<Utc>,
    most: u32,
    day_of: impl Fn(DateTime<Utc>) -> NaiveDate,
) -> Vec<Course> {
    let mut windows: BTreeMap<(Seat, String), Vec<&Sample>> = BTreeMap::new();
    for sample in samples {
        windows.entry((sample.seat.clone(), sample.window.clone())).or_default().push(sample);
    }
    let since = day_of(now).checked_sub_days(Days::new(u64::from(most.saturating_sub(1))));
    let course = |((seat, window), samples): ((Seat, String), Vec<&Sample>)| {
        let newest = samples.last()?;
        let mut days = days(&samples, &day_of);
        days.retain(|day| since.is_none_or(|since| day.date >= since));
        days.reverse();
        Some(Course {
            seat,
            window,
            kind: newest.minutes.map_or(WindowKind::Other, WindowKind::of_minutes),
            minutes: newest.minutes,
            newest: (newest.at, newest.used),
            same_point: same_point(&samples, now),
            days,
            points: points(&samples, newest)
                .filter(|_| newest.resets_at > Some(now))
                .unwrap_or_default(),
            before: former(&samples)
                .and_then(|former| points(&samples, former))
                .unwrap_or_default(),
        })
    };
    windows.into_iter().filter_map(course).collect()
}

fn days(samples: &[&Sample], day_of: impl Fn(DateTime<Utc>) -> NaiveDate) -> Vec<Day> {
    let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
    let mut last: Option<&Sample> = None;
    for sample in samples {
        let date = day_of(sample.at);
        let burnt = match last {
            Some(last) if sample.is_same_period(last) => (sample.used - last.used).max(0.0),
            // What was used before anybody looked was used at an unknown time.
            Some(_) => sample.used,
            None => 0.0,
        };
        let day = days.entry(date).or_insert(Day { date, burnt: 0.0, peak: 0.0 });
        day.burnt += burnt;
        day.peak = day.peak.max(sample.used);
        last = Some(sample);
    }
    days.into_values().collect()
}

/// The last sample of the period before the present one.
fn former<'a>(samples: &[&'a Sample]) -> Option<&'a Sample> {
    let newest = samples.last()?;
    samples.iter().rev().find(|sample| !sample.is_same_period(newest)).copied()
}

/// The period of a sample, in at most so many points as a chart has place for: of those near each other the last.
fn points(samples: &[&Sample], of: &Sample) -> Option<Vec<(f64, f64)>> {
    let (began, length) = (of.began()?, of.length()?.as_seconds_f64());
    let mut points: Vec<(f64, f64)> = Vec::new();
    for sample in samples.iter().filter(|sample| sample.is_same_period(of)) {
        let passed = ((sample.at - began).as_seconds_f64() / length).clamp(0.0, 1.0);
        let place = |passed: f64| (passed * MOST_POINTS) as u32;
        match points.last_mut() {
            Some(last) if place(last.0) == place(passed) => *last = (passed, sample.used),
            _ => points.push((passed, sample.used)),
        }
    }
    Some(points)
}

/// What the period before had used when it was as old as this one is now.
fn same_point(samples: &[&Sample], now: DateTime<Utc>) -> Option<f64> {
    let newest = samples.last()?;
    let (began, length) = (newest.began()?, newest.length()?);
    if now < began || newest.resets_at? <= now {
        return None;
    }
    let former = former(samples)?;
    let point = former.began()? + (now - began);
    // Whoever looked last before that point, in the same period, and not long before.
    let before =
        samples.iter().rev().find(|sample| sample.at <= point && sample.is_same_period(former))?;
    let near = length.as_seconds_f64() * JITTER * 2.0;
    ((point - before.at).as_seconds_f64() <= near.max(REPEATED_AFTER.as_seconds_f64() * 2.0))
        .then_some(before.used)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountKey, ProviderId};

    const WEEK: u32 = 10_080;

    fn at(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_788_220_800 + hour * 3600, 0).unwrap_or_default()
    }

    fn sample(hour: i64, used: f64, ends: i64) -> Sample {
        Sample {
            at: at(hour),
            seat: Seat { provider: ProviderId::new("acme"), account: AccountKey::new("a") },
            window: "weekly".into(),
            used,
            resets_at: Some(at(ends)),
            minutes: Some(WEEK),
        }
    }

    /// A week that burns a percent every two hours, then the one after it.
    fn two_weeks() -> Vec<Sample> {
        let week = |from: i64, until: i64, ends: i64| {
            (from..until).step_by(2).map(move |hour| {
                // Ends jitter by seconds.
                let mut sample = sample(hour, (hour - from) as f64 / 2.0, ends);
                sample.resets_at = Some(at(ends) + TimeDelta::seconds(hour % 3));
                sample
            })
        };
        week(0, 168, 168).chain(week(168, 218, 336)).collect()
    }

    #[test]
    fn a_day_burns_what_was_used_on_it_and_a_new_period_begins_from_nothing() {
        let samples = two_weeks();
        let course = &courses(&samples, at(217), 30, |at| at.date_naive())[0];
        assert_eq!(Some(course.newest.1), Some(24.0));
        let burnt: Vec<f64> = course.days.iter().map(|day| day.burnt).collect();
        assert_eq!(course.days.len(), 10);
        assert!(burnt[3..9].iter().all(|burnt| (*burnt - 12.0).abs() < 0.01), "{burnt:?}");
        assert_eq!(Some(course.days[3].peak), Some(83.0), "the last day of the first week");
        assert_eq!(courses(&samples, at(217), 3, |at| at.date_naive())[0].days.len(), 3);
    }

    #[test]
    fn the_same_point_is_that_of_the_period_before_and_unknown_where_nobody_looked() {
        let samples = two_weeks();
        let told = |samples: &[Sample], hour: i64| {
            courses(samples, at(hour), 9, |at| at.date_naive())[0].same_point
        };
        assert_eq!(told(&samples, 217), Some(24.0));
        assert_eq!(told(&samples[84..], 217), None, "there is no period before");
        let gap: Vec<Sample> =
            samples.iter().filter(|it| !(at(20)..at(60)).contains(&it.at)).cloned().collect();
        assert_eq!(told(&gap, 217), None, "nobody looked then");
        assert_eq!(told(&samples, 340), None, "the period has ended");
    }

    #[test]
    fn a_period_is_drawn_from_its_begin_and_so_is_the_one_before() {
        let samples = two_weeks();
        let course = &courses(&samples, at(217), 9, |at| at.date_naive())[0];
        let (first, last) = (course.points[0], course.points.last().unwrap());
        assert!(first.0 < 0.001 && first.1 < 0.001, "{first:?}");
        assert!((last.0 - 48.0 / 168.0).abs() < 0.001 && (last.1 - 24.0).abs() < 0.001, "{last:?}");
        assert_eq!(course.before.len(), 84);
        assert!(course.before.iter().is_sorted_by(|one, other| one.0 < other.0));
        let ended = &courses(&samples, at(340), 9, |at| at.date_naive())[0];
        assert_eq!((ended.points.len(), ended.before.len()), (0, 84));
        let many: Vec<Sample> = (0..4000)
            .map(|nth| {
                let mut one = sample(0, f64::from(nth) / 50.0, 168);
                one.at += TimeDelta::minutes(nth.into());
                one
            })
            .collect();
        let course = &courses(&many, at(67), 9, |at| at.date_naive())[0];
        assert!(course.points.len() <= 240);
        let last = course.points.last().unwrap().1;
        assert!((last - 3999.0 / 50.0).abs() < 0.001, "the newest is among them: {last}");
    }

    #[test]
    fn the_same_value_is_news_only_after_an_hour() {
        let last = sample(10, 5.0, 168);
        let later = |minutes: i64, used: f64| {
            let mut it = sample(10, used, 168);
            it.at += TimeDelta::minutes(minutes);
            it
        };
        assert!(later(0, 5.0).is_news(None));
        assert!(!later(0, 6.0).is_news(Some(&last)), "not newer");
        assert!(later(5, 6.0).is_news(Some(&last)));
        assert!(!later(59, 5.0).is_news(Some(&last)));
        assert!(later(60, 5.0).is_news(Some(&last)));
    }
}
