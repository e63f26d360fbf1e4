//! Command Code: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::{ExposeSecret as _, SecretString};

keyed! {
    id: "commandcode", name: "Command Code", short: "Cc", dashboard: "https://commandcode.ai/settings/billing",
    variables: [], key: "Session cookie", help: "Sign in to commandcode.ai in a browser and copy the cookie __Secure-commandcode_prod_.session_token.", asks: "api.commandcode.ai, as a browser would, for the credits and their windows",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/commandcode_credits.json", "commandcode/"],
    scenes: {
        "calm": [("/billing/credits", 200, "fixtures/commandcode/commandcode_credits.json")],
        "refused": [("/billing/credits", 401, "fixtures/commandcode/error_401.json")],
    },
}

const URL: &str = "https://api.commandcode.ai/billing/credits";
const COOKIE: &str = "__Secure-commandcode_prod_.session_token";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let typed = key.expose_secret();
    let cookie = if typed.contains('=') { typed.to_owned() } else { format!("{COOKIE}={typed}") };
    let request = Request::get(URL).header("cookie", SecretString::from(cookie));
    let answer = key::answered(host, request, Trouble::AuthExpired).await?;
    let limits = &answer["credits"]["windowLimits"];
    let window = |name: &str, id: &str, kind: WindowKind| {
        let found = &limits[name];
        let used = key::share(lenient::number(&found["used"]), lenient::number(&found["cap"]));
        let ends = lenient::instant(&found["resetAt"]);
        found.is_object().then(|| key::window(id, kind, used, ends))
    };
    let mut reading = Reading::empty(Coverage::Complete);
    let session = window("fiveHour", "session", WindowKind::Session);
    let weekly = window("weekly", "weekly", WindowKind::Weekly);
    reading.windows = session.into_iter().chain(weekly).collect();
    key::told(reading, &answer)
}
