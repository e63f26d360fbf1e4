//! Credits: the balance, what a workspace lets one person spend of it, and resets that a person may trigger.

use super::window::resets_at;
use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use claudometer_core::{Allowance, CreditUnit, Credits, SavedResets, Scope, Window, WindowKind};
use claudometer_provider::{
    Draft,
    lenient::{amount, any, count, instant, number},
};
use serde_json::Value;

/// Id of the window of a person's own limit in a workspace.
pub const INDIVIDUAL: &str = "credits:individual";
/// Modes of a monthly limit that mean that there is none.
const UNCAPPED: &[&str] = &["none", "off", "disabled", "no_limit"];

/// The balance; `None` where the account has none. A balance that is garbage leaves a note.
pub fn balance(draft: &mut Draft, value: &Value) -> Option<Credits> {
    if value.is_null() {
        return None;
    }
    let told = any(value, &["balance"]);
    let balance = amount(told);
    if !value.is_object() || (balance.is_none() && !told.is_null()) {
        draft.lose("credits: the balance is not a number");
    }
    let flag = |names: &[&str]| any(value, names).as_bool();
    let has = flag(&["has_credits", "hasCredits"]);
    let unlimited = flag(&["unlimited"]) == Some(true);
    let some_left = balance.is_some_and(|balance| !balance.is_zero());
    (unlimited || some_left || has == Some(true)).then(|| Credits {
        balance,
        unlimited,
        ..Credits::unknown(CreditUnit::Credits)
    })
}

/// What a workspace lets this person spend in a month, as a window of credits: the exact amounts before the percentages.
pub fn individual_limit(draft: &mut Draft, value: &Value, now: DateTime<Utc>) {
    if value.is_null() {
        return;
    }
    let part = |names: &[&str]| number(any(value, names));
    let limit = part(&["limit"]);
    let allowance = Allowance::counted(part(&["used"]), limit)
        .or(Allowance::left(part(&["remaining"]), limit))
        .or(Allowance::used_percent(part(&["used_percent", "usedPercent"])))
        .or(Allowance::left_percent(part(&["remaining_percent", "remainingPercent"])));
    if allowance == Allowance::Unknown {
        draft.lose("individual limit: no share can be told");
        return;
    }
    draft.add(of_credits(INDIVIDUAL, allowance, resets_at(value, now)));
}

/// The month's spending of a workspace member, as a window of credits; `None` where it is not capped.
pub fn monthly_usage(value: &Value, now: DateTime<Utc>) -> Option<Window> {
    let limit = any(value, &["effective_monthly_limit", "effectiveMonthlyLimit"]);
    let modes = ["enforcement_mode", "enforcementMode", "limit_mode", "limitMode"];
    let is_uncapped =
        |mode: &str| UNCAPPED.iter().any(|uncapped| mode.eq_ignore_ascii_case(uncapped));
    if modes.iter().any(|mode| limit[*mode].as_str().is_some_and(is_uncapped)) {
        return None;
    }
    let used = number(any(value, &["current_month_usage", "currentMonthUsage"]));
    let allowance = Allowance::counted(used, number(&limit["limit"]));
    of_credits("credits:monthly", allowance, next_month(now)).filter(Window::tells)
}

fn of_credits(id: &str, allowance: Allowance, resets_at: Option<DateTime<Utc>>) -> Option<Window> {
    let scope = Scope { pool: Some("Credits".to_owned()), ..Scope::default() };
    Some(Window::of(id, WindowKind::Monthly, allowance)?.scoped(scope).resetting(resets_at))
}

/// The first moment of the next month.
fn next_month(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (year, month) =
        if now.month() == 12 { (now.year() + 1, 1) } else { (now.year(), now.month() + 1) };
    Some(NaiveDate::from_ymd_opt(year, month, 1)?.and_hms_opt(0, 0, 0)?.and_utc())
}

