//! Augment: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, CreditUnit, Trouble, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

keyed! {
    id: "augment", name: "Augment", short: "Au", dashboard: "https://app.augmentcode.com/account/subscription",
    variables: [], key: "Session cookie", help: "Sign in to app.augmentcode.com in a browser and copy its cookie _session, or a whole Cookie header.", asks: "app.augmentcode.com, as a browser would, for the credits of the account",
    status: Some(claudometer_provider::StatusPage { url: "https://status.augmentcode.com/api/v2/summary.json", link: "https://status.augmentcode.com", form: claudometer_provider::status::Form::Statuspage { component: None } }), lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["augment/"],
    scenes: {
        "calm": [("/api/credits", 200, "fixtures/augment/credits.json")],
        "refused": [("/api/credits", 401, "fixtures/augment/error_401.json")],
    },
}

const VENDOR: Vendor = Vendor {
    sign_in: &["/login", "auth.augmentcode.com", "login.augmentcode.com"],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["augmentcode.com"])
};
const URL: &str = "https://app.augmentcode.com/api/credits";
const COOKIE: &str = "_session";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let typed = key.expose_secret();
    let cookie = if typed.contains('=') { typed.to_owned() } else { format!("{COOKIE}={typed}") };
    let request = Request::get(URL).header("cookie", SecretString::from(cookie));
    let answer = VENDOR.ask(host, request).await?;
    read(&answer).finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let number = |name: &str| lenient::number(&answer[name]);
    let mut draft = Draft::new();
    let used = number("usageUnitsConsumedThisBillingCycle");
    if used.is_some() {
        let allowance = Allowance::counted(used, number("usageUnitsAvailable"));
        draft.add(draft::window("credits", WindowKind::BillingCycle, allowance, None));
    }
    draft.balance(draft::left(
        lenient::amount(&answer["usageUnitsRemaining"]),
        CreditUnit::Credits,
    ));
    draft
}
