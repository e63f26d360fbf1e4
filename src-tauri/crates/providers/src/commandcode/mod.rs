//! Command Code: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

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

const VENDOR: Vendor = Vendor {
    sign_in: &["/login", "/signin"],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["commandcode.ai"])
};
const URL: &str = "https://api.commandcode.ai/billing/credits";
const COOKIE: &str = "__Secure-commandcode_prod_.session_token";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let typed = key.expose_secret();
    let cookie = if typed.contains('=') { typed.to_owned() } else { format!("{COOKIE}={typed}") };
    let request = Request::get(URL).header("cookie", SecretString::from(cookie));
    let answer = VENDOR.ask(host, request).await?;
    read(&answer).finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let credits = &answer["credits"];
    let mut draft = Draft::new();
    for (name, kind) in [("fiveHour", WindowKind::Session), ("weekly", WindowKind::Weekly)] {
        draft.bucket(name, &credits["windowLimits"][name], |found| {
            let number = |name: &str| lenient::number(&found[name]);
            let allowance = Allowance::counted(number("used"), number("cap"));
            draft::window(kind.code(), kind, allowance, lenient::instant(&found["resetAt"]))
        });
    }
    draft
}