/// The resets that a person may trigger: the count that is told, else those listed as available; the list says until when.
pub fn resets_available(value: &Value, now: DateTime<Utc>) -> Option<SavedResets> {
    let told = count(any(value, &["available_count", "availableCount"]));
    let listed = value.get("credits").and_then(Value::as_array).map(|listed| {
        let available = listed.iter().filter(|credit| credit["status"] == "available");
        let ends = available.map(|one| (1, instant(any(one, &["expires_at", "expiresAt"]))));
        SavedResets::of_grants(ends, now)
    });
    let ends_at = listed.and_then(|listed| listed.ends_at);
    told.map(|left| SavedResets { left, ends_at }).or(listed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing::now;
    use claudometer_core::Percent;
    use serde_json::json;

    #[test]
    fn a_balance_is_exact_and_shown_only_where_there_is_one() {
        for (value, want, noted) in [
            (json!({"has_credits": true, "balance": "7.25"}), Some(("7.25", false)), 0),
            (json!({"has_credits": true, "balance": 12.5}), Some(("12.5", false)), 0),
            (json!({"has_credits": true, "balance": "0E-10"}), Some(("0", false)), 0),
            (json!({"hasCredits": true, "balance": "12.5000000000"}), Some(("12.5", false)), 0),
            (
                json!({"has_credits": true, "unlimited": true, "balance": null}),
                Some(("-", true)),
                0,
            ),
            (json!({"has_credits": true, "balance": null}), Some(("-", false)), 0),
            (json!({"has_credits": true, "balance": "bad"}), Some(("-", false)), 1),
            (json!({"has_credits": false, "balance": "0"}), None, 0),
            (json!({"has_credits": false, "balance": null}), None, 0),
            (json!({"has_credits": false, "balance": "3"}), Some(("3", false)), 0),
            (json!({}), None, 0),
            (json!(null), None, 0),
            (json!("oops"), None, 1),
        ] {
            let mut draft = Draft::new();
            let got = balance(&mut draft, &value).map(|c| {
                (c.balance.map_or("-".to_owned(), |balance| balance.to_string()), c.unlimited)
            });
            assert_eq!(
                got.as_ref().map(|(balance, unlimited)| (balance.as_str(), *unlimited)),
                want,
                "{value}"
            );
            assert_eq!(draft.notes().len(), noted, "{value}");
        }
    }

    #[test]
    fn an_individual_limit_is_told_as_percent_or_as_strings_of_credits() {
        for (value, want) in [
            (json!({"used_percent": 25, "remaining_percent": 1}), Some(25.0)),
            (json!({"limit": "9000", "used": "2259", "remainingPercent": 75}), Some(25.1)),
            (json!({"limit": "9000", "used": "2250"}), Some(25.0)),
            (json!({"limit": "9000", "remaining": "6750"}), Some(25.0)),
            (json!({"limit": "100", "used": "150"}), Some(150.0)),
            (json!({"remaining_percent": -5}), Some(105.0)),
            (json!({"limit": "0", "used": "5"}), None),
            (json!({"limit": "0", "remaining": "0"}), None),
            (json!("oops"), None),
            (json!({}), None),
            (json!(null), None),
        ] {
            let mut draft = Draft::new();
            individual_limit(&mut draft, &value, now());
            let told = value.is_null() || value["limit"] == "0";
            assert_eq!(draft.notes().is_empty(), want.is_some() || told, "{value}");
            let got = draft.report().reading.windows.into_iter().next();
            assert_eq!(got.and_then(|window| window.used).map(Percent::get), want, "{value}");
        }
    }

    #[test]
    fn monthly_usage_has_a_share_only_where_it_is_capped() {
        let usage = |limit: Value, mode: &str| json!({"current_month_usage": 812.5, "effective_monthly_limit": {"limit": limit, "enforcement_mode": mode}});
        for (value, want) in [
            (usage(json!(2500), "HARD_CAP"), Some(32.5)),
            (usage(json!("2500"), "HARD_CAP"), Some(32.5)),
            (usage(json!(2500), "NO_LIMIT"), None),
            (usage(json!(2500), "off"), None),
            (usage(json!(0), "HARD_CAP"), None),
            (usage(json!(null), "HARD_CAP"), None),
            (json!({"current_month_usage": 1, "effective_monthly_limit": null}), None),
            (json!([]), None),
        ] {
            let window = monthly_usage(&value, now());
            assert_eq!(
                window.as_ref().and_then(|window| window.used).map(Percent::get),
                want,
                "{value}"
            );
            let reset = window.and_then(|window| window.resets_at).map(|at| at.to_rfc3339());
            assert_eq!(reset, want.map(|_| "2026-10-01T00:00:00+00:00".to_owned()));
        }
    }

    #[test]
    fn the_month_after_december_is_january() {
        let december = "2026-12-31T23:59:59Z".parse().unwrap();
        assert_eq!(next_month(december).unwrap().to_rfc3339(), "2027-01-01T00:00:00+00:00");
    }

    #[test]
    fn resets_are_counted_where_no_count_is_told() {
        for (value, want) in [
            (json!({"available_count": 1}), Some(1)),
            (json!({"availableCount": 0, "credits": null}), Some(0)),
            (json!({"credits": [{"status": "available"}, {"status": "redeemed"}, null]}), Some(1)),
            (json!({"credits": null}), None),
            (json!(null), None),
        ] {
            let left = resets_available(&value, now()).map(|resets| resets.left);
            assert_eq!(left, want, "{value}");
        }
        let ends = json!({"available_count": 2, "credits": [
            {"status": "available", "expires_at": "2099-10-01T00:00:00.000000Z"},
            {"status": "available", "expiresAt": 4_080_000_000_u32},
            {"status": "redeemed", "expires_at": "2099-01-01T00:00:00Z"}]});
        let resets = resets_available(&ends, now()).unwrap();
        assert_eq!((resets.left, resets.ends_at), (2, "2099-04-16T05:20:00Z".parse().ok()));
    }
}
