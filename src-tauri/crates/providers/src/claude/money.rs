//! Money: spend beyond the plan, and the prepaid balance. How many digits are minor is said by the answer.

use chrono::{DateTime, Datelike as _, TimeZone as _, Utc};
use claudometer_core::{Amount, CreditUnit, Credits, Currency, Spend};
use claudometer_provider::{Draft, draft, lenient, money};
use serde_json::Value;

/// Spend beyond the plan, from the newer of the two objects of a usage answer. Where that is there it counts, whatever the
/// older one says.
pub(super) fn take(draft: &mut Draft, answer: &Value, now: DateTime<Utc>) {
    let newer = &answer["spend"];
    if !newer.is_object() {
        draft.spend = spend(&answer["extra_usage"], now);
        return;
    }
    if newer["enabled"] != true {
        return;
    }
    draft.spend = in_minor_units(newer).map(|spend| Spend { resets_at: next_month(now), ..spend });
    if draft.spend.is_none() && newer["used"].is_object() {
        draft.lose("spend has an amount that is not understood");
    }
}

fn in_minor_units(value: &Value) -> Option<Spend> {
    let amount = |value: &Value| -> Option<(Amount, Currency)> {
        let currency = money::currency(&value["currency"], Currency::USD)?;
        // Here an amount without an exponent is unknown.
        lenient::number(&value["exponent"])?;
        Some((money::minor(&value["amount_minor"], &value["exponent"], None)?, currency))
    };
    let (used, currency) = amount(&value["used"])?;
    let limit = amount(&value["limit"]).filter(|(_, other)| *other == currency);
    draft::spend(Some(used), limit.map(|(limit, _)| limit), currency)
}

/// The older object of a usage answer, and an answer of its own; `None` where it is turned off or nothing is said of what
/// was spent. The pool begins anew on the first of the next month, UTC.
pub fn spend(value: &Value, now: DateTime<Utc>) -> Option<Spend> {
    if value["is_enabled"] != true {
        return None;
    }
    let currency = money::currency(&value["currency"], Currency::USD)?;
    let minor = |value_of: &Value| money::minor(value_of, &value["decimal_places"], Some(currency));
    let limit = minor(lenient::any(value, &["monthly_limit", "monthly_credit_limit"]));
    let spend = draft::spend(minor(&value["used_credits"]), limit, currency)?;
    Some(Spend { resets_at: next_month(now), ..spend })
}

fn next_month(now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (year, month) =
        if now.month() == 12 { (now.year() + 1, 1) } else { (now.year(), now.month() + 1) };
    Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).single()
}

/// The prepaid balance, which can be negative; `None` where it is not said, or in no currency that is one.
pub fn credits(value: &Value) -> Option<Credits> {
    let currency = money::currency(&value["currency"], Currency::USD)?;
    let exponent = lenient::any(value, &["exponent", "decimal_places"]);
    let balance = money::minor(&value["amount"], exponent, Some(currency));
    draft::left(balance, CreditUnit::Money(currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::Percent;
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
                json!({"is_enabled": true, "monthly_limit": null, "used_credits": 0, "utilization": 0}),
                Some(("0.00", None, "USD", None)),
            ),
            (json!({"is_enabled": true, "monthly_limit": 0, "used_credits": 0}), None),
            (
                json!({"is_enabled": true, "monthly_limit": 12000, "used_credits": 2640, "currency": "JPY", "decimal_places": 0}),
                Some(("2640.00", Some("12000.00"), "JPY", Some(22.0))),
            ),
            (
                json!({"is_enabled": true, "used_credits": 2640, "currency": "JPY"}),
                Some(("2640.00", None, "JPY", None)),
            ),
            (
                json!({"is_enabled": true, "used_credits": 2640, "decimal_places": "many"}),
                None,
            ),
            (json!({"is_enabled": true, "used_credits": 2640, "currency": "gold"}), None),
            (json!({"used_credits": 10}), None),
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
    fn the_newer_object_counts_where_it_is_there_and_an_amount_without_an_exponent_is_unknown() {
        let money = |minor: u32, exponent: Value| json!({"amount_minor": minor, "currency": "USD", "exponent": exponent});
        let older = json!({"is_enabled": true, "used_credits": 300, "monthly_limit": 1000});
        let told = |spend: Value| {
            let answer = json!({"spend": spend, "extra_usage": older});
            let mut draft = Draft::new();
            take(&mut draft, &answer, at(2026, 9, 15));
            let spend = draft.report().reading.spend?;
            Some((spend.used.fixed(2), spend.limit.map(|it| it.fixed(2)), spend.used_percent.map(Percent::get)))
        };
        let spend = |enabled: bool, used: Value, limit: Value| json!({"enabled": enabled, "used": used, "limit": limit, "percent": 0});
        let two = json!(2);
        let of = |used: &str, limit: Option<&str>, percent: Option<f64>| Some((used.to_owned(), limit.map(str::to_owned), percent));
        assert_eq!(told(json!(null)), of("3.00", Some("10.00"), Some(30.0)));
        assert_eq!(
            told(spend(true, money(400, two.clone()), money(1600, two.clone()))),
            of("4.00", Some("16.00"), Some(25.0))
        );
        assert_eq!(told(spend(true, money(400, json!(0)), json!(null))), of("400.00", None, None));
        assert_eq!(told(spend(true, money(400, json!(null)), json!(null))), None);
        assert_eq!(told(spend(true, money(400, json!("x")), json!(null))), None);
        assert_eq!(told(spend(false, money(400, two), json!(null))), None);
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
    fn a_balance_may_be_negative_and_needs_a_currency() {
        let balance = |value: Value| {
            credits(&value).and_then(|credits| Some((credits.balance?.fixed(2), credits.unit)))
        };
        assert_eq!(
            balance(json!({"amount": 2140, "currency": "USD"})),
            Some(("21.40".into(), CreditUnit::USD))
        );
        assert_eq!(
            balance(json!({"amount": "-350", "currency": "EUR"})),
            Some(("-3.50".into(), CreditUnit::Money(Currency::EUR)))
        );
        assert_eq!(
            balance(json!({"amount": 500, "currency": "JPY"})),
            Some(("500.00".into(), CreditUnit::of("jpy").unwrap()))
        );
        assert_eq!(balance(json!({"amount": 5, "currency": "gold"})), None);
        assert_eq!(balance(json!({"amount": null})), None);
    }
}
