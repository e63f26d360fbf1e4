//! Synthetic: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "synthetic", name: "Synthetic", short: "Sy", dashboard: "https://synthetic.new/billing",
    variables: ["SYNTHETIC_API_KEY"], key: "API key", help: "Make a key at synthetic.new under API.", asks: "api.synthetic.new for the quotas of the plan",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/synthetic_quotas.json", "synthetic/"],
    scenes: {
        "calm": [("/v2/quotas", 200, "fixtures/synthetic/synthetic_quotas.json")],
        "refused": [("/v2/quotas", 401, "fixtures/synthetic/error_401.json")],
    },
}

const URL: &str = "https://api.synthetic.new/v2/quotas";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::NotSubscribed).await?;
    let slots = if answer["data"].is_object() { &answer["data"] } else { &answer };
    let mut reading = Reading::empty(Coverage::Complete);
    reading.windows =
        [session(slots), weekly(slots), search(slots)].into_iter().flatten().collect();
    key::told(reading, &answer)
}

/// It refills bit by bit, so there is no moment at which it begins anew.
fn session(slots: &Value) -> Option<Window> {
    let found = slots["rollingFiveHourLimit"].as_object()?;
    let max = lenient::number(found.get("max")?);
    let left = lenient::number(found.get("remaining")?);
    let used = key::share(Some(max? - left?), max);
    Some(key::window("session", WindowKind::Session, used, None))
}

fn weekly(slots: &Value) -> Option<Window> {
    let left = lenient::number(&slots["weeklyTokenLimit"]["percentRemaining"])?;
    Some(key::window("weekly", WindowKind::Weekly, Some(100.0 - left), None))
}

fn search(slots: &Value) -> Option<Window> {
    let hourly = &slots["search"]["hourly"];
    let used = key::share(lenient::number(&hourly["requests"]), lenient::number(&hourly["limit"]));
    let ends = lenient::instant(&hourly["renewsAt"]);
    hourly.is_object().then(|| Window {
        minutes: Some(60),
        ..key::window("search", WindowKind::Rolling, used, ends)
    })
}
