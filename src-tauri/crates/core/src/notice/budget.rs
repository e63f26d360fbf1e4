//! Budgets: each threshold is told once in each span.

use super::{Alert, Markers};
use crate::{cost::BudgetState, settings::Alerts};
use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

/// Percent of a budget at which it is told.
const THRESHOLDS: [u8; 2] = [80, 100];

/// What has been told of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BudgetMark {
    state: BudgetState,
    told: u8,
}

/// Decides what to tell about budgets; `local` is the time of day. In quiet hours nothing is told; it is afterwards, if it
/// is still true.
pub fn decide_budgets(
    markers: &mut Markers,
    states: &[BudgetState],
    alerts: &Alerts,
    local: NaiveTime,
) -> Vec<Alert> {
    // Spans that are over, and budgets that were changed, are begun anew.
    markers.budgets.retain(|mark| states.iter().any(|state| is_same(&mark.state, state)));
    if alerts.quiet_hours.is_some_and(|quiet| quiet.contains(local)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for state in states {
        let reached = THRESHOLDS.iter().rev().find(|bound| state.percent() >= f64::from(**bound));
        let Some(threshold) = reached.copied() else { continue };
        let mark = markers.budgets.iter_mut().find(|mark| is_same(&mark.state, state));
        let told = mark.as_ref().map_or(0, |mark| mark.told);
        if told >= threshold {
            continue;
        }
        match mark {
            Some(mark) => mark.told = threshold,
            None => markers.budgets.push(BudgetMark { state: state.clone(), told: threshold }),
        }
        found.push(Alert::Budget(Box::new(state.clone())));
    }
    found
}

fn is_same(one: &BudgetState, other: &BudgetState) -> bool {
    (&one.budget, one.begin) == (&other.budget, other.begin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Amount,
        cost::{Budget, BudgetSpan},
        settings::QuietHours,
    };

    fn state(spent: i64, begin: &str) -> BudgetState {
        let budget = Budget { per: BudgetSpan::Week, amount: Amount::whole(50), project: None };
        let begin = begin.parse().unwrap();
        BudgetState { budget, begin, spent: Amount::whole(spent), currency: "EUR".into() }
    }

    #[test]
    fn each_threshold_is_told_once_in_each_span_and_not_in_quiet_hours() {
        let mut markers = Markers::default();
        let time = |text: &str| NaiveTime::parse_from_str(text, "%H:%M").unwrap();
        let quiet = QuietHours { from: time("22:00"), to: time("07:00") };
        let alerts = Alerts { quiet_hours: Some(quiet), ..Alerts::default() };
        for (spent, begin, at, told) in [
            (10, "2026-11-16", "12:00", 0),
            (41, "2026-11-16", "23:00", 0),
            (41, "2026-11-16", "08:00", 1),
            (45, "2026-11-16", "09:00", 0),
            (60, "2026-11-16", "10:00", 1),
            (70, "2026-11-16", "11:00", 0),
            (55, "2026-11-23", "12:00", 1),
            (56, "2026-11-23", "12:01", 0),
        ] {
            let states = [state(spent, begin)];
            let found = decide_budgets(&mut markers, &states, &alerts, time(at));
            assert_eq!(found.len(), told, "{spent} {begin} {at}");
        }
    }
}
