//! The sentences in which this vendor tells balances.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc, Weekday};
use claudometer_core::{Account, Amount, Coverage, CreditUnit, Reading, Window, WindowKind};
use claudometer_provider::key;
use serde_json::{Map, Value, json};

/// Reads all sentences; those that nobody knows are passed over.
pub(super) fn reading(text: &str, now: DateTime<Utc>) -> Reading {
    let mut reading = Reading::empty(Coverage::Complete);
    for line in text.lines().map(str::trim) {
        if let Some(who) = line.strip_prefix("Signed in as ") {
            let email = who.split_whitespace().next().map(str::to_owned);
            reading.account = Some(Account { email, ..Account::default() });
        } else if let Some(rest) = line.strip_prefix("Amp Free: ") {
            reading.windows.extend(free(rest, now));
        } else if let Some(rest) = line.strip_prefix("Individual credits: ") {
            reading.credits =
                key::balance(rest.split_whitespace().next().and_then(dollars), CreditUnit::Usd);
        }
    }
    reading
}

/// Balances of workspaces, by name.
pub(super) fn workspaces(text: &str) -> Value {
    let of_line = |line: &str| {
        let (name, rest) = line.trim().strip_prefix("Workspace ")?.split_once(": ")?;
        let balance = dollars(rest.split_whitespace().next()?)?;
        Some((name.to_owned(), json!(balance.fixed(2))))
    };
    Value::Object(text.lines().filter_map(of_line).collect::<Map<_, _>>())
}

/// `$6.25/$10 remaining (replenishes +$0.50/hour)`, or `58% remaining today (resets daily)`.
fn free(rest: &str, now: DateTime<Utc>) -> Option<Window> {
    let first = rest.split_whitespace().next()?;
    if let Some(percent) = first.strip_suffix('%') {
        let left: f64 = percent.parse().ok()?;
        return Some(key::window(
            "free",
            WindowKind::Daily,
            Some(100.0 - left),
            evening_in_new_york(now),
        ));
    }
    let (left, all) = first.split_once('/')?;
    let (left, all) = (dollars(left)?, dollars(all)?);
    let missing = all - left;
    let rate =
        rest.split_once("replenishes +").and_then(|(_, rate)| dollars(rate.split('/').next()?));
    let full = rate.filter(|rate| !rate.is_zero()).and_then(|rate| {
        let hours = missing.approximate() / rate.approximate();
        (hours.is_finite() && hours > 0.0 && hours < 1e4)
            .then(|| now + TimeDelta::seconds((hours * 3600.0) as i64))
    });
    Some(key::window("free", WindowKind::Rolling, missing.percent_of(all), full))
}

fn dollars(text: &str) -> Option<Amount> {
    text.trim_start_matches('+')
        .strip_prefix('$')?
        .replace(',', "")
        .trim_end_matches(['.', ','])
        .parse()
        .ok()
}

/// The next eight o'clock in the evening in New York, when the free allowance begins anew.
fn evening_in_new_york(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let evening = |day: NaiveDate| {
        // 20:00 there is midnight UTC in summer and one o'clock in winter, of the next day.
        let hour = u32::from(!is_summer(day)?);
        Some(day.checked_add_days(Days::new(1))?.and_hms_opt(hour, 0, 0)?.and_utc())
    };
    let today = (now - TimeDelta::hours(5)).date_naive();
    [today.pred_opt()?, today, today.succ_opt()?]
        .into_iter()
        .filter_map(evening)
        .find(|at| *at > now)
}

/// Summer time there: from the second Sunday of March to the first of November.
fn is_summer(day: NaiveDate) -> Option<bool> {
    let begins = NaiveDate::from_weekday_of_month_opt(day.year(), 3, Weekday::Sun, 2)?;
    let ends = NaiveDate::from_weekday_of_month_opt(day.year(), 11, Weekday::Sun, 1)?;
    Some(begins <= day && day < ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_evening_in_new_york_moves_with_its_summer_time() {
        for (now, next) in [
            ("2026-09-15T12:00:00Z", "2026-09-16T00:00:00+00:00"),
            ("2026-09-16T00:00:00Z", "2026-09-17T00:00:00+00:00"),
            ("2026-12-15T00:30:00Z", "2026-12-15T01:00:00+00:00"),
            ("2026-12-15T12:00:00Z", "2026-12-16T01:00:00+00:00"),
        ] {
            let at = evening_in_new_york(now.parse().unwrap()).map(|at| at.to_rfc3339());
            assert_eq!(at.as_deref(), Some(next), "{now}");
        }
    }

    #[test]
    fn sentences_that_nobody_knows_make_no_figure() {
        let reading = reading(
            "Hello\nAmp Free: lots remaining\nIndividual credits: none",
            DateTime::UNIX_EPOCH,
        );
        assert!(reading.windows.is_empty() && reading.credits.is_none());
    }
}
