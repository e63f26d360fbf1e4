//! Recorded answers of this vendor, each in the world that it stands for.

use super::quotas::BEYOND;
use claudometer_provider::{
    Recorded,
    replay::{Stage, good, map},
};
use serde_json::json;

const USER: &str = r#"{"login":"owner","organization_login_list":["acme"],"quota_snapshots":{"chat":{"entitlement":50,"remaining":50}}}"#;

pub(super) fn stage(recorded: &Recorded) -> Stage {
    let asks = |what: &str| recorded.asks(what);
    if asks("device/code") || asks("oauth/access_token") {
        let code = r#"{"device_code":"d","user_code":"c","verification_uri":"https://github.com/login/device"}"#;
        let step = if asks("device/code") { "device/code" } else { "oauth/access_token" };
        Stage::of("").signing_in().answer(step, recorded).answering("device/code", Ok(good(code)))
    } else if asks("apps.json") || asks("hosts.json") {
        let name = if asks("apps.json") { "apps.json" } else { "hosts.json" };
        Stage::of("key")
            .file(format!(".config/github-copilot/{name}"), recorded.response.body.clone())
            .answering("copilot_internal/user", Ok(good(
                r#"{"login":"octodana","quota_snapshots":{"chat":{"entitlement":50,"remaining":50}}}"#,
            )))
            .adding(|_, played| {
                let sent = played.sent("copilot_internal/user", "authorization");
                let token = sent.and_then(|sent| Some(sent.strip_prefix("token ")?.to_owned()));
                map(json!({ "token": token }))
            })
    } else if asks("usage/summary") {
        Stage::of("key")
            .typed("key", "ghu_recorded")
            .answer("usage/summary", recorded)
            .answering("copilot_internal/user", Ok(good(USER)))
    } else {
        Stage::of("key").typed("key", "ghu_recorded").answer("copilot_internal/user", recorded).adding(
            |_, played| {
                let all = played.state.credits.iter().map(|seen| &seen.value);
                let beyond = all.into_iter().find(|it| it.name.as_deref() == Some(BEYOND));
                let beyond = beyond.and_then(|it| it.used).map(claudometer_core::Amount::approximate);
                map(json!({ "overage": beyond }))
            },
        )
    }
}
