//! The sentences in which this vendor tells balances. They are made by its server and change for every version at once, so
//! they are read by structure: a label, what is left of what, and when it begins anew.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, TimeDelta, Utc, Weekday};
use claudometer_core::{Account, Allowance, CreditUnit, Window, WindowKind};
use claudometer_provider::{Draft, draft, lenient};
use serde_json::Value;

/// Reads all sentences; hints and words that nobody knows are passed over.
pub(super) fn read(text: &str, now: DateTime<Utc>) -> Draft {
    let mut draft = Draft::new();
    for line in text.lines().map(bare) {
        if let Some(who) = after(&line, "signed in as ") {
            let email = who.split_whitespace().next().filter(|word| word.contains('@'));
            let email = email.map(str::to_owned);
            draft.account = Some(Account { email, ..Account::default() });
        } else if let Some((label, rest)) = line.split_once(": ") {
            labelled(&mut draft, label, rest, now);
        }
    }
    draft
}

fn labelled(draft: &mut Draft, label: &str, rest: &str, now: DateTime<Utc>) {
    let words = label.to_lowercase();
    if words == "individual credits" {
        let left = rest.split_whitespace().find_map(amount);
        draft.balance(draft::left(left, CreditUnit::USD));
    } else if let Some(name) = after(label, "workspace ") {
        let left = draft::left(rest.split_whitespace().find_map(amount), CreditUnit::USD);
        draft.balance(left.map(|credits| credits.named(name)));
    } else if words == "amp free" {
        match free(rest, now) {
            Some(window) => draft.add(Some(window)),
            None => not_understood(draft),
        }
    } else if let Some(name) = plan(label) {
        draft.plan = Some(name);
        let pools = pools(rest, now);
        if pools.is_empty() {
            not_understood(draft);
        }
        for window in pools {
            draft.add(window);
        }
    } else if rest.contains(" remaining") && (rest.contains('%') || rest.contains(" of ")) {
        not_understood(draft);
    }
}

/// A plan that is not understood is said to be not reported; the balances beside it are not all there is.
fn not_understood(draft: &mut Draft) {
    draft.lose("a line of the plan is not understood");
    draft.add(draft::window("plan", WindowKind::BillingCycle, Allowance::Unknown, None));
}

/// A line without markup, bullets and boxes, with single blanks.
fn bare(line: &str) -> String {
    let is_box = |letter: &char| ('\u{2500}'..='\u{259f}').contains(letter);
    let plain: String = line.chars().filter(|letter| *letter != '*' && !is_box(letter)).collect();
    // Within a word these are part of a name.
    let marks = ['_', '`', '#'];
    let words = plain.split_whitespace().map(|word| match word.strip_suffix(':') {
        Some(label) => format!("{}:", label.trim_matches(marks)),
        None => word.trim_matches(marks).to_owned(),
    });
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ").trim_start_matches(['-', '•', ' ']).to_owned()
}

/// What follows `start`, compared without case.
fn after<'a>(text: &'a str, start: &str) -> Option<&'a str> {
    let head = text.get(..start.len())?;
    head.eq_ignore_ascii_case(start).then(|| &text[start.len()..])
}

/// The name in `Amp Megawatt Tier`, `Subscription Megawatt`, `Amp Megawatt Subscription`.
fn plan(label: &str) -> Option<String> {
    let is = |word: &str, name: &str| word.eq_ignore_ascii_case(name);
    let words: Vec<&str> = label.split(' ').collect();
    let kinds = ["tier", "subscription", "plan"];
    let named = words.iter().any(|word| kinds.iter().any(|kind| is(word, kind)));
    let rest = words
        .into_iter()
        .filter(|word| !is(word, "amp") && kinds.iter().all(|kind| !is(word, kind)));
    named.then(|| rest.collect::<Vec<_>>().join(" "))
}

