//! Money: spend beyond the plan, and the prepaid balance. Amounts come in cents.

use chrono::{DateTime, Datelike as _, TimeZone as _, Utc};
use claudometer_core::{Amount, CreditUnit, Credits, Percent, Spend};
use claudometer_provider::lenient;
use serde_json::Value;

/// Spend beyond the plan, from `extra_usage` of a usage answer or from an answer of its own; `None` where it is turned
/// off or nothing is said of what was spent. The pool begins anew on the first of the next month, UTC.
pub fn spend(value: &Value, now: DateTime<Utc>) -> Option<Spend> {
    if value["is_enabled"] == Value::Bool(false) {
        return None;
    }
    let used = lenient::amount(&value["used_credits"])?.hundredth();
    let limit = lenient::amount(lenient::any(value, &["monthly_limit", "monthly_credit_limit"]))
        .map(Amount::hundredth);
    let computed = || used.percent_of(limit?).and_then(Percent::new);
    Some(Spend {
        used,
        limit,
        currency: lenient::text(&value["currency"])
            .unwrap_or_else(|| "USD".to_owned())
            .to_ascii_uppercase(),
        used_percent: lenient::percent(&value["utilization"]).or_else(computed),
        resets_at: next_month(now),
    })
}

fn next_month(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (year, month) =
        if now.month() == 12 { (now.year() + 1, 1) } else { (now.year(), now.month() + 1) };
    Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).single()
}

/// The prepaid balance, which can be negative; `None` where it is not said, or in a currency that has no unit.
pub fn credits(value: &Value) -> Option<Credits> {
    let balance = lenient::amount(&value["amount"])?.hundredth();
    let currency = lenient::text(&value["currency"]).unwrap_or_else(|| "USD".to_owned());
    let unit = match currency.to_ascii_uppercase().as_str() {
        "USD" => CreditUnit::Usd,
        "EUR" => CreditUnit::Eur,
        _ => return None,
    };
    Some(Credits { balance: Some(balance), unit, unlimited: false, expires_at: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(year: i32, month: u32, day: u32) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(year, month, day, 12, 0, 0).single().unwrap_or_default()
    }

    /// Used, limit, currency, percent.
    fn told(value: &Value) -> Option<(String, Option<String>, String, Option<f64>)> {
        let spend = spend(value, at(2026, 9, 15))?;
        Some((
            spend.used.fixed(2),
            spend.limit.map(|l| l.fixed(2)),
            spend.currency,
            spend.used_percent.map(Percent::get),
        ))
    }

    #[test]
    fn cents_become_whole_units_and_the_share_is_computed_where_it_is_not_said() {
        for (value, want) in [
            (
                json!({"is_enabled": true, "monthly_limit": 6000, "used_credits": 1512.0, "utilization": 25.2, "currency": "USD"}),
                Some(("15.12", Some("60.00"), "USD", Some(25.2))),
            ),
            (
                json!({"is_enabled": true, "monthly_credit_limit": "2000", "used_credits": 500, "utilization": null, "currency": "eur"}),
                Some(("5.00", Some("20.00"), "EUR", Some(25.0))),
            ),
            (
                json!({"is_enabled": true, "monthly_limit": null, "used_credits": 99}),
                Some(("0.99", None, "USD", None)),
            ),
            (
                json!({"is_enabled": true, "monthly_limit": 0, "used_credits": 0}),
                Some(("0.00", Some("0.00"), "USD", None)),
            ),
            (
                json!({"is_enabled": true, "monthly_limit": 6000, "used_credits": null, "utilization": 3}),
                None,
            ),
            (json!({"is_enabled": false, "monthly_limit": 6000, "used_credits": 10}), None),
            (json!({"is_enabled": false}), None),
            (json!(null), None),
            (json!("garbage"), None),
        ] {
            let want = want.map(|(used, limit, currency, percent)| {
                (used.to_owned(), limit.map(str::to_owned), currency.to_owned(), percent)
            });
            assert_eq!(told(&value), want, "{value}");
        }
    }

    #[test]
    fn the_pool_begins_anew_on_the_first_of_the_next_month() {
        assert_eq!(
            next_month(at(2026, 9, 15)).map(|at| at.to_rfc3339()),
            Some("2026-10-01T00:00:00+00:00".into())
        );
        assert_eq!(
            next_month(at(2026, 12, 31)).map(|at| at.to_rfc3339()),
            Some("2027-01-01T00:00:00+00:00".into())
        );
    }

    #[test]
    fn a_balance_may_be_negative_and_needs_a_known_currency() {
        let balance = |value: Value| {
            credits(&value).and_then(|credits| Some((credits.balance?.fixed(2), credits.unit)))
        };
        assert_eq!(
            balance(json!({"amount": 2140, "currency": "USD"})),
            Some(("21.40".into(), CreditUnit::Usd))
        );
        assert_eq!(
            balance(json!({"amount": "-350", "currency": "EUR"})),
            Some(("-3.50".into(), CreditUnit::Eur))
        );
        assert_eq!(balance(json!({"amount": 5, "currency": "CHF"})), None);
        assert_eq!(balance(json!({"amount": null})), None);
    }
}
