//! What the tray and alerts need to know of the history.

use crate::{
    Filter, LedgerError,
    report::{cost, told},
};
use chrono::NaiveDate;
use claudometer_core::{
    Amount,
    cost::{Budget, BudgetState, CostSettings},
    response::Name,
};
use claudometer_store::{DayKey, Sessions, Store, Sums};
use claudometer_wire::cost::CostBrief;
use std::collections::BTreeMap;

/// Today's use by assistant, and where the budgets stand. Estimates are left out.
pub fn brief(
    store: &mut Store,
    settings: &CostSettings,
    today: NaiveDate,
) -> Result<CostBrief, LedgerError> {
    let first = settings.budgets.iter().map(|budget| budget.per.begin(today)).min();
    let mut agents: BTreeMap<Name, Sums> = BTreeMap::new();
    let mut spent = vec![Amount::ZERO; settings.budgets.len()];
    let first = first.unwrap_or(today);
    store.days(Some(first), Some(today), Sessions::Nameless, &mut |key, sums| {
        if key.estimated {
            return;
        }
        for (spent, budget) in spent.iter_mut().zip(&settings.budgets) {
            if is_of(&key, budget, today) {
                *spent = *spent + cost(&sums, settings.mode);
            }
        }
        if key.day == today {
            agents.entry(key.agent).or_default().add(&sums);
        }
    })?;
    let state = |(budget, spent): (&Budget, Amount)| BudgetState {
        budget: budget.clone(),
        begin: budget.per.begin(today),
        spent: settings.shown(spent),
        currency: settings.currency.clone(),
    };
    Ok(CostBrief {
        day: today,
        agents: agents
            .iter()
            .map(|(agent, sums)| (agent.to_string(), told(sums, settings.mode)))
            .collect(),
        budgets: settings.budgets.iter().zip(spent).map(state).collect(),
    })
}

fn is_of(key: &DayKey, budget: &Budget, today: NaiveDate) -> bool {
    let filter = Filter { projects: budget.project.iter().cloned().collect(), ..Filter::default() };
    key.day >= budget.per.begin(today)
        && filter.takes_names(&key.agent, &key.device, &key.model, &key.project)
}