/// `agent usage $7.40 of $20 remaining (37%), orb usage 300.0h of 750h ... remaining (40%) - period A to B, resets ...`, or
/// `97% other usage and 100% orb usage remaining - resets upon renewal in 29 days`.
fn pools(rest: &str, now: DateTime<Utc>) -> Vec<Option<Window>> {
    let (told, when) = rest.split_once(" - ").unwrap_or((rest, rest));
    let ends = renewal(when, now);
    let parts = told.split(", ").flat_map(|part| part.split(" and "));
    let pool = |part: &str| {
        let words: Vec<&str> = part.split(' ').collect();
        let usage = words.iter().position(|word| word.eq_ignore_ascii_case("usage"))?;
        let name = usage.checked_sub(1).and_then(|at| words.get(at))?;
        let allowance = left(&words)?;
        Some(draft::window(&lenient::slug(name), WindowKind::BillingCycle, allowance, ends))
    };
    parts.filter_map(pool).collect()
}

/// The exact amounts before the rounded percentage; `remaining` is what is left, `used` what is not.
fn left(words: &[&str]) -> Option<Allowance> {
    let used = words.contains(&"used") && !words.contains(&"remaining");
    let counts = words.windows(3).find_map(|three| match three {
        [one, of, all] if *of == "of" => Some((figure(one)?, figure(all)?)),
        _ => None,
    });
    let percent = words.iter().find_map(|word| {
        lenient::number(&Value::from(word.trim_matches(['(', ')', ',']).strip_suffix('%')?))
    });
    let (exact, rounded) = match (counts, used) {
        (Some((one, all)), true) => {
            (Allowance::counted(Some(one), Some(all)), Allowance::used_percent(percent))
        }
        (Some((one, all)), false) => {
            (Allowance::left(Some(one), Some(all)), Allowance::left_percent(percent))
        }
        (None, true) => (Allowance::Unknown, Allowance::used_percent(percent)),
        (None, false) => (Allowance::Unknown, Allowance::left_percent(percent)),
    };
    (counts.is_some() || percent.is_some()).then(|| exact.or(rounded))
}

/// `$1,250`, `300.0h`, `750`.
fn figure(word: &str) -> Option<f64> {
    lenient::number(&Value::from(word.trim_end_matches(['h', ',', '.'])))
}

/// The end of the period that is told; else so many days or months from now.
fn renewal(when: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let words: Vec<&str> = when.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let period = words.windows(4).find_map(|four| match four {
        [period, _, to, end] if period.eq_ignore_ascii_case("period") && *to == "to" => {
            lenient::instant(&Value::from(*end))
        }
        _ => None,
    });
    period.or_else(|| {
        words.windows(3).find_map(|three| match three {
            ["in", count, unit] => {
                let count: u32 = count.parse().ok()?;
                match unit.trim_end_matches(['s', '.']) {
                    "hour" => Some(now + TimeDelta::hours(count.into())),
                    "day" => now.checked_add_days(Days::new(count.into())),
                    "week" => now.checked_add_days(Days::new(u64::from(count) * 7)),
                    "month" => now.checked_add_months(Months::new(count)),
                    _ => None,
                }
            }
            _ => None,
        })
    })
}

/// `$6.25/$10 remaining (replenishes +$0.50/hour)`, or `58% remaining today (resets daily)`.
fn free(rest: &str, now: DateTime<Utc>) -> Option<Window> {
    let first = rest.split_whitespace().next()?;
    if first.ends_with('%') {
        let left = Allowance::left_percent(lenient::number(&Value::from(first)));
        let ends = rest.contains("resets daily").then(|| evening_in_new_york(now)).flatten();
        return draft::window("free", WindowKind::Daily, left, ends).filter(Window::tells);
    }
    let (left, all) = first.split_once('/')?;
    let (left, all) = (amount(left)?, amount(all)?);
    let missing = all - left;
    let rate =
        rest.split_once("replenishes +").and_then(|(_, rate)| amount(rate.split('/').next()?));
    let full = rate.filter(|rate| !rate.is_zero()).and_then(|rate| {
        let hours = missing.approximate() / rate.approximate();
        (hours.is_finite() && hours > 0.0 && hours < 1e4)
            .then(|| now + TimeDelta::seconds((hours * 3600.0) as i64))
    });
    let allowance = Allowance::amounts_left(Some(left), Some(all));
    draft::window("free", WindowKind::Rolling, allowance, full)
}

