//! Kiro: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Spend, Trouble, Window, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    FetchError, Report,
    key::{self, Lent},
    lenient,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::path::PathBuf;

keyed! {
    id: "kiro", name: "Kiro", short: "Ki", dashboard: "https://app.kiro.dev/account/usage",
    variables: [], key: "Access token", help: "Sign in with kiro-cli login; its login is read. An access token can be typed too.", asks: "codewhisperer.us-east-1.amazonaws.com for the credits of the plan",
    status: None, lent: lent, files: |host| vec![database(host)],
    replays: ["kiro/usage", "kiro/error", "kiro/changed"],
    scenes: {
        "calm": [("codewhisperer", 200, "fixtures/kiro/usage_limits_overage.json")],
        "refused": [("codewhisperer", 401, "fixtures/kiro/error_401.json")],
    },
}

const URL: &str = "https://codewhisperer.us-east-1.amazonaws.com/";
const TARGET: &str = "AmazonCodeWhispererService.GetUsageLimits";
/// Keys of the command's database; the spelling is its own.
const TOKEN: (&str, &str) = ("auth_kv", "kirocli:odic:token");
const PROFILE: (&str, &str) = ("state", "api.codewhisperer.profile");

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let profile = item(host, PROFILE).and_then(|profile| lenient::text(&profile["arn"]));
    let body = profile.map_or_else(|| json!({}), |arn| json!({"profileArn": arn}));
    let request = Request::post(URL, body.to_string())
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", TARGET)
        .bearer(key);
    let answer = key::answered(host, request, Trouble::AuthExpired).await?;
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = lenient::text(&answer["subscriptionInfo"]["subscriptionTitle"]);
    let usage = answer["usageBreakdownList"].as_array().map(Vec::as_slice).unwrap_or_default();
    reading.windows = usage.iter().filter_map(|part| window(part, &answer)).collect();
    reading.spend = usage.iter().find_map(spend);
    key::told(reading, &answer)
}

/// What is used counts what goes beyond the plan too, so it may be more than all of it.
fn window(part: &Value, answer: &Value) -> Option<Window> {
    let number = |names: &[&str]| lenient::number(lenient::any(part, names));
    let used = key::share(
        number(&["currentUsageWithPrecision", "currentUsage"]),
        number(&["usageLimitWithPrecision", "usageLimit"]),
    )?;
    let ends = lenient::instant(&part["nextDateReset"])
        .or_else(|| lenient::instant(&answer["nextDateReset"]));
    let id = match part["resourceType"].as_str() {
        Some("CREDIT") | None => "credits".to_owned(),
        Some(other) => lenient::slug(other),
    };
    Some(key::window(&id, WindowKind::Monthly, Some(used), ends))
}

fn spend(part: &Value) -> Option<Spend> {
    let used = lenient::amount(&part["overageCharges"]).filter(|used| !used.is_zero())?;
    let currency = lenient::text(&part["currency"]).unwrap_or_else(|| "USD".to_owned());
    Some(Spend {
        used,
        limit: None,
        currency,
        used_percent: None,
        resets_at: lenient::instant(&part["nextDateReset"]),
    })
}

fn database(host: &Host) -> PathBuf {
    let given = host.env.get("KIRO_DATA_DIR").map(PathBuf::from);
    let usual = if cfg!(target_os = "macos") {
        "Library/Application Support/kiro-cli"
    } else {
        ".local/share/kiro-cli"
    };
    given.unwrap_or_else(|| host.home().join(usual)).join("data.sqlite3")
}

fn item(host: &Host, (table, key): (&'static str, &str)) -> Option<Value> {
    let found = host.files.database_value(&database(host), table, key);
    let text = found
        .inspect_err(|error| tracing::debug!(%error, "the command's database cannot be read now"));
    serde_json::from_str(&text.ok()??).ok()
}

/// The command's login, while it is good: the command renews it, we never do.
fn lent(host: &Host) -> Vec<Lent> {
    let login = item(host, TOKEN).filter(|login| {
        lenient::instant(&login["expires_at"]).is_none_or(|ends| ends > host.now())
    });
    let key = login.and_then(|login| lenient::text(&login["access_token"]));
    let place = host.tilde(&database(host));
    key.map(|key| Lent { key: SecretString::from(key), place }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_login_that_has_expired_is_not_used() {
        let host = testing::host(&[]);
        for (expires, found) in [("2026-09-15T13:00:00Z", 1), ("2026-09-15T11:00:00Z", 0)] {
            let login = json!({"access_token": "aoa-1", "expires_at": expires}).to_string();
            let text = json!({TOKEN.1: login}).to_string();
            host.files.write_private(&database(&host), text.as_bytes()).unwrap();
            assert_eq!(lent(&host).len(), found, "{expires}");
        }
    }
}
