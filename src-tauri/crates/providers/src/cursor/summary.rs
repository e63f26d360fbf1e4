//! What the vendor's answers say: five shapes of plan, requests of older plans, money.

use chrono::{DateTime, Months, Utc};
use claudometer_core::{
    Account, Amount, Coverage, CreditUnit, Credits, Percent, Reading, Spend, Window, WindowKind,
};
use claudometer_provider::{key, lenient};
use serde_json::{Value, json};

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

    fn window(self, id: &str, used: f64) -> Window {
        let length = self.begins.zip(self.ends).map(|(begins, ends)| (ends - begins).num_minutes());
        Window {
            minutes: length.and_then(|minutes| u32::try_from(minutes).ok()),
            ..key::window(id, WindowKind::BillingCycle, Some(used), self.ends)
        }
    }
}

/// The usage summary.
pub(super) fn reading(answer: &Value) -> Reading {
    let (own, team) = (&answer["individualUsage"], &answer["teamUsage"]);
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = lenient::text(&answer["membershipType"]).map(|plan| plan_name(&plan));
    reading.windows = windows(answer, own, team);
    reading.spend = on_demand(&own["onDemand"], &team["onDemand"], Cycle::of(answer).ends);
    if reading.windows.is_empty() && answer["isUnlimited"] == true {
        let (balance, unit, expires_at) = (None, CreditUnit::Credits, None);
        reading.credits = Some(Credits { balance, unit, unlimited: true, expires_at });
    }
    reading
}

fn plan_name(plan: &str) -> String {
    match plan {
        "pro_plus" => "Pro+".to_owned(),
        "express" => "Start".to_owned(),
        other => lenient::title_case(other),
    }
}

/// A team whose pool has a limit draws on that; else the first figure that there is counts.
fn windows(answer: &Value, own: &Value, team: &Value) -> Vec<Window> {
    let cycle = Cycle::of(answer);
    let pool = share(&team["pooled"]).map(|used| cycle.window("team-pool", used));
    if answer["limitType"] == "team" && pool.is_some() {
        return pool.into_iter().collect();
    }
    let plan = of_plan(&own["plan"], cycle);
    if !plan.is_empty() {
        return plan;
    }
    let overall = share(&own["overall"]).map(|used| cycle.window("overall", used));
    overall.or(pool).into_iter().collect()
}

/// Percents are percents: 0.48 is 0.48 %.
fn of_plan(plan: &Value, cycle: Cycle) -> Vec<Window> {
    let number = |name: &str| lenient::number(&plan[name]);
    let (auto, api) = (number("autoPercentUsed"), number("apiPercentUsed"));
    let mean = auto.zip(api).map(|(auto, api)| f64::midpoint(auto, api));
    let total = number("totalPercentUsed").or(mean).or(auto).or(api).or_else(|| share(plan));
    let all = [("plan", total), ("auto", auto), ("api", api)];
    all.into_iter().filter_map(|(id, used)| Some(cycle.window(id, used?))).collect()
}

fn share(part: &Value) -> Option<f64> {
    key::share(lenient::number(&part["used"]), lenient::number(&part["limit"]))
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
    let cents = |name: &str| lenient::amount(&chosen[name]).map(Amount::hundredth);
    Some(spend(cents("used")?, cents("limit"), ends))
}

fn spend(used: Amount, limit: Option<Amount>, ends: Option<DateTime<Utc>>) -> Spend {
    let limit = limit.filter(|limit| !limit.is_zero());
    let used_percent = limit.and_then(|limit| used.percent_of(limit)).and_then(Percent::new);
    Spend { used, limit, currency: "USD".to_owned(), used_percent, resets_at: ends }
}

/// What the plan includes, in dollars, as records tell it.
pub(super) fn included(answer: &Value) -> Value {
    let plan = &answer["individualUsage"]["plan"];
    let cents = |name: &str| lenient::amount(&plan[name]).map(Amount::hundredth);
    json!({"used": cents("used"), "limit": cents("limit"), "currency": "USD"})
}

/// The requests of an older plan; `None` where there is no such limit.
pub(super) fn requests(answer: &Value) -> Option<Window> {
    let model = &answer["gpt-4"];
    let limit = lenient::number(&model["maxRequestUsage"]).filter(|limit| *limit > 0.0);
    let used = lenient::number(lenient::any(model, &["numRequestsTotal", "numRequests"]));
    let begins = lenient::instant(&answer["startOfMonth"]);
    let ends = begins.and_then(|begins| begins.checked_add_months(Months::new(1)));
    let used = key::share(used, limit)?;
    Some(key::window("requests", WindowKind::BillingCycle, Some(used), ends))
}

/// Whose login it is.
pub(super) fn account(answer: &Value) -> Option<Account> {
    let id = answer["sub"].as_str().and_then(|sub| sub.rsplit('|').next()).map(str::to_owned);
    let email = lenient::text(&answer["email"]);
    (id.is_some() || email.is_some()).then(|| Account { id, email, ..Account::default() })
}

/// Money that the vendor owes the person stands below zero.
pub(super) fn balance(answer: &Value) -> Option<Credits> {
    let balance = -lenient::amount(&answer["customerBalance"])?.hundredth();
    key::balance(Some(balance).filter(|balance| !balance.is_zero()), CreditUnit::Usd)
}

/// What is left of granted credits.
pub(super) fn grants(answer: &Value) -> Option<Credits> {
    let cents = |name: &str| lenient::amount(&answer[name]).map(Amount::hundredth);
    key::balance(
        Some(cents("totalCents")? - cents("usedCents").unwrap_or(Amount::ZERO)),
        CreditUnit::Usd,
    )
}

/// The allowance of the weekly add-on.
pub(super) fn addon(answer: &Value) -> Option<Window> {
    let used = lenient::number(&answer["usagePercent"])?;
    let ends = lenient::instant(&answer["nextResetTimestampUtc"]);
    Some(key::window("addon", WindowKind::Weekly, Some(used), ends))
}

/// The same in the words of the editor's own service, which leaves out what is zero.
pub(super) fn of_period(answer: &Value) -> Reading {
    let mut reading = Reading::empty(Coverage::Complete);
    let cycle = Cycle::of(answer);
    reading.windows = of_plan(&answer["planUsage"], cycle);
    let limits = &answer["spendLimitUsage"];
    let cents = |name: &str| lenient::amount(&limits[name]).map(Amount::hundredth);
    let limit = cents("individualLimit").filter(|limit| !limit.is_zero());
    let (used, limit) = match limit {
        Some(limit) => (cents("individualUsed"), Some(limit)),
        None => (cents("pooledUsed"), cents("pooledLimit")),
    };
    if limits.is_object() && limit.is_some() {
        reading.spend = Some(spend(used.unwrap_or(Amount::ZERO), limit, cycle.ends));
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(answer: &Value) -> Vec<(String, f64)> {
        let windows = reading(answer).windows;
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
        let reading = reading(&json!({"isUnlimited": true, "membershipType": "enterprise"}));
        assert!(
            reading.windows.is_empty() && reading.credits.is_some_and(|credits| credits.unlimited)
        );
    }
}
