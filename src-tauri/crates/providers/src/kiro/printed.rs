//! What Kiro's own command prints for `/usage`.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, TimeDelta, Utc};
use claudometer_core::{Allowance, Credits, CreditUnit, Trouble, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{
    Draft, FetchError, Recorded, Report, draft, lenient, replay::Stage,
};
use regex_lite::{Captures, Regex};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// A month, and a day for the zones ahead of ours.
const LONGEST: TimeDelta = TimeDelta::days(32);

#[expect(clippy::unwrap_used, reason = "the expressions are constants, and every test uses them")]
static WORDS: LazyLock<[Regex; 6]> = LazyLock::new(|| {
    [
        r"KIRO(?: [A-Z0-9+]+)+",
        r"(?i)resets on ([0-9]{4})-([0-9]{2})-([0-9]{2})",
        r"(?i)resets on ([0-9]{1,2})/([0-9]{1,2})",
        r"(?i)credits[^\n(]*\(([0-9.,]+) of ([0-9.,]+) covered",
        r"([0-9]+(?:\.[0-9]+)?)%",
        r"(?i)bonus credits:? *([0-9.,]+) */ *([0-9.,]+)[^\n]*?(?:expires in ([0-9]+) days?)?[^\n0-9]*$",
    ]
    .map(|text| Regex::new(&format!("(?m){text}")).unwrap())
});

/// Reads the report.
pub(super) fn read(text: &str, host: &Host) -> Result<Report, FetchError> {
    let now = host.now();
    let [plan, date, day, counts, percent, bonus] = &*WORDS;
    let resets = date.captures(text).and_then(|found| of_date(&found)).or_else(|| {
        let found = day.captures(text)?;
        of_day(found[1].parse().ok()?, found[2].parse().ok()?, now)
    });
    let counted = counts.captures(text).map_or(Allowance::Unknown, |found| {
        Allowance::counted(number(&found, 1), number(&found, 2))
    });
    let drawn = percent.captures(text).and_then(|found| number(&found, 1));
    let allowance = counted.or(Allowance::used_percent(drawn));
    let mut draft = Draft::new();
    draft.plan = plan.find(text).map(|found| found.as_str().to_owned());
    draft.add(draft::window("credits", WindowKind::Monthly, allowance, resets));
    draft.balance(bonus.captures(text).and_then(|found| left(&found, now)));
    draft.finish(&Value::Null).map_err(|_| nothing(text))
}

/// What is left of credits that were given on top.
fn left(found: &Captures<'_>, now: DateTime<Utc>) -> Option<Credits> {
    let (used, given) = (number(found, 1)?, number(found, 2)?);
    let days: Option<i64> = found.get(3).and_then(|days| days.as_str().parse().ok());
    let ends = days.and_then(TimeDelta::try_days).and_then(|days| now.checked_add_signed(days));
    let left = draft::left(lenient::amount(&json!(given - used)), CreditUnit::Credits)?;
    Some(left.named("Bonus").ending(ends))
}

fn number(found: &Captures<'_>, group: usize) -> Option<f64> {
    found.get(group)?.as_str().replace(',', "").parse().ok()
}

fn of_date(found: &Captures<'_>) -> Option<DateTime<Utc>> {
    let date = NaiveDate::from_ymd_opt(
        found[1].parse().ok()?,
        found[2].parse().ok()?,
        found[3].parse().ok()?,
    )?;
    Some(date.and_time(NaiveTime::MIN).and_utc())
}

/// Older versions name a day without a year, and which number is the month is not said: it is the one that makes it a day of
/// the coming month. Where both do, or none, the reset is unknown.
fn of_day(one: u32, other: u32, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let coming = |day: u32, month: u32| {
        let on = |year: i32| {
            Some(NaiveDate::from_ymd_opt(year, month, day)?.and_time(NaiveTime::MIN).and_utc())
        };
        let next = on(now.year()).filter(|at| *at > now).or_else(|| on(now.year() + 1))?;
        (next - now <= LONGEST).then_some(next)
    };
    match (coming(one, other), coming(other, one)) {
        (Some(at), None) | (None, Some(at)) => Some(at),
        (one, other) => one.filter(|_| one == other),
    }
}

fn nothing(text: &str) -> FetchError {
    let lower = text.to_lowercase();
    if ["not logged in", "kiro-cli login", "please log in", "sign in"]
        .iter()
        .any(|words| lower.contains(words))
    {
        FetchError::new(Trouble::AuthMissing, "kiro-cli is not signed in.")
    } else if lower.contains("managed by admin") || lower.contains("managed by your admin") {
        let detail = "The plan is run by an administrator, and kiro-cli tells no figures of it.";
        FetchError::new(Trouble::NoData, detail)
    } else {
        FetchError::unreadable("kiro-cli prints its usage differently now.", None)
    }
}

/// A recorded report, or a recorded answer.
pub(super) fn stage(recorded: &Recorded) -> Stage {
    if !recorded.request.starts_with("kiro-cli") {
        return Stage::of("key").typed("key", "replayed-key").answer("", recorded);
    }
    let signed_in = r#"{"kirocli:odic:token":"{\"access_token\":\"recorded\"}"}"#;
    Stage::of("command")
            .file(".local/share/kiro-cli/data.sqlite3", signed_in)
            .program("kiro-cli", &recorded.response.body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn told(text: &str) -> Result<(f64, Option<String>, Option<String>), Trouble> {
        let reading = read(text, &testing::host(&[])).map_err(|error| error.trouble)?.reading;
        let window = &reading.windows[0];
        let used = window.used.map_or(-1.0, claudometer_core::Percent::get);
        Ok((used, window.resets_at.map(|at| at.format("%Y-%m-%d").to_string()), reading.plan))
    }

    #[test]
    fn every_form_of_the_report_is_read() {
        let told_of = |used: f64, at: Option<&str>, plan: Option<&str>| {
            Ok((used, at.map(str::to_owned), plan.map(str::to_owned)))
        };
        for (text, want) in [
            (
                "Estimated Usage | resets on 2026-10-01 | KIRO PRO+\n\nCredits (1,250.00 of 1,000 covered in plan)\n100%",
                told_of(125.0, Some("2026-10-01"), Some("KIRO PRO+")),
            ),
            (
                "┃ KIRO FREE ┃\n┃ ███ 35% (resets on 01/10) ┃",
                told_of(35.0, Some("2026-10-01"), Some("KIRO FREE")),
            ),
            ("12.5% used, resets on 10/01", told_of(12.5, Some("2026-10-01"), None)),
            ("12.5% used, resets on 03/04", told_of(12.5, None, None)),
            ("error: not logged in, run kiro-cli login", Err(Trouble::AuthMissing)),
            ("KIRO POWER\nYour plan is managed by admin", Err(Trouble::NoData)),
            ("Welcome to Kiro", Err(Trouble::BadPayload)),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }

    #[test]
    fn credits_that_were_given_on_top_are_a_balance_that_ends() {
        let text = "Credits (1.00 of 50 covered in plan)\nBonus credits: 25.50/100 credits used, expires in 88 days\n";
        let report = read(text, &testing::host(&[])).unwrap();
        let credits = &report.reading.credits[0];
        assert_eq!(credits.balance.map(|left| left.fixed(2)).as_deref(), Some("74.50"));
        assert_eq!(
            credits.expires_at.map(|at| at.to_rfc3339()).as_deref(),
            Some("2026-12-12T12:00:00+00:00")
        );
    }
}
