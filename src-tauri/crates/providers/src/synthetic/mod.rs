//! Synthetic: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, Window, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
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

const VENDOR: Vendor =
    Vendor { means: &[(403, Trouble::NotSubscribed)], ..Vendor::of(&["synthetic.new"]) };
const URL: &str = "https://api.synthetic.new/v2/quotas";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    read(&answer).finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let slots = if answer["data"].is_object() { &answer["data"] } else { answer };
    let mut draft = Draft::new();
    draft.bucket("rollingFiveHourLimit", &slots["rollingFiveHourLimit"], session);
    draft.bucket("weeklyTokenLimit", &slots["weeklyTokenLimit"], weekly);
    draft.bucket("search", &slots["search"]["hourly"], search);
    draft
}

/// It refills bit by bit, so there is no moment at which it begins anew.
fn session(found: &Value) -> Option<Window> {
    let allowance =
        Allowance::left(lenient::number(&found["remaining"]), lenient::number(&found["max"]))
            .spent_if(found["limited"] == true);
    draft::window("session", WindowKind::Session, allowance, None)
}

/// The exact credits before the percentage.
fn weekly(found: &Value) -> Option<Window> {
    let amount = |name: &str| lenient::amount(&found[name]);
    let allowance = Allowance::amounts_left(amount("remainingCredits"), amount("maxCredits"))
        .or(Allowance::left_percent(lenient::number(&found["percentRemaining"])));
    draft::window("weekly", WindowKind::Weekly, allowance, None)
}

fn search(hourly: &Value) -> Option<Window> {
    let allowance =
        Allowance::counted(lenient::number(&hourly["requests"]), lenient::number(&hourly["limit"]));
    let ends = lenient::instant(&hourly["renewsAt"]);
    Some(draft::window("search", WindowKind::Rolling, allowance, ends)?.lasting(Some(60)))
}
