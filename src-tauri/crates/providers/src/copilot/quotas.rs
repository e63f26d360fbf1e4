//! What the plan grants and what is left of it, in the three shapes that this vendor has used.

use chrono::{DateTime, Datelike as _, Months, Utc};
use claudometer_core::{Account, Amount, Coverage, Reading, Spend, Window, WindowKind};
use claudometer_provider::{key, lenient};
use serde_json::Value;

/// Usage as windows; the account is the login.
pub(super) fn reading(answer: &Value, now: DateTime<Utc>) -> Reading {
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = plan(answer);
    reading.account =
        lenient::text(&answer["login"]).map(|id| Account { id: Some(id), ..Account::default() });
    let ends = resets_at(answer, now);
    reading.windows = windows(answer, ends);
    reading
}

fn plan(answer: &Value) -> Option<String> {
    if answer["access_type_sku"].as_str().is_some_and(|sku| sku.starts_with("free_")) {
        return Some("Free".to_owned());
    }
    let plan = lenient::text(&answer["copilot_plan"])?;
    Some(match plan.as_str() {
        "individual_pro" => "Pro+".to_owned(),
        "individual" => "Pro".to_owned(),
        other => lenient::title_case(other),
    })
}

/// The first of the next month where the answer does not say.
fn resets_at(answer: &Value, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let names = ["quota_reset_date_utc", "quota_reset_date", "limited_user_reset_date"];
    let said = names.iter().find_map(|name| lenient::instant(&answer[*name]));
    said.or_else(|| {
        let first = now.date_naive().with_day(1)?.checked_add_months(Months::new(1))?;
        Some(first.and_hms_opt(0, 0, 0)?.and_utc())
    })
}

fn snapshots(answer: &Value) -> impl Iterator<Item = (&String, &Value)> {
    answer["quota_snapshots"].as_object().into_iter().flatten()
}

fn windows(answer: &Value, ends: Option<DateTime<Utc>>) -> Vec<Window> {
    let legacy = legacy(answer, ends);
    let newer = snapshots(answer).filter_map(|(name, quota)| {
        let id =
            if name == "premium_interactions" { "premium".to_owned() } else { lenient::slug(name) };
        let own = lenient::number(&quota["quota_reset_at"]).filter(|at| *at > 0.0);
        let ends = own.and_then(|_| lenient::instant(&quota["quota_reset_at"])).or(ends);
        let taken = legacy.iter().any(|window| window.id == id);
        (!taken).then(|| Some(key::window(&id, WindowKind::Monthly, Some(used(quota)?), ends)))?
    });
    let newer: Vec<Window> = newer.collect();
    newer.into_iter().chain(legacy.iter().cloned()).collect()
}

/// The older form of the free plan: totals beside what is left.
fn legacy(answer: &Value, ends: Option<DateTime<Utc>>) -> Vec<Window> {
    let totals = answer["monthly_quotas"].as_object();
    let window = |(name, total): (&String, &Value)| {
        let total = lenient::number(total)?;
        let left = lenient::number(&answer["limited_user_quotas"][name])?;
        let used = key::share(Some(total - left), Some(total));
        Some(key::window(&lenient::slug(name), WindowKind::Monthly, used, ends))
    };
    totals.into_iter().flatten().filter_map(window).collect()
}

/// Percent used, of a quota that there is; what is left may be below zero.
fn used(quota: &Value) -> Option<f64> {
    let entitlement = lenient::number(&quota["entitlement"]);
    if is_unlimited(quota) || is_placeholder(quota) || entitlement.is_some_and(|all| all <= 0.0) {
        return None;
    }
    let left = lenient::number(lenient::any(quota, &["quota_remaining", "remaining"]));
    lenient::number(&quota["percent_remaining"])
        .map(|left| 100.0 - left)
        .or_else(|| key::share(Some(entitlement? - left?), entitlement))
}

fn is_unlimited(quota: &Value) -> bool {
    let below = |name: &str| lenient::number(&quota[name]) == Some(-1.0);
    !is_placeholder(quota)
        && (quota["unlimited"] == true || (below("entitlement") && below("remaining")))
}

