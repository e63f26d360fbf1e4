//! Amounts of money as vendors write them: minor units with an exponent, or text.

use crate::lenient;
use claudometer_core::{Amount, Currency};
use serde_json::Value;

/// Where nobody says how many digits are minor.
const USUAL_DIGITS: u32 = 2;
/// No currency has more.
const MOST_DIGITS: f64 = 12.0;

/// The currency that is named. Where none is named it is `usual`, as the vendor documents; a name that is no currency is
/// `None`, so that no amount is shown under another.
pub fn currency(named: &Value, usual: Currency) -> Option<Currency> {
    match named {
        Value::Null => Some(usual),
        Value::String(code) => Currency::new(code),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// An amount in minor units, in whole units of its currency. How many digits are minor is said by the answer's own
/// `exponent`, else by the currency, else two are. An exponent that is no number makes the amount unknown.
pub fn minor(amount: &Value, exponent: &Value, currency: Option<Currency>) -> Option<Amount> {
    let digits = match exponent {
        Value::Null => currency.map_or(USUAL_DIGITS, |currency| currency.digits()),
        told => lenient::number(told)
            .filter(|digits| (0.0..=MOST_DIGITS).contains(digits) && digits.fract() == 0.0)?
            as u32,
    };
    lenient::amount(amount).map(|amount| amount.of_minor(digits))
}

/// An amount in cents, where the vendor's own name of the member says so.
pub fn cents(amount: &Value) -> Option<Amount> {
    minor(amount, &Value::Null, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn minor_units_go_by_the_answer_then_by_the_currency_then_by_two_digits() {
        for (amount, exponent, code, shown) in [
            (json!(1837), json!(2), "USD", Some("18.37")),
            (json!(2640), json!(0), "JPY", Some("2640")),
            (json!(2640), json!("0"), "USD", Some("2640")),
            (json!(500), json!(null), "JPY", Some("500")),
            (json!(1500), json!(null), "KWD", Some("1.5")),
            (json!("1512.0"), json!(null), "", Some("15.12")),
            (json!(1512.5), json!(2.0), "USD", Some("15.125")),
            (json!(1837), json!("two"), "USD", None),
            (json!(1837), json!(-1), "USD", None),
            (json!(1837), json!(1.5), "USD", None),
            (json!(1837), json!({}), "USD", None),
            (json!(null), json!(2), "USD", None),
        ] {
            let got = minor(&amount, &exponent, Currency::new(code)).map(|got| got.to_string());
            assert_eq!(got.as_deref(), shown, "{amount} {exponent} {code}");
        }
    }

    #[test]
    fn an_amount_is_never_shown_under_a_currency_that_nobody_named() {
        for (named, code) in [
            (json!(null), Some("USD")),
            (json!("eur"), Some("EUR")),
            (json!("CNY"), Some("CNY")),
            (json!("dollars"), None),
            (json!(840), None),
        ] {
            let got = currency(&named, Currency::USD).map(|got| got.to_string());
            assert_eq!(got.as_deref(), code, "{named}");
        }
    }
}
