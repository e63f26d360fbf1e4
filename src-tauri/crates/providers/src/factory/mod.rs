//! Factory: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Amount, Coverage, CreditUnit, Reading, Trouble, Window, WindowKind};
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
    id: "factory", name: "Factory", short: "Fa", dashboard: "https://app.factory.ai/settings/billing",
    variables: ["FACTORY_API_KEY"], key: "API key", help: "Make a key (it begins with fk-) at app.factory.ai under Settings.", asks: "api.factory.ai for the limits of the plan",
    status: Some(claudometer_provider::StatusPage { url: "https://status.factory.ai/api/v2/summary.json", link: "https://status.factory.ai", form: claudometer_provider::status::Form::Statuspage { component: None } }), lent: lent, files: |host| vec![file(host)],
    replays: ["factory/"],
    scenes: {
        "calm": [("/api/billing/limits", 200, "fixtures/factory/limits.json")],
        "refused": [("/api/billing/limits", 401, "fixtures/factory/error_401.json")],
    },
}

const URL: &str = "https://api.factory.ai/api/billing/limits";
const ORIGIN: &str = "https://app.factory.ai";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = Request::get(URL)
        .header("origin", ORIGIN)
        .header("referer", ORIGIN)
        .header("x-factory-client", "web-app")
        .bearer(key);
    let answer = key::answered(host, request, Trouble::NotSubscribed).await?;
    let mut reading = Reading::empty(Coverage::Complete);
    for (lane, prefix) in [("standard", ""), ("core", "core-")] {
        reading.windows.extend(windows(&answer["limits"][lane], prefix, host.now()));
    }
    let balance = lenient::amount(&answer["extraUsageBalanceCents"]).map(Amount::hundredth);
    reading.credits = key::balance(balance, CreditUnit::Usd);
    key::told(reading, &answer)
}

fn windows(lane: &Value, prefix: &str, now: DateTime<Utc>) -> Vec<Window> {
    let all = [
        ("fiveHour", "session", WindowKind::Session),
        ("weekly", "weekly", WindowKind::Weekly),
        ("monthly", "monthly", WindowKind::Monthly),
    ];
    let window = |(name, id, kind): (&str, &str, WindowKind)| {
        let found = &lane[name];
        let used = lenient::number(&found["usedPercent"]);
        let left = lenient::count(&found["secondsRemaining"]);
        let ends = lenient::instant(&found["windowEnd"])
            .or_else(|| Some(now + TimeDelta::seconds(i64::from(left?))));
        found.is_object().then(|| key::window(&format!("{prefix}{id}"), kind, used, ends))
    };
    all.into_iter().filter_map(window).collect()
}

/// A key in the file of variables of its own program.
fn file(host: &Host) -> PathBuf {
    host.home().join(".factory/.env")
}

fn lent(host: &Host) -> Vec<Lent> {
    let path = file(host);
    let text = host.files.read_text(&path).ok().flatten().unwrap_or_default();
    let key = text.lines().find_map(|line| {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        let value = value.trim().trim_matches(['"', '\'']);
        (name.trim() == "FACTORY_API_KEY" && !value.is_empty()).then(|| value.to_owned())
    });
    let place = host.tilde(&path);
    key.map(|key| Lent { key: SecretString::from(key), place }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use secrecy::ExposeSecret as _;

    #[test]
    fn the_key_of_its_own_program_is_found_among_other_variables() {
        let host = testing::host(&[]);
        let text = "A=1\n# FACTORY_API_KEY=no\nexport FACTORY_API_KEY=\"fk-1\"\n";
        host.files.write_private(&file(&host), text.as_bytes()).unwrap();
        assert_eq!(lent(&host)[0].key.expose_secret(), "fk-1");
    }
}
