//! What the plan grants and what is left of it, in the three shapes that this vendor has used.

use chrono::{DateTime, Datelike as _, Months, Utc};
use claudometer_core::{Account, Allowance, CreditUnit, Credits, Currency, WindowKind};
use claudometer_provider::{Draft, draft, lenient};
use serde_json::Value;

/// What was used beyond the quota is told under this name.
pub(super) const BEYOND: &str = "Beyond the quota";

/// Usage as windows; the account is the login.
pub(super) fn read(answer: &Value, now: DateTime<Utc>) -> Draft {
    let mut draft = Draft::new();
    draft.plan = plan(answer);
    draft.account =
        lenient::text(&answer["login"]).map(|id| Account { id: Some(id), ..Account::default() });
    windows(&mut draft, answer, resets_at(answer, now));
    draft.balance(credits_used(answer));
    draft.balance(beyond(answer));
    draft
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

/// The older form of the free plan, totals beside what is left, counts before a snapshot of the same name.
fn windows(draft: &mut Draft, answer: &Value, ends: Option<DateTime<Utc>>) {
    let is_seat = is_seat(answer);
    for (name, total) in answer["monthly_quotas"].as_object().into_iter().flatten() {
        let left = lenient::number(&answer["limited_user_quotas"][name]);
        let (Some(total), Some(left)) = (lenient::number(total), left) else { continue };
        let allowance = Allowance::left(Some(left), Some(total));
        draft.add(draft::window(&lenient::slug(name), WindowKind::Monthly, allowance, ends));
    }
    let older: Vec<String> = draft.windows().map(|window| window.id.clone()).collect();
    for (name, quota) in snapshots(answer) {
        let id =
            if name == "premium_interactions" { "premium".to_owned() } else { lenient::slug(name) };
        let counts = ["percent_remaining", "entitlement", "remaining", "unlimited"];
        if !older.contains(&id) && counts.iter().any(|name| !quota[*name].is_null()) {
            // Zero is not told, and not 1970.
            let ends = lenient::instant(&quota["quota_reset_at"]).or(ends);
            let allowance = if is_seat { Allowance::Absent } else { allowance(quota) };
            draft.add(draft::window(&id, WindowKind::Monthly, allowance, ends));
        }
    }
}

/// Percent used, of a quota that there is; what is left may be below zero. A percentage is authoritative here: the counts
/// beside it are rounded.
fn allowance(quota: &Value) -> Allowance {
    let number = |name: &str| lenient::number(&quota[name]);
    let entitlement = number("entitlement");
    if is_placeholder(quota) {
        return Allowance::Absent;
    }
    if is_unlimited(quota) {
        return Allowance::Unlimited;
    }
    if entitlement.is_some_and(|all| all <= 0.0) {
        return Allowance::Absent;
    }
    let left = lenient::number(lenient::any(quota, &["quota_remaining", "remaining"]));
    Allowance::left_percent(number("percent_remaining")).or(Allowance::left(left, entitlement))
}

fn is_unlimited(quota: &Value) -> bool {
    let below = |name: &str| lenient::number(&quota[name]) == Some(-1.0);
    !is_placeholder(quota)
        && (quota["unlimited"] == true || (below("entitlement") && below("remaining")))
}

/// A seat of an organisation counts the credits that it used, and has no quota of its own, whatever is said of one.
fn is_seat(answer: &Value) -> bool {
    let mut all = snapshots(answer).peekable();
    all.peek().is_some()
        && all.all(|(_, quota)| is_zero(quota) && lenient::number(&quota["credits_used"]).is_some())
}

fn is_zero(quota: &Value) -> bool {
    let names = ["entitlement", "remaining"].iter();
    names.map(|name| lenient::number(&quota[*name])).all(|told| told.is_none_or(|it| it == 0.0))
}

/// A seat that is billed by its organisation has numbers that mean nothing.
fn is_placeholder(quota: &Value) -> bool {
    let empty = quota.as_object().is_none_or(serde_json::Map::is_empty);
    empty
        || (is_zero(quota) && (quota["has_quota"] == false || quota["token_based_billing"] == true))
}

/// Credits that a seat used, where its organisation pays for them: those of the pool of credits; where that one says zero,
/// the snapshot that carries a figure.
fn credits_used(answer: &Value) -> Option<Credits> {
    let of = |quota: &Value| lenient::amount(&quota["credits_used"]);
    let own = of(&answer["quota_snapshots"]["premium_interactions"]);
    let any = || snapshots(answer).filter_map(|(_, quota)| of(quota)).max();
    own.filter(|used| !used.is_zero())
        .or_else(any)
        .map(|used| Credits::used(used, CreditUnit::Credits))
}

/// What was used beyond the quota.
fn beyond(answer: &Value) -> Option<Credits> {
    let told = snapshots(answer).filter_map(|(_, quota)| lenient::amount(&quota["overage_count"]));
    let used = told.max().filter(|count| !count.is_zero() && !count.is_negative())?;
    Some(Credits::used(used, CreditUnit::Requests).named(BEYOND))
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

/// What an organisation is billed for, and the credits that it used.
pub(super) fn billing(draft: &mut Draft, organization: &str, summary: &Value) {
    let sum = |name: &str| {
        let told = billed(summary).filter_map(|item| lenient::amount(&item[name]));
        told.reduce(|sum, amount| sum + amount)
    };
    draft.spend = draft::spend(sum("netAmount"), None, Currency::USD);
    let used = sum("grossQuantity").map(|used| Credits::used(used, CreditUnit::Credits));
    draft.balance(used.map(|credits| credits.named(organization)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::Amount;
    use serde_json::json;

    fn figures(answer: &Value) -> Vec<(String, Option<f64>)> {
        let draft = read(answer, "2026-12-15T12:00:00Z".parse().unwrap());
        let windows = draft.report().reading.windows;
        windows.into_iter().map(|w| (w.id, w.used.map(claudometer_core::Percent::get))).collect()
    }

    #[test]
    fn odd_quotas_make_no_figure_that_is_not_there() {
        for (quota, shown) in [
            (json!({}), None),
            (json!({"entitlement": 0, "percent_remaining": 0.0}), None),
            (json!({"unlimited": true, "percent_remaining": 100.0}), Some(None)),
            (json!({"entitlement": -1, "remaining": -1}), Some(None)),
            (json!({"entitlement": 0, "unlimited": true, "has_quota": false}), None),
            (json!({"entitlement": 10, "remaining": 4}), Some(Some(60.0))),
            (
                json!({"entitlement": "10", "quota_remaining": "2.5", "remaining": 9}),
                Some(Some(75.0)),
            ),
            (json!({"entitlement": 300, "percent_remaining": -15}), Some(Some(115.0))),
            (json!("garbage"), None),
        ] {
            let answer = json!({"quota_snapshots": {"some_new_thing": quota}});
            let wanted: Vec<_> =
                shown.map(|used| ("some-new-thing".to_owned(), used)).into_iter().collect();
            assert_eq!(figures(&answer), wanted, "{quota}");
        }
    }

    #[test]
    fn a_seat_of_an_organisation_tells_the_figure_that_is_carried_and_not_the_first_zero() {
        let seat = |used: Value| json!({"entitlement": 0, "remaining": 0, "percent_remaining": 100, "unlimited": true, "token_based_billing": true, "credits_used": used});
        let told = |chat: Value, premium: Value| {
            let answer = json!({"quota_snapshots": {"chat": seat(chat), "premium_interactions": seat(premium)}});
            let reading = read(&answer, DateTime::UNIX_EPOCH).report().reading;
            assert!(reading.windows.is_empty());
            reading.credits.first().and_then(|credits| credits.used)
        };
        assert_eq!(told(json!(0), json!(386)), Some(Amount::whole(386)));
        assert_eq!(told(json!(999), json!(386)), Some(Amount::whole(386)));
        assert_eq!(told(json!(386), json!(0)), Some(Amount::whole(386)));
        assert_eq!(told(json!(0), json!(0)), Some(Amount::ZERO));
        assert_eq!(told(json!(null), json!(null)), None);
    }

    #[test]
    fn a_seat_that_says_nothing_of_its_billing_has_no_quota_and_a_paid_plan_has_its_own() {
        let chat = |used: Value| json!({"entitlement": 0, "remaining": 0, "percent_remaining": 100, "unlimited": true, "credits_used": used});
        let seat = json!({"quota_snapshots": {"chat": chat(json!(0)), "premium_interactions": chat(json!(386))}});
        assert_eq!(figures(&seat), []);
        let paid = json!({"quota_snapshots": {"chat": chat(json!(0)), "premium_interactions": {"entitlement": 10, "remaining": 4, "credits_used": 6}}});
        assert_eq!(figures(&paid).len(), 2);
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
