//! ZenMux: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{FetchError, Report, key, lenient};
use secrecy::SecretString;

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

const URL: &str = "https://zenmux.ai/api/v1/management/subscription/detail";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::ForbiddenScope).await?;
    let data = &answer["data"];
    // What is called a percentage is a fraction.
    let window = |name: &str, id: &str, kind: WindowKind| {
        let quota = &data[name];
        let used = lenient::number(&quota["usage_percentage"]).map(|fraction| fraction * 100.0);
        let ends = lenient::instant(&quota["resets_at"]);
        quota.is_object().then(|| key::window(id, kind, used, ends))
    };
    let mut reading = Reading::empty(Coverage::Complete);
    reading.plan = lenient::text(&data["plan"]["tier"]).map(|tier| lenient::title_case(&tier));
    let session = window("quota_5_hour", "session", WindowKind::Session);
    let weekly = window("quota_7_day", "weekly", WindowKind::Weekly);
    reading.windows = session.into_iter().chain(weekly).collect();
    key::told(reading, &answer)
}