fn amount(word: &str) -> Option<claudometer_core::Amount> {
    let word = word.trim_end_matches(['.', ',']);
    word.contains('$').then(|| lenient::amount(&Value::from(word)))?
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
    use claudometer_core::Percent;

    #[test]
    fn marks_around_words_go_and_those_within_a_name_stay() {
        assert_eq!(
            bare("│ **Signed in as** ana_b@example.com │"),
            "Signed in as ana_b@example.com"
        );
        assert_eq!(bare("## `Amp Free`: #1_team"), "Amp Free: 1_team");
        assert_eq!(bare("- __Individual__: $2"), "Individual: $2");
    }

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

    fn now() -> DateTime<Utc> {
        "2026-09-15T12:00:00Z".parse().unwrap()
    }

    /// Windows with their figures and the days on which they begin anew.
    fn told(text: &str) -> Vec<(String, Option<f64>, Option<String>)> {
        let windows = read(text, now()).report().reading.windows.into_iter();
        let day = |at: DateTime<Utc>| at.format("%m-%d").to_string();
        windows.map(|w| (w.id, w.used.map(Percent::get), w.resets_at.map(day))).collect()
    }

    #[test]
    fn every_form_of_the_plan_is_read_by_its_structure() {
        let pool =
            |id: &str, used: f64, day: &str| (id.to_owned(), Some(used), Some(day.to_owned()));
        for (text, want) in [
            (
                "Amp Megawatt Tier: agent usage $7.40 of $20 remaining (37%), orb usage 300.0h of 750h a1.small orb hours remaining (40%) - period 2026-08-20 to 2026-09-20, resets upon renewal in 5 days",
                vec![pool("agent", 63.0, "09-20"), pool("orb", 60.0, "09-20")],
            ),
            (
                "  **Amp Megawatt Tier:** agent usage $1,250 of $2,000 remaining (63%) - resets upon renewal in 1 month  ",
                vec![pool("agent", 37.5, "10-15")],
            ),
            (
                "Subscription Megawatt: 97% other usage and 100% orb usage remaining - resets upon renewal in 29 days",
                vec![pool("other", 3.0, "10-14"), pool("orb", 0.0, "10-14")],
            ),
            (
                "- Amp Megawatt Subscription: 0% other usage remaining - resets upon renewal in 2 weeks",
                vec![pool("other", 100.0, "09-29")],
            ),
            ("Amp Free: 58% remaining today (resets daily)", vec![pool("free", 42.0, "09-16")]),
            ("Amp Free: 58% remaining", vec![("free".to_owned(), Some(42.0), None)]),
            (
                "**Amp Free:** $0/$10 remaining (replenishes +$0.50/hour)",
                vec![pool("free", 100.0, "09-16")],
            ),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
        let named = read("Amp Big Watt Tier: 5% agent usage remaining", now());
        assert_eq!(named.plan.as_deref(), Some("Big Watt"));
    }

    #[test]
    fn balances_are_told_apart_by_name() {
        let text = "Signed in as ana@example.com (ana)\n**Individual credits:** $3.20 remaining - https://x\nWorkspace Acme: $2,050.10 remaining.\n# Run amp";
        let reading = read(text, now()).report().reading;
        let left: Vec<_> = reading
            .credits
            .iter()
            .map(|it| (it.name.as_deref(), it.balance.unwrap().fixed(2)))
            .collect();
        assert_eq!(left, [(None, "3.20".to_owned()), (Some("Acme"), "2050.10".to_owned())]);
        assert_eq!(reading.account.unwrap().email.as_deref(), Some("ana@example.com"));
    }

    #[test]
    fn sentences_that_nobody_knows_make_no_figure_and_a_plan_among_them_is_said_to_be_unknown() {
        let nothing = read("Hello\nIndividual credits: none\nTip: try it", now());
        assert!(!nothing.tells());
        for line in ["Amp Free: lots remaining", "Amp Giga Tier: enough", "Watts: 3 of 5 remaining"]
        {
            let text = format!("{line}\nIndividual credits: $5 remaining");
            assert_eq!(told(&text), [("plan".to_owned(), None, None)], "{line}");
            let reading = read(&text, now()).finish(&Value::Null).unwrap().reading;
            assert_eq!(reading.coverage, claudometer_core::Coverage::Partial, "{line}");
            assert!(read(line, now()).finish(&Value::Null).is_err(), "{line}");
        }
    }
}
