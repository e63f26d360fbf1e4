//! Grok: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{
    Allowance, Amount, CreditUnit, Currency, Trouble, Window, WindowKind,
};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    Draft, FetchError, Report, Vendor, draft, json, key::Lent, lenient, money,
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

const VENDOR: Vendor = Vendor {
    sign_in: &["auth.x.ai", "accounts.x.ai"],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["grok.com", "x.ai"])
};
const URL: &str = "https://cli-chat-proxy.grok.com/v1/billing?format=credits";
const ISSUER: &str = "https://auth.x.ai";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = Request::get(URL).header("x-xai-token-auth", "xai-grok-cli").bearer(key);
    let answer = VENDOR.ask(host, request).await?;
    read(&answer).finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let config = &answer["config"];
    let mut draft = Draft::new();
    draft.bucket("currentPeriod", &config["currentPeriod"], |period| window(config, period));
    if is_unmetered(config) {
        draft.unmetered();
    }
    let used = money::cents(&config["onDemandUsed"]["val"]).unwrap_or(Amount::ZERO);
    let cap = money::cents(&config["onDemandCap"]["val"]);
    if cap.is_some() {
        draft.spend = draft::spend(Some(used), cap, Currency::USD);
    }
    if let Some(spend) = &mut draft.spend {
        spend.resets_at = lenient::instant(&config["billingPeriodEnd"]);
    }
    let prepaid = money::cents(&config["prepaidBalance"]["val"]).filter(|left| !left.is_zero());
    draft.balance(draft::left(prepaid, CreditUnit::USD));
    draft
}

/// Zero is left out on the wire: a period without a percent is one of which nothing is used. Not so for those who are billed
/// as one and told no products: of them a missing percent was seen with a use.
fn window(config: &Value, period: &Value) -> Option<Window> {
    let kind = match period["type"].as_str().map(|kind| kind.trim_start_matches("USAGE_PERIOD_TYPE_"))
    {
        Some("WEEKLY") => WindowKind::Weekly,
        Some("MONTHLY") => WindowKind::Monthly,
        Some("DAILY") => WindowKind::Daily,
        _ => WindowKind::Other,
    };
    let used = match &config["creditUsagePercent"] {
        Value::Null if is_unmetered(config) => None,
        Value::Null => Some(0.0),
        said => lenient::number(said),
    };
    let allowance = Allowance::used_percent(used);
    draft::window("credits", kind, allowance, lenient::instant(&period["end"]))
}

fn is_unmetered(config: &Value) -> bool {
    config["isUnifiedBillingUser"] == true && !config["productUsage"].is_array()
}

/// The file of logins of its own program.
fn file(host: &Host) -> PathBuf {
    let given = host.env.get("GROK_HOME").map(PathBuf::from);
    given.unwrap_or_else(|| host.home().join(".grok")).join("auth.json")
}

/// Logins that have not expired: its own program renews them, we never do.
fn lent(host: &Host) -> Vec<Lent> {
    let path = file(host);
    let text = host.files.read(&path).ok().flatten();
    let logins = text.and_then(|text| json::read(text).ok());
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
    use claudometer_core::Percent;
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
        let told = |config: Value| {
            let reading = read(&json!({ "config": config })).report().reading;
            Some(reading.windows.first()?.used.map(Percent::get))
        };
        let used = |percent: Value| {
            told(json!({"currentPeriod": {}, "creditUsagePercent": percent})).unwrap()
        };
        assert_eq!(
            (used(Value::Null), used(json!("x")), used(json!("12"))),
            (Some(0.0), None, Some(12.0))
        );
        assert_eq!(told(json!({})), None);
        let unified = json!({"currentPeriod": {}, "isUnifiedBillingUser": true});
        assert_eq!(told(unified), Some(None), "not metered");
    }
}
