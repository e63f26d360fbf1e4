//! What the vendor's answers say: five shapes of plan, requests of older plans, money.

use chrono::{DateTime, Months, Utc};
use claudometer_core::{
    Account, Allowance, Amount, CreditUnit, Credits, Currency, Scope, Spend, Window, WindowKind,
};
use claudometer_provider::{Draft, draft, lenient, money};
use serde_json::Value;

/// When a billing cycle begins and ends.
#[derive(Clone, Copy)]
struct Cycle {
    begins: Option<DateTime<Utc>>,
    ends: Option<DateTime<Utc>>,
}

impl Cycle {
    fn of(answer: &Value) -> Self {
        let instant = |name: &str| lenient::instant(&answer[name]);
        Self { begins: instant("billingCycleStart"), ends: instant("billingCycleEnd") }
    }

    fn window(self, id: &str, allowance: Allowance) -> Option<Window> {
        let length = self.begins.zip(self.ends).map(|(begins, ends)| (ends - begins).num_minutes());
        let minutes = length.and_then(|minutes| u32::try_from(minutes).ok());
        let window = draft::window(id, WindowKind::BillingCycle, allowance, self.ends)?;
        Some(window.lasting(minutes))
    }
}

/// The usage summary.
pub(super) fn read(answer: &Value) -> Draft {
    let (own, team) = (&answer["individualUsage"], &answer["teamUsage"]);
    let cycle = Cycle::of(answer);
    let mut draft = Draft::new();
    draft.plan = lenient::text(&answer["membershipType"]).map(|plan| plan_name(&plan));
    windows(&mut draft, answer, own, team, cycle);
    draft.spend = on_demand(&own["onDemand"], &team["onDemand"], cycle.ends);
    if !draft.windows().any(Window::tells) && answer["isUnlimited"] == true {
        draft.add(cycle.window("plan", Allowance::Unlimited));
    }
    draft.balance(included(&own["plan"]));
    draft
}

fn plan_name(plan: &str) -> String {
    match plan {
        "pro_plus" => "Pro+".to_owned(),
        "express" => "Start".to_owned(),
        other => lenient::title_case(other),
    }
}

/// A team whose pool has a limit draws on that; else the first figure that there is counts.
fn windows(draft: &mut Draft, answer: &Value, own: &Value, team: &Value, cycle: Cycle) {
    let pool = cycle.window("team-pool", share(&team["pooled"])).filter(Window::tells);
    if answer["limitType"] == "team" && pool.is_some() {
        draft.add(pool);
        return;
    }
    let plan = of_plan(&own["plan"], cycle);
    let overall = cycle.window("overall", share(&own["overall"])).filter(Window::tells);
    let others = overall.or(pool);
    let shown = if plan.is_empty() { Vec::from_iter(others) } else { plan };
    for window in shown {
        draft.add(Some(window));
    }
}

/// Percents are percents: 0.48 is 0.48 %. The total is measured against what the plan includes and gives on top; `used` and
/// `limit` are not, and count only where no percent is told.
fn of_plan(plan: &Value, cycle: Cycle) -> Vec<Window> {
    let number = |name: &str| lenient::number(&plan[name]);
    let (auto, api) = (number("autoPercentUsed"), number("apiPercentUsed"));
    let mean = auto.zip(api).map(|(auto, api)| f64::midpoint(auto, api));
    let total = Allowance::used_percent(number("totalPercentUsed").or(mean).or(auto).or(api))
        .or(share(plan));
    let pool = |id: &str, percent: Option<f64>, name: &str| {
        let window = cycle.window(id, Allowance::used_percent(percent))?;
        Some(window.scoped(Scope { pool: Some(name.to_owned()), ..Scope::default() }))
    };
    // The pools have the names of the vendor's own page. A full one stops its models, whatever the total says.
    let all = [
        cycle.window("plan", total),
        pool("auto", auto, "Cursor Models"),
        pool("api", api, "Other Models"),
    ];
    all.into_iter().flatten().filter(Window::tells).collect()
}

/// A limit of zero is none.
fn share(part: &Value) -> Allowance {
    let number = |name: &str| lenient::number(&part[name]);
    Allowance::counted(number("used"), number("limit"))
        .or(Allowance::left(number("remaining"), number("limit")))
}

/// Spend beyond the plan: a personal limit counts before a team's, a team's before no limit at all.
fn on_demand(own: &Value, team: &Value, ends: Option<DateTime<Utc>>) -> Option<Spend> {
    let limited = |part: &&Value| lenient::number(&part["limit"]).is_some_and(|limit| limit > 0.0);
    let used_or_on = |part: &&Value| {
        part["enabled"] == true || lenient::number(&part["used"]).is_some_and(|used| used > 0.0)
    };
    let order = [own, team];
    let both = order.into_iter().filter(used_or_on);
    let chosen = both.clone().find(limited).or_else(|| both.clone().next())?;
    spend(money::cents(&chosen["used"]), money::cents(&chosen["limit"]), ends)
}

fn spend(
    used: Option<Amount>,
    limit: Option<Amount>,
    ends: Option<DateTime<Utc>>,
) -> Option<Spend> {
    Some(Spend { resets_at: ends, ..draft::spend(used, limit, Currency::USD)? })
}

/// What the plan includes, in dollars: what is used of it, and what is left.
fn included(plan: &Value) -> Option<Credits> {
    let (used, limit) = (money::cents(&plan["used"])?, money::cents(&plan["limit"])?);
    let left = money::cents(&plan["remaining"]).unwrap_or(limit - used);
    (!limit.is_zero()).then(|| {
        let credits = Credits::left(left, CreditUnit::USD).named("Included");
        Credits { used: Some(used), ..credits }
    })
}

