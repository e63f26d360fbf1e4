//! When a limit resets, as the terminal interface words it: `5pm (Europe/Vienna)`, `Sep 19 at 6am`, `Jan 2, 2027, 10:59pm`.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use claudometer_host::clock::Zone;
use regex_lite::{Captures, Regex};
use std::sync::LazyLock;

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// Blanks are gone; of `at` a letter may be missing.
#[expect(clippy::unwrap_used, reason = "the expression is a constant, and every test uses it")]
static RESET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?i)resets:?(?:(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?([0-9]{1,2})(?:,([0-9]{4}))?(?:,|at|t|a)*)?",
        r"(?:([0-9]{1,2})(?::([0-9]{2}))?(am|pm))?(?:\(([^)]*)\))?"
    ))
    .unwrap()
});

/// The reset that a line without blanks names, in UTC; `None` where it names none, or a zone that is not known here.
pub(super) fn read(tight: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let found = RESET.captures(tight)?;
    // A date and a time that have grown together cannot be told apart.
    let rest = &tight[found.get(0).map_or(0, |whole| whole.end())..];
    if rest.starts_with(|letter: char| letter.is_ascii_digit() || letter == ':') {
        return None;
    }
    let zone = match found.get(7) {
        Some(name) => Zone::named(name.as_str())?,
        None => Zone::system(),
    };
    let wall = match (found.get(1), time(&found)) {
        (Some(month), time) => {
            date_and_time(month.as_str(), &found, time.unwrap_or(NaiveTime::MIN), zone.wall(now))?
        }
        (None, Some(time)) => next(zone.wall(now), time)?,
        (None, None) => return None,
    };
    Some(zone.instant(wall))
}

/// The time of day; `None` where there is none.
fn time(found: &Captures<'_>) -> Option<NaiveTime> {
    let hour: u32 = found.get(4)?.as_str().parse().ok()?;
    let minute: u32 = found.get(5).map_or(Some(0), |minute| minute.as_str().parse().ok())?;
    let afternoon = found.get(6)?.as_str().eq_ignore_ascii_case("pm");
    let hour = match (hour, afternoon) {
        (12, false) => 0,
        (12, true) => 12,
        (1..=11, false) => hour,
        (1..=11, true) => hour + 12,
        _ => return None,
    };
    NaiveTime::from_hms_opt(hour, minute, 0)
}

/// Without a date it is the next time that the zone's clocks show it.
fn next(now: NaiveDateTime, time: NaiveTime) -> Option<NaiveDateTime> {
    let today = now.date().and_time(time);
    if today > now { Some(today) } else { today.checked_add_signed(TimeDelta::days(1)) }
}

/// Without a year it is the next such day within a year.
fn date_and_time(
    month: &str,
    found: &Captures<'_>,
    time: NaiveTime,
    now: NaiveDateTime,
) -> Option<NaiveDateTime> {
    let month = month.to_ascii_lowercase();
    let month = u32::try_from(MONTHS.iter().position(|known| *known == month)?).ok()? + 1;
    let day: u32 = found.get(2)?.as_str().parse().ok()?;
    let on = |year: i32| Some(NaiveDate::from_ymd_opt(year, month, day)?.and_time(time));
    match found.get(3) {
        Some(year) => on(year.as_str().parse().ok()?),
        // The 29th of February may be up to eight years away.
        None => (now.year()..=now.year() + 8).filter_map(on).find(|wall| *wall > now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::testing::now;

    #[test]
    fn every_wording_is_an_instant() {
        // The clock says 12:00 UTC, 14:00 in Vienna, 08:00 in New York, on the 15th of September.
        for (words, want) in [
            ("Resets 5pm (Europe/Vienna)", Some("2026-09-15 15:00")),
            ("Resets 2pm (Europe/Vienna)", Some("2026-09-16 12:00")),
            ("Resets 5:59pm (UTC)", Some("2026-09-15 17:59")),
            ("Resets 11:59am (UTC)", Some("2026-09-16 11:59")),
            ("Resets 12am (UTC)", Some("2026-09-16 00:00")),
            ("Resets 12:30pm (UTC)", Some("2026-09-15 12:30")),
            ("Resets 9am (America/New_York)", Some("2026-09-15 13:00")),
            ("Resets Sep 19 at 6am (Europe/Vienna)", Some("2026-09-19 04:00")),
            ("Resets Sep 19, 6am (UTC)", Some("2026-09-19 06:00")),
            ("ResetsSep19at6am(Europe/Vienna)", Some("2026-09-19 04:00")),
            ("Resets Sep 1 t 2:59am (UTC)", Some("2027-09-01 02:59")),
            ("Resets Jan 2, 2027, 10:59pm (UTC)", Some("2027-01-02 22:59")),
            ("Resets January 2 at 10pm (UTC)", Some("2027-01-02 22:00")),
            ("Resets Oct 1 (Europe/Vienna)", Some("2026-09-30 22:00")),
            ("$15.12 / $60.00 spent · Resets Oct 1 (UTC)", Some("2026-10-01 00:00")),
            ("Resets Feb 29 at 1pm (UTC)", Some("2028-02-29 13:00")),
            ("Resets Feb 30 at 1pm (UTC)", None),
            ("Resets Sep 1 2:59am (UTC)", None),
            ("Resets 5pm (Middle/Earth)", None),
            ("Resets 13pm (UTC)", None),
            ("Resets soon", None),
            ("42% used", None),
        ] {
            let tight: String = words.chars().filter(|letter| !letter.is_whitespace()).collect();
            let told = read(&tight, now()).map(|at| at.format("%Y-%m-%d %H:%M").to_string());
            assert_eq!(told.as_deref(), want, "{words}");
        }
    }
}
