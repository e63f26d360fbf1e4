//! ZenMux: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{Draft, FetchError, Report, Vendor, draft, lenient};
use secrecy::SecretString;
use serde_json::Value;

keyed! {
    id: "zenmux", name: "ZenMux", short: "Zm", dashboard: "https://zenmux.ai/platform/subscription",
    variables: ["ZENMUX_MANAGEMENT_API_KEY"], key: "Management key", help: "Make a management key at zenmux.ai; an inference key may not ask.", asks: "zenmux.ai for the quotas of the subscription",
    status: None, lent: claudometer_provider::key::nobody, files: claudometer_provider::key::no_files,
    replays: ["misc/zenmux_detail.json", "zenmux/"],
    scenes: {
        "calm": [("/subscription/detail", 200, "fixtures/zenmux/zenmux_detail.json")],
        "refused": [("/subscription/detail", 401, "fixtures/zenmux/error_401.json")],
    },
}

const VENDOR: Vendor = Vendor::of(&["zenmux.ai"]);
const URL: &str = "https://zenmux.ai/api/v1/management/subscription/detail";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    read(&answer).finish(&answer)
}

fn read(answer: &Value) -> Draft {
    let data = &answer["data"];
    let mut draft = Draft::new();
    draft.plan = lenient::text(&data["plan"]["tier"]).map(|tier| lenient::title_case(&tier));
    for (name, kind) in
        [("quota_5_hour", WindowKind::Session), ("quota_7_day", WindowKind::Weekly)]
    {
        draft.bucket(name, &data[name], |quota| {
            let number = |name: &str| lenient::number(&quota[name]);
            // What is called a percentage is a fraction.
            let allowance = Allowance::used_fraction(number("usage_percentage"))
                .or(Allowance::counted(number("used_flows"), number("max_flows")))
                .or(Allowance::left(number("remaining_flows"), number("max_flows")));
            draft::window(kind.code(), kind, allowance, lenient::instant(&quota["resets_at"]))
        });
    }
    draft
}