/// The requests of an older plan; `None` where there is no such limit.
pub(super) fn requests(answer: &Value) -> Option<Window> {
    let model = &answer["gpt-4"];
    let used = lenient::number(lenient::any(model, &["numRequestsTotal", "numRequests"]));
    let begins = lenient::instant(&answer["startOfMonth"]);
    let ends = begins.and_then(|begins| begins.checked_add_months(Months::new(1)));
    let allowance = Allowance::counted(used, lenient::number(&model["maxRequestUsage"]));
    draft::window("requests", WindowKind::BillingCycle, allowance, ends).filter(Window::tells)
}

/// Whose login it is.
pub(super) fn account(answer: &Value) -> Option<Account> {
    let id = answer["sub"].as_str().and_then(|sub| sub.rsplit('|').next()).map(str::to_owned);
    let email = lenient::text(&answer["email"]);
    (id.is_some() || email.is_some()).then(|| Account { id, email, ..Account::default() })
}

/// Money that the vendor owes the person stands below zero.
pub(super) fn balance(answer: &Value) -> Option<Credits> {
    let balance = -money::cents(&answer["customerBalance"])?;
    draft::left(Some(balance).filter(|balance| !balance.is_zero()), CreditUnit::USD)
}

/// What is left of granted credits.
pub(super) fn grants(answer: &Value) -> Option<Credits> {
    let total = money::cents(&answer["totalCents"])?;
    let used = money::cents(&answer["usedCents"]).unwrap_or(Amount::ZERO);
    draft::left(Some(total - used), CreditUnit::USD)
}

/// The allowance of the weekly add-on.
pub(super) fn addon(answer: &Value) -> Option<Window> {
    let allowance = Allowance::used_percent(lenient::number(&answer["usagePercent"]));
    let ends = lenient::instant(&answer["nextResetTimestampUtc"]);
    draft::window("addon", WindowKind::Weekly, allowance, ends).filter(Window::tells)
}

/// The same in the words of the editor's own service, which leaves out what is zero.
pub(super) fn of_period(answer: &Value) -> Draft {
    let mut draft = Draft::new();
    let cycle = Cycle::of(answer);
    for window in of_plan(&answer["planUsage"], cycle) {
        draft.add(Some(window));
    }
    let limits = &answer["spendLimitUsage"];
    let cents = |name: &str| money::cents(&limits[name]);
    let limit = |name: &str| cents(name).filter(|limit| !limit.is_zero());
    let (own, pooled) = (limit("individualLimit"), limit("pooledLimit"));
    // Without any limit it is the person's own spend, as far as there is one.
    let used = if own.is_none() && pooled.is_some() { "pooledUsed" } else { "individualUsed" };
    let used = cents(used).filter(|used| !used.is_zero());
    if own.or(pooled).is_some() || used.is_some() {
        draft.spend = spend(Some(used.unwrap_or(Amount::ZERO)), own.or(pooled), cycle.ends);
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::Percent;
    use serde_json::json;

    fn figures(answer: &Value) -> Vec<(String, f64)> {
        let windows = read(answer).report().reading.windows;
        windows.into_iter().map(|w| (w.id, w.used.map_or(-1.0, Percent::get))).collect()
    }

    #[test]
    fn the_first_figure_that_there_is_counts() {
        for (plan, shown) in [
            (
                json!({"autoPercentUsed": 10, "apiPercentUsed": 30}),
                vec![
                    ("plan".to_owned(), 20.0),
                    ("auto".to_owned(), 10.0),
                    ("api".to_owned(), 30.0),
                ],
            ),
            (
                json!({"apiPercentUsed": 30}),
                vec![("plan".to_owned(), 30.0), ("api".to_owned(), 30.0)],
            ),
            (json!({"used": 5, "limit": 20}), vec![("plan".to_owned(), 25.0)]),
            (json!({"used": 5, "limit": 0}), vec![]),
            (json!(null), vec![]),
        ] {
            assert_eq!(figures(&json!({"individualUsage": {"plan": plan}})), shown, "{plan}");
        }
    }

    #[test]
    fn a_personal_limit_of_spend_counts_before_a_teams_and_no_limit_last() {
        let part = |on: bool, used: u32, limit: Value| json!({"enabled": on, "used": used, "limit": limit});
        let spent = |own: &Value, team: &Value| {
            let spend = on_demand(own, team, None)?;
            Some((spend.used.to_string(), spend.limit.map(|limit| limit.to_string())))
        };
        let (open, capped, off) = (
            part(true, 100, json!(null)),
            part(true, 200, json!(1000)),
            part(false, 0, json!(null)),
        );
        assert_eq!(spent(&capped, &open), Some(("2".into(), Some("10".into()))));
        assert_eq!(spent(&open, &capped), Some(("2".into(), Some("10".into()))));
        assert_eq!(spent(&open, &off), Some(("1".into(), None)));
        assert_eq!(spent(&off, &off), None);
    }

    #[test]
    fn a_plan_without_limits_has_a_word_and_no_bar() {
        let reading = read(&json!({"isUnlimited": true, "membershipType": "enterprise"})).report();
        let windows = reading.reading.windows;
        assert!(windows.len() == 1 && windows[0].unlimited && windows[0].used.is_none());
    }
}
