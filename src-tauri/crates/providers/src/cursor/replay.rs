//! Recorded answers of this vendor, each in the world that it stands for.

use super::{login, summary};
use claudometer_host::http::HttpError;
use claudometer_provider::{
    Recorded, json,
    replay::{Stage, good, map},
};
use serde_json::json;

/// A login whose cookie is complete, as the editor would make it.
const COOKIE: &str =
    "WorkosCursorSessionToken=user_01ABC%3A%3Ae30.eyJzdWIiOiJhdXRoMHx1c2VyXzAxQUJDIn0.c2ln";
const SUMMARY: &str = include_str!("fixtures/cursor/usage_pro.json");
const PERIOD: &str = include_str!("fixtures/cursor/rpc_period_usage.json");

pub(super) fn stage(recorded: &Recorded) -> Stage {
    let by_cookie = || Stage::of("key").typed("key", COOKIE);
    let beside = |part: &str| by_cookie().answer(part, recorded).answering("usage-summary", Ok(good(SUMMARY)));
    // Where the pages are out of reach the editor's own service is asked.
    let service = || by_cookie().answering("usage-summary", Err(HttpError::Connect));
    let asks = |what: &str| recorded.asks(what);
    if asks("usage-summary") {
        by_cookie().answer("usage-summary", recorded).adding(|_, played| {
            let all = played.state.credits.iter().map(|seen| &seen.value);
            let included = all.into_iter().find(|it| it.name.as_deref() == Some("Included"));
            let included = included.and_then(|it| {
                let (used, left) = (it.used?, it.balance?);
                Some(json!({"used": used, "limit": used + left, "currency": "USD"}))
            });
            map(json!({ "included": included }))
        })
    } else if asks("/api/usage?user=") {
        beside("/api/usage?user=").adding(|_, played| {
            let by_request =
                played.state.windows.iter().any(|seen| seen.value.id == "requests");
            map(json!({"request_plan": by_request}))
        })
    } else if asks("auth/me") {
        beside("/api/auth/me")
    } else if asks("auth/stripe") {
        beside("/api/auth/stripe")
    } else if asks("GetCurrentPeriodUsage") {
        service().answer("GetCurrentPeriodUsage", recorded)
    } else if asks("GetPlanInfo") || asks("GetCreditGrantsBalance") {
        let method = if asks("GetPlanInfo") { "GetPlanInfo" } else { "GetCreditGrantsBalance" };
        service().answer(method, recorded).answering("GetCurrentPeriodUsage", Ok(good(PERIOD)))
    } else if asks("ItemTable") {
        Stage::of("key")
            .file(
                ".config/Cursor/User/globalStorage/state.vscdb",
                recorded.response.body.clone(),
            )
            .answering("usage-summary", Ok(good(r#"{"individualUsage":{"plan":{"totalPercentUsed":1}}}"#)))
            .adding(|_, played| map(json!({"cookie": played.sent("usage-summary", "cookie")})))
    } else if asks("get-sand-usage-status") {
        // The add-on is told by one project alone; nobody asks for it yet.
        Stage::reference(|recorded, _| {
            let body = json::read(&recorded.response.body).unwrap_or_default();
            let window = summary::addon(&body).map(|window| {
                json!({"id": window.id, "kind": window.kind, "used": window.used, "resets_at": window.resets_at, "minutes": window.minutes})
            });
            map(json!({"ok": window.is_some(), "windows": window.into_iter().collect::<Vec<_>>()}))
        })
    } else if asks("oauth/token") {
        // Only the editor renews its login.
        Stage::reference(|recorded, _| {
            let body = json::read(&recorded.response.body).unwrap_or_default();
            map(if login::has_ended(&body) {
                json!({"ok": false, "error": "auth_expired", "terminal": true})
            } else {
                json!({"ok": true})
            })
        })
    } else {
        by_cookie().answer("", recorded)
    }
}
