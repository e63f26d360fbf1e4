//! Kiro: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{
    Allowance, Currency, ProviderId, Spend, Trouble, Window, WindowKind, gate::Cadence,
};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{
    Draft, FetchError, Odd, Report, SourceSpec, Vendor, Word, draft, json, key::Lent,
    lenient, money, program::Program,
};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::path::PathBuf;

keyed! {
    id: "kiro", name: "Kiro", short: "Ki", dashboard: "https://app.kiro.dev/account/usage",
    variables: [], key: "Access token", help: "Sign in with kiro-cli login; its login is read. An access token can be typed too.", asks: "codewhisperer.us-east-1.amazonaws.com for the credits of the plan",
    status: None, lent: lent, files: |host| vec![database(host)],
    replays: ["kiro/"],
    scenes: {
        "calm": [("codewhisperer", 200, "fixtures/kiro/usage_limits_overage.json")],
        "refused": [("codewhisperer", 401, "fixtures/kiro/error_401.json")],
    },
    stage: printed::stage,
    also: &COMMAND,
}

mod printed;

static COMMAND: Program = Program {
    spec: SourceSpec {
        id: "command",
        label: "kiro-cli's own report",
        reads: "What kiro-cli prints for /usage; it is started where it is installed and signed in.",
        sends: "Asks nobody itself; kiro-cli asks its vendor, as when you type /usage.",
        cadence: Cadence { normal_s: 900, floor_s: 300 },
        passive: false,
        opt_in: false,
    },
    provider: ProviderId::new("kiro"),
    name: "kiro-cli",
    args: &["chat", "--no-interactive", "/usage"],
    login: database,
    read: printed::read,
};

const VENDOR: Vendor = Vendor {
    says: &[
        (Word::Kind("ExpiredTokenException"), Trouble::AuthExpired),
        (Word::Kind("UnrecognizedClientException"), Trouble::AuthExpired),
    ],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["amazonaws.com", "kiro.dev"])
};
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
    let answer = VENDOR.ask(host, request).await?;
    let mut draft = Draft::new();
    draft.plan = lenient::text(&answer["subscriptionInfo"]["subscriptionTitle"]);
    draft.each("usageBreakdownList", &answer["usageBreakdownList"], |part| window(part, &answer));
    let parts = answer["usageBreakdownList"].as_array().into_iter().flatten();
    draft.spend = parts.into_iter().find_map(spend);
    draft.finish(&answer)
}

/// What is used counts what goes beyond the plan too, so it may be more than all of it.
fn window(part: &Value, answer: &Value) -> Result<Option<Window>, Odd> {
    let number = |names: &[&str]| lenient::number(lenient::any(part, names));
    let used = number(&["currentUsageWithPrecision", "currentUsage"])
        .ok_or(Odd::Broken("currentUsage is missing"))?;
    let limit = number(&["usageLimitWithPrecision", "usageLimit"]);
    let ends = lenient::instant(&part["nextDateReset"])
        .or_else(|| lenient::instant(&answer["nextDateReset"]));
    let id = match part["resourceType"].as_str() {
        Some("CREDIT") | None => "credits".to_owned(),
        Some(other) => lenient::slug(other),
    };
    Ok(draft::window(&id, WindowKind::Monthly, Allowance::counted(Some(used), limit), ends))
}

fn spend(part: &Value) -> Option<Spend> {
    let used = lenient::amount(&part["overageCharges"]).filter(|used| !used.is_zero());
    let currency = money::currency(&part["currency"], Currency::USD)?;
    let resets_at = lenient::instant(&part["nextDateReset"]);
    Some(Spend { resets_at, ..draft::spend(used, None, currency)? })
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
    json::read(text.ok()??).ok()
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
    use claudometer_provider::Source as _;

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

    #[tokio::test]
    async fn where_the_login_has_ended_the_command_is_asked_for_the_same_account() {
        let printed = "Credits (21.00 of 60 covered in plan)\n";
        let run = move |command: &claudometer_host::process::Command| {
            let stdout =
                if command.args.contains(&"/usage".to_owned()) { printed.into() } else { vec![] };
            Ok(claudometer_host::process::Output { code: Some(0), stdout, stderr: Vec::new() })
        };
        let missing = |_: &claudometer_host::process::Command| {
            Err(claudometer_host::process::ProcessError::NotFound)
        };
        let processes = claudometer_host::Processes::scripted(run, missing);
        let host = Host { processes, ..testing::host(&[]) };
        let settings = claudometer_core::settings::ProviderSettings::default();
        assert!(COMMAND.discover(&settings, &host).await.is_empty(), "nobody has signed in");
        let login = json!({"access_token": "aoa-1", "expires_at": "2026-09-15T13:00:00Z"});
        let text = json!({TOKEN.1: login.to_string()}).to_string();
        host.files.write_private(&database(&host), text.as_bytes()).unwrap();
        let found = COMMAND.discover(&settings, &host).await;
        assert_eq!(found[0].seat, KEY.discover(&settings, &host).await[0].seat);
        let ask =
            claudometer_provider::Ask { seat: &found[0].seat, settings: &settings, host: &host };
        let reading = COMMAND.fetch(ask).await.unwrap().reading;
        assert_eq!(reading.windows[0].used.map(claudometer_core::Percent::get), Some(35.0));
    }
}
