//! Augment: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, CreditUnit, Reading, Trouble, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::{ExposeSecret as _, SecretString};

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

const URL: &str = "https://app.augmentcode.com/api/credits";
const COOKIE: &str = "_session";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let typed = key.expose_secret();
    let cookie = if typed.contains('=') { typed.to_owned() } else { format!("{COOKIE}={typed}") };
    let request = Request::get(URL).header("cookie", SecretString::from(cookie));
    let answer = key::answered(host, request, Trouble::AuthExpired).await?;
    let number = |name: &str| lenient::number(&answer[name]);
    let mut reading = Reading::empty(Coverage::Complete);
    let used =
        key::share(number("usageUnitsConsumedThisBillingCycle"), number("usageUnitsAvailable"));
    let window =
        used.map(|used| key::window("credits", WindowKind::BillingCycle, Some(used), None));
    reading.windows = window.into_iter().collect();
    let balance = lenient::amount(&answer["usageUnitsRemaining"]);
    reading.credits = key::balance(balance, CreditUnit::Credits);
    key::told(reading, &answer)
}
