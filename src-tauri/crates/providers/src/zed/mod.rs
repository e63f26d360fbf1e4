//! Zed: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, WindowKind};
use claudometer_host::{Host, http::Request};
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
use secrecy::{ExposeSecret as _, SecretString};

keyed! {
    id: "zed", name: "Zed", short: "Ze", dashboard: "https://dashboard.zed.dev",
    variables: [], key: "Login", help: "Zed keeps its login in the system keyring for itself; type it as USER_ID TOKEN, as its entry https://zed.dev has them.", asks: "cloud.zed.dev for the plan and its edit predictions",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/zed_me.json", "zed/"],
    scenes: {
        "calm": [("/client/users/me", 200, "fixtures/zed/zed_me.json")],
        "refused": [("/client/users/me", 401, "fixtures/zed/error_401.json")],
    },
}

pub(crate) mod logs;

const VENDOR: Vendor = Vendor {
    sign_in: &["/sign_in", "/login"],
    means: &[(403, Trouble::AuthExpired)],
    ..Vendor::of(&["zed.dev"])
};
const URL: &str = "https://cloud.zed.dev/client/users/me";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let typed = key.expose_secret().replacen(':', " ", 1);
    let request = Request::get(URL).header("authorization", SecretString::from(typed));
    let answer = VENDOR.ask(host, request).await?;
    let plan = &answer["plan"];
    let mut draft = Draft::new();
    draft.plan = lenient::text(&plan["plan_v3"])
        .map(|name| lenient::title_case(name.trim_start_matches("zed_")));
    draft.bucket("edit_predictions", &plan["usage"]["edit_predictions"], |found| {
        let allowance =
            Allowance::counted(lenient::number(&found["used"]), lenient::number(&found["limit"]))
                .unlimited_if(found["limit"] == "unlimited");
        let ends = lenient::instant(&plan["subscription_period"]["ended_at"]);
        draft::window("edit-predictions", WindowKind::BillingCycle, allowance, ends)
    });
    draft.finish(&answer)
}