/// A seat that is billed by its organisation has numbers that mean nothing.
fn is_placeholder(quota: &Value) -> bool {
    let empty = quota.as_object().is_none_or(serde_json::Map::is_empty);
    let all_zero = ["entitlement", "remaining"]
        .iter()
        .all(|name| lenient::number(&quota[*name]).is_none_or(|number| number == 0.0));
    empty || (all_zero && (quota["has_quota"] == false || quota["token_based_billing"] == true))
}

/// Names of what has no limit.
pub(super) fn unlimited(answer: &Value) -> Vec<&str> {
    snapshots(answer)
        .filter(|(_, quota)| is_unlimited(quota))
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Credits that a seat used, where its organisation pays for them.
pub(super) fn credits_used(answer: &Value) -> Option<f64> {
    snapshots(answer).find_map(|(_, quota)| lenient::number(&quota["credits_used"]))
}

/// What was used beyond the quota.
pub(super) fn overage(answer: &Value) -> Option<f64> {
    snapshots(answer)
        .filter_map(|(_, quota)| lenient::number(&quota["overage_count"]))
        .find(|count| *count > 0.0)
}

fn billed(summary: &Value) -> impl Iterator<Item = &Value> {
    let items = summary["usageItems"].as_array().into_iter().flatten();
    items.filter(|item| {
        item["product"] == "Copilot"
            && item["unitType"]
                .as_str()
                .is_some_and(|unit| matches!(unit, "ai-credits" | "ai-units"))
    })
}

/// What an organisation is billed for.
pub(super) fn spend(summary: &Value) -> Option<Spend> {
    let mut used: Option<Amount> = None;
    for amount in billed(summary).filter_map(|item| lenient::amount(&item["netAmount"])) {
        used = Some(used.unwrap_or(Amount::ZERO) - (-amount));
    }
    let currency = "USD".to_owned();
    used.map(|used| Spend { used, limit: None, currency, used_percent: None, resets_at: None })
}

/// Credits that an organisation used.
pub(super) fn credits_billed(summary: &Value) -> Option<f64> {
    billed(summary).filter_map(|item| lenient::number(&item["grossQuantity"])).reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn figures(answer: &Value) -> Vec<(String, Option<f64>)> {
        let reading = reading(answer, "2026-12-15T12:00:00Z".parse().unwrap());
        reading
            .windows
            .into_iter()
            .map(|w| (w.id, w.used.map(claudometer_core::Percent::get)))
            .collect()
    }

    #[test]
    fn odd_quotas_make_no_figure_that_is_not_there() {
        for (quota, shown) in [
            (json!({}), None),
            (json!({"entitlement": 0, "percent_remaining": 0.0}), None),
            (json!({"unlimited": true, "percent_remaining": 100.0}), None),
            (json!({"entitlement": -1, "remaining": -1}), None),
            (json!({"entitlement": 10, "remaining": 4}), Some(60.0)),
            (json!({"entitlement": "10", "quota_remaining": "2.5", "remaining": 9}), Some(75.0)),
            (json!({"entitlement": 300, "percent_remaining": -15}), Some(115.0)),
            (json!("garbage"), None),
        ] {
            let answer = json!({"quota_snapshots": {"some_new_thing": quota}});
            let wanted: Vec<_> =
                shown.map(|used| ("some-new-thing".to_owned(), Some(used))).into_iter().collect();
            assert_eq!(figures(&answer), wanted, "{quota}");
        }
    }

    #[test]
    fn the_older_pair_wins_over_a_snapshot_of_the_same_name() {
        let answer = json!({"monthly_quotas": {"chat": "50"}, "limited_user_quotas": {"chat": 20}, "quota_snapshots": {"chat": {"unlimited": true}}});
        assert_eq!(figures(&answer), [("chat".to_owned(), Some(60.0))]);
    }

    #[test]
    fn without_a_date_the_quota_begins_anew_with_the_next_month() {
        let ends = resets_at(&json!({}), "2026-12-15T12:00:00Z".parse().unwrap());
        assert_eq!(ends.map(|at| at.to_rfc3339()), Some("2027-01-01T00:00:00+00:00".into()));
    }
}
