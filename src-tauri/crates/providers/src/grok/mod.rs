//! Grok: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{
    Amount, Coverage, CreditUnit, Percent, Reading, Spend, Trouble, Window, WindowKind,
};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    FetchError, Report,
    key::{self, Lent},
    lenient,
};
use secrecy::SecretString;
use serde_json::Value;
use std::path::PathBuf;

keyed! {
    id: "grok", name: "Grok", short: "Gk", dashboard: "https://grok.com/settings/billing",
    variables: [], key: "Token", help: "Sign in with the grok command; its login is read. A token of it can be typed too.", asks: "cli-chat-proxy.grok.com for the credits of the plan",
    status: None, lent: lent, files: |host| vec![file(host)],
    replays: ["grok/"],
    scenes: {
        "calm": [("/v1/billing", 200, "fixtures/grok/billing_weekly.json")],
        "refused": [("/v1/billing", 401, "fixtures/grok/error_401.json")],
    },
}

const URL: &str = "https://cli-chat-proxy.grok.com/v1/billing?format=credits";
const ISSUER: &str = "https://auth.x.ai";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = Request::get(URL).header("x-xai-token-auth", "xai-grok-cli").bearer(key);
    let answer = key::answered(host, request, Trouble::NotSubscribed).await?;
    let config = &answer["config"];
    let mut reading = Reading::empty(Coverage::Complete);
    reading.windows = window(config).into_iter().collect();
    reading.spend = spend(config);
    let prepaid = cents(&config["prepaidBalance"]).filter(|balance| !balance.is_zero());
    reading.credits = key::balance(prepaid, CreditUnit::Usd);
    key::told(reading, &answer)
}

/// Zero is left out on the wire: a period without a percent is one of which nothing is used.
fn window(config: &Value) -> Option<Window> {
    let period = config["currentPeriod"].as_object()?;
    let kind = match period.get("type").and_then(Value::as_str) {
        Some("USAGE_PERIOD_TYPE_WEEKLY") => WindowKind::Weekly,
        Some("USAGE_PERIOD_TYPE_MONTHLY") => WindowKind::Monthly,
        Some("USAGE_PERIOD_TYPE_DAILY") => WindowKind::Daily,
        _ => WindowKind::Other,
    };
    let used = match &config["creditUsagePercent"] {
        Value::Null => Some(0.0),
        said => lenient::number(said),
    };
    let ends = period.get("end").and_then(lenient::instant);
    Some(key::window("credits", kind, used, ends))
}

fn spend(config: &Value) -> Option<Spend> {
    let limit = cents(&config["onDemandCap"])?;
    let used = cents(&config["onDemandUsed"]).unwrap_or(Amount::ZERO);
    Some(Spend {
        used,
        limit: Some(limit),
        currency: "USD".to_owned(),
        used_percent: used.percent_of(limit).and_then(Percent::new),
        resets_at: lenient::instant(&config["billingPeriodEnd"]),
    })
}

fn cents(value: &Value) -> Option<Amount> {
    lenient::amount(&value["val"]).map(Amount::hundredth)
}

/// The file of logins of its own program.
fn file(host: &Host) -> PathBuf {
    let given = host.env.get("GROK_HOME").map(PathBuf::from);
    given.unwrap_or_else(|| host.home().join(".grok")).join("auth.json")
}

/// Logins that have not expired: its own program renews them, we never do.
fn lent(host: &Host) -> Vec<Lent> {
    let path = file(host);
    let text = host.files.read_text(&path).ok().flatten();
    let logins = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let logins = logins.as_ref().and_then(Value::as_object);
    let valid = |login: &&Value| {
        lenient::instant(&login["expires_at"]).is_none_or(|ends| ends > host.now())
    };
    let ours = logins.into_iter().flatten().filter(|(issuer, _)| issuer.starts_with(ISSUER));
    let keys =
        ours.map(|(_, login)| login).filter(valid).filter_map(|login| lenient::text(&login["key"]));
    keys.map(|key| Lent { key: SecretString::from(key), place: host.tilde(&path) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use serde_json::json;

    #[test]
    fn only_logins_of_this_vendor_that_are_still_good_are_used() {
        let host = testing::host(&[]);
        let login = |key: &str, year: u32| json!({"key": key, "expires_at": format!("{year}-01-01T00:00:00Z"), "refresh_token": "never"});
        let all = json!({"https://auth.x.ai::a": login("good", 2030), "https://auth.x.ai::b": login("old", 2020), "https://other.invalid::c": login("foreign", 2030)});
        host.files.write_private(&file(&host), all.to_string().as_bytes()).unwrap();
        let found: Vec<_> = lent(&host)
            .into_iter()
            .map(|lent| secrecy::ExposeSecret::expose_secret(&lent.key).to_owned())
            .collect();
        assert_eq!(found, ["good"]);
    }

    #[test]
    fn a_percent_that_is_no_number_is_unknown_and_one_that_is_missing_is_nothing_used() {
        let used = |percent: Value| {
            window(&json!({"currentPeriod": {}, "creditUsagePercent": percent}))
                .unwrap()
                .used
                .map(Percent::get)
        };
        assert_eq!(
            (used(Value::Null), used(json!("x")), used(json!("12"))),
            (Some(0.0), None, Some(12.0))
        );
        assert_eq!(window(&json!({})), None);
    }
}
