//! Factory: what is left, asked with a key.

pub(crate) mod logs;

use crate::keyed::keyed;
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Allowance, CreditUnit, Trouble, Window, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, key::Lent, lenient, money};
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

const VENDOR: Vendor = Vendor {
    sign_in: &["auth.factory.ai", "/auth"],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["factory.ai"])
};
const URL: &str = "https://api.factory.ai/api/billing/limits";
const ORIGIN: &str = "https://app.factory.ai";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let request = Request::get(URL)
        .header("origin", ORIGIN)
        .header("referer", ORIGIN)
        .header("x-factory-client", "web-app")
        .bearer(key);
    let answer = VENDOR.ask(host, request).await?;
    read(&answer, host.now()).finish(&answer)
}

fn read(answer: &Value, now: DateTime<Utc>) -> Draft {
    let mut draft = Draft::new();
    for (lane, prefix) in [("standard", ""), ("core", "core-")] {
        for (name, kind) in [
            ("fiveHour", WindowKind::Session),
            ("weekly", WindowKind::Weekly),
            ("monthly", WindowKind::Monthly),
        ] {
            draft.bucket(name, &answer["limits"][lane][name], |found| {
                window(&format!("{prefix}{}", kind.code()), kind, found, now)
            });
        }
    }
    draft.balance(draft::left(money::cents(&answer["extraUsageBalanceCents"]), CreditUnit::USD));
    draft
}

fn window(id: &str, kind: WindowKind, found: &Value, now: DateTime<Utc>) -> Option<Window> {
    let left = lenient::count(&found["secondsRemaining"]).filter(|seconds| *seconds > 0);
    let ends = lenient::instant(&found["windowEnd"])
        .or_else(|| Some(now + TimeDelta::seconds(i64::from(left?))));
    let allowance = Allowance::used_percent(lenient::number(&found["usedPercent"]));
    draft::window(id, kind, allowance, ends)
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
