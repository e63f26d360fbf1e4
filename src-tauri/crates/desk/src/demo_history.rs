//! An invented history, for the demo: the same for the same days.

use chrono::{Datelike as _, NaiveDate};
use claudometer_wire::{
    Bundle, Meter,
    cost::{CostPart, CostQuery, CostReport, CostRow, CostSums},
    history::{CoursePoint, LimitCourse},
};

const MODELS: [(&str, f64); 3] = [("large-model", 6.0), ("fast-model", 1.5), ("small-model", 0.4)];
/// The home of who worked.
pub(crate) const HOME: &str = "/home/demo";
const PROJECTS: [&str; 4] = ["/home/demo/work/shop", "/home/demo/work/api", "/home/demo/notes", ""];
const DOLLARS_PER_MILLION: f64 = 0.9;

/// What the window shows in place of a person's own history.
pub(crate) fn report(query: &CostQuery, agents: &[&str], today: NaiveDate) -> CostReport {
    let since = query.since.unwrap_or(today);
    let until = query.until.unwrap_or(today).min(today);
    let days = since.iter_days().take_while(|day| *day <= until);
    let days: Vec<CostRow> = days.filter_map(|day| on(day, agents)).collect();
    let mut total = CostSums::default();
    for row in &days {
        add(&mut total, &row.sums);
    }
    CostReport {
        by: query.by.clone(),
        since: query.since,
        until: query.until,
        mode: "auto".to_owned(),
        rows: match query.by.as_str() {
            "day" => days,
            "hour" => hours(&days, until),
            by => split(&total, by, until, agents),
        },
        total,
        ..CostReport::default()
    }
}

/// A day; on some nobody works.
fn on(day: NaiveDate, agents: &[&str]) -> Option<CostRow> {
    let mut dice = fastrand::Rng::with_seed(u64::from(day.num_days_from_ce().unsigned_abs()));
    let works = if day.weekday().number_from_monday() > 5 { 0.25 } else { 0.9 };
    if dice.f64() > works {
        return None;
    }
    let parts: Vec<CostPart> = MODELS
        .iter()
        .zip(agents.iter().cycle())
        .map(|((model, scale), agent)| CostPart {
            agent: (*agent).to_owned(),
            model: (*model).to_owned(),
            sums: sums((dice.f64() * scale * 100.0).round() / 100.0),
        })
        .collect();
    let mut all = CostSums::default();
    for part in &parts {
        add(&mut all, &part.sums);
    }
    Some(CostRow { key: day.to_string(), sums: all, breakdown: parts, ..CostRow::default() })
}

/// The hours of a day at which somebody worked.
fn hours(days: &[CostRow], day: NaiveDate) -> Vec<CostRow> {
    let Some(whole) = days.last() else { return Vec::new() };
    let share = |(hour, share): (u32, f64)| {
        let part = |part: &CostPart| {
            let dollars = part.sums.cost_usd.unwrap_or(0.0) * share;
            CostPart { sums: sums((dollars * 100.0).round() / 100.0), ..part.clone() }
        };
        let breakdown: Vec<CostPart> = whole.breakdown.iter().map(part).collect();
        let mut all = CostSums::default();
        for part in &breakdown {
            add(&mut all, &part.sums);
        }
        CostRow { key: format!("{day} {hour:02}:00"), sums: all, breakdown, ..CostRow::default() }
    };
    [(9, 0.2), (10, 0.35), (14, 0.3), (16, 0.15)].into_iter().map(share).collect()
}

/// The same total by something else.
fn split(total: &CostSums, by: &str, day: NaiveDate, agents: &[&str]) -> Vec<CostRow> {
    let dollars = total.cost_usd.unwrap_or(0.0);
    let row = |(nth, project): (usize, &&str)| CostRow {
        key: if by == "session" { format!("{nth}f3a52c1") } else { (*project).to_owned() },
        agents: agents.iter().cycle().skip(nth).take(1).map(|agent| (*agent).to_owned()).collect(),
        projects: vec![(*project).to_owned()],
        last: day.and_hms_opt(9 + nth as u32 * 2, 20, 0).map(|at| at.and_utc()),
        sums: sums((dollars * [0.5, 0.3, 0.15, 0.05][nth % 4] * 100.0).round() / 100.0),
        ..CostRow::default()
    };
    PROJECTS.iter().enumerate().map(row).collect()
}

fn sums(dollars: f64) -> CostSums {
    let tokens = (dollars / DOLLARS_PER_MILLION * 1e6) as u64;
    CostSums {
        responses: 1 + tokens / 20_000,
        total_tokens: tokens,
        cost_usd: Some(dollars),
        ..CostSums::default()
    }
}

fn add(sums: &mut CostSums, other: &CostSums) {
    sums.responses += other.responses;
    sums.total_tokens += other.total_tokens;
    sums.cost_usd = Some(sums.cost_usd.unwrap_or(0.0) + other.cost_usd.unwrap_or(0.0));
}

/// Limits that were used faster and faster up to what the demo shows, and evenly in the period before.
pub(crate) fn limits(bundle: &Bundle) -> Vec<LimitCourse> {
    let of = |seat: &str, meter: &Meter| {
        let (used, passed) = (meter.used?, meter.expected? / 100.0);
        let steps = (1..=40).map(|nth| f64::from(nth) / 40.0);
        let now = steps.clone().map(|step| CoursePoint {
            passed: step * passed,
            used: (used * step.powf(1.4) * 10.0).round() / 10.0,
        });
        let before = steps.map(|step| CoursePoint { passed: step, used: (step * 78.0).round() });
        Some(LimitCourse {
            seat: seat.to_owned(),
            window: meter.id.clone(),
            points: now.collect(),
            before: before.collect(),
            days: Vec::new(),
        })
    };
    let meters =
        bundle.cards.iter().flat_map(|card| card.meters.iter().map(move |one| (card, one)));
    meters.filter_map(|(card, meter)| of(&card.seat, meter)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Days;

    #[test]
    fn every_view_of_the_demo_tells_the_same_total() {
        let today: NaiveDate = "2026-09-15".parse().unwrap();
        let query = |by: &str| CostQuery {
            by: by.into(),
            since: today.checked_sub_days(Days::new(29)),
            until: None,
            limit: None,
            hour: None,
        };
        let days = report(&query("day"), &["a", "b"], today);
        assert!(days.rows.len() > 15 && days.total.cost_usd > Some(20.0), "{:?}", days.total);
        let again = report(&query("day"), &["a", "b"], today);
        assert_eq!(days, again);
        let projects = report(&query("project"), &["a", "b"], today);
        let sum: f64 = projects.rows.iter().filter_map(|row| row.sums.cost_usd).sum();
        assert!((sum - days.total.cost_usd.unwrap()).abs() < 0.05);
    }
}
