//! DeepSeek: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Amount, CreditUnit, Currency};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "deepseek", name: "DeepSeek", short: "Ds", dashboard: "https://platform.deepseek.com/usage",
    variables: ["DEEPSEEK_API_KEY"], key: "API key", help: "Make a key at platform.deepseek.com.", asks: "api.deepseek.com for the balance",
    status: Some(claudometer_provider::StatusPage { url: "https://status.deepseek.com/api/v2/summary.json", link: "https://status.deepseek.com", form: claudometer_provider::status::Form::Statuspage { component: Some("API") } }), lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/deepseek_balance.json", "deepseek/"],
    scenes: {
        "calm": [("/user/balance", 200, "fixtures/deepseek/deepseek_balance.json")],
        "refused": [("/user/balance", 401, "fixtures/deepseek/error_401.json")],
    },
}

const VENDOR: Vendor = Vendor::of(&["deepseek.com"]);
const URL: &str = "https://api.deepseek.com/user/balance";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    read(&answer).finish(&answer)
}

/// One balance for each currency, in any order. Those that are funded count, each under its own name; where none is, one
/// that is empty says so.
fn read(answer: &Value) -> Draft {
    let mut draft = Draft::new();
    let mut balances: Vec<(Currency, Amount)> = Vec::new();
    for info in draft.elements("balance_infos", &answer["balance_infos"]) {
        let named = info["currency"].as_str().and_then(Currency::new);
        match named.zip(lenient::amount(&info["total_balance"])) {
            Some(balance) => balances.push(balance),
            None => draft.lose("balance_infos has an element without an amount"),
        }
    }
    let empty = balances.iter().all(|(_, left)| left.is_zero());
    // Dollars stand first where both are funded, and alone where none is.
    balances.sort_by_key(|(currency, _)| *currency != Currency::USD);
    let shown = balances.iter().filter(|(_, left)| empty || !left.is_zero());
    for (currency, left) in shown.take(if empty { 1 } else { usize::MAX }) {
        draft.balance(draft::left(Some(*left), CreditUnit::Money(*currency)));
    }
    draft
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn funded_currencies_are_shown_under_their_own_names_and_never_an_empty_one_beside_them() {
        let info = |currency: &str, left: &str| json!({"currency": currency, "total_balance": left});
        for (infos, shown) in [
            (json!([info("USD", "0.00"), info("CNY", "71.46")]), vec!["71.46 cny"]),
            (json!([info("CNY", "71.46"), info("USD", "3")]), vec!["3 usd", "71.46 cny"]),
            (json!([info("CNY", "0"), info("USD", "0.00")]), vec!["0 usd"]),
            (json!([info("CNY", "0")]), vec!["0 cny"]),
            (json!([null, info("EUR", "x"), info("CNY", "-2")]), vec!["-2 cny"]),
            (json!([info("CNY", "0"), info("CNY", "5")]), vec!["5 cny"]),
        ] {
            let reading = read(&json!({"balance_infos": infos})).report().reading;
            let left = reading.credits.iter();
            let left: Vec<_> =
                left.map(|it| format!("{} {}", it.balance.unwrap(), it.unit)).collect();
            assert_eq!(left, shown, "{infos}");
        }
    }
}
