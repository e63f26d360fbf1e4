//! What an answer says, in domain terms: one reader for the usage endpoint, the session logs and the app server.

use super::{
    credits, plan,
    window::{self, Group},
};
use chrono::{DateTime, Utc};
use claudometer_core::{Account, Trouble};
use claudometer_host::http::Response;
use claudometer_provider::{
    Draft, FetchError, Report, Vendor, Word,
    lenient::{any, text},
};
use serde_json::{Map, Value, json};

/// The vendor. A refusal has a detail, or an error with a code, a type or a sentence.
pub(super) const VENDOR: Vendor = Vendor {
    sign_in: &["auth.openai.com", "/auth/login", "/auth/signin"],
    form: &["/detail", "/error/code", "/error/type", "/error/message"],
    says: &[
        (Word::Kind("token_expired"), Trouble::AuthExpired),
        (Word::Kind("token_invalidated"), Trouble::AuthExpired),
        (Word::Kind("token_revoked"), Trouble::AuthExpired),
    ],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["chatgpt.com", "openai.com"])
};

const RATE_LIMIT: &[&str] = &["rate_limit", "rate_limits", "rateLimit", "rateLimits"];
/// Members of an answer that tell limits, even if they are null.
const TELLING: &[&str] =
    &["rate_limit", "rate_limits", "rateLimit", "rateLimits", "primary", "secondary"];
/// What is said where they tell none.
const NOTHING: &str = "The vendor tells no limit for this account.";

fn pair(draft: &mut Draft, pair: &Value, group: &Group, now: DateTime<Utc>) {
    match pair {
        Value::Null => {}
        Value::Object(_) => window::take(draft, pair, group, now),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            draft.lose("rate limit: not an object");
        }
    }
}

/// What stands beside the windows, in `body` and in the rate limit itself.
fn beside(draft: &mut Draft, body: &Value, pair: &Value, now: DateTime<Utc>) {
    let control = any(body, &["spend_control", "spendControl"]);
    let own = any(body, &["individual_limit", "individualLimit"]);
    let limit =
        if own.is_null() { any(control, &["individual_limit", "individualLimit"]) } else { own };
    credits::individual_limit(draft, limit, now);
    let balance = credits::balance(draft, any(body, &["credits"]));
    draft.balance(balance);
    let plan = plan::label(any(body, &["plan_type", "planType"]));
    draft.plan = draft.plan.take().or(plan);
    let says = |value: &Value, names: &[&str]| any(value, names).as_bool() == Some(true);
    let reached = any(body, &["rate_limit_reached_type", "rateLimitReachedType"]);
    let kind = if reached.is_object() { &reached["type"] } else { reached };
    draft.limit_reached |= says(pair, &["limit_reached", "limitReached"])
        || says(control, &["reached"])
        || text(kind).is_some_and(|kind| kind != "none");
}

/// The answer of the usage endpoint, with its headers where the body tells no windows.
pub fn usage(body: &Value, response: &Response, now: DateTime<Utc>) -> Result<Report, FetchError> {
    draft(body, response, now).finish(body)
}

/// The same, before what is asked beside it is added.
pub(super) fn draft(body: &Value, response: &Response, now: DateTime<Utc>) -> Draft {
    let mut draft = Draft::new();
    let told = any(body, RATE_LIMIT);
    let limits = if told.is_null() && window::has_slots(body) { body } else { told };
    pair(&mut draft, limits, &Group::account(), now);
    let review = any(body, &["code_review_rate_limit", "codeReviewRateLimit"]);
    pair(&mut draft, review, &Group::code_review(), now);
    let additional = any(body, &["additional_rate_limits", "additionalRateLimits"]);
    for element in draft.elements("additional limits", additional) {
        window::additional(&mut draft, element, now);
    }
    beside(&mut draft, body, limits, now);
    let resets = any(body, &["rate_limit_reset_credits", "rateLimitResetCredits"]);
    draft.reset_credits = credits::resets_available(resets, now);
    if draft.windows().next().is_none() {
        draft = from_headers(draft, response, now);
    }
    draft.account = account(body);
    if TELLING.iter().any(|name| body.get(name).is_some()) {
        draft.nothing(NOTHING);
    }
    draft
}

fn account(body: &Value) -> Option<Account> {
    let account = Account {
        id: text(any(body, &["account_id", "accountId"])),
        email: text(any(body, &["email"])),
        ..Account::default()
    };
    (account != Account::default()).then_some(account)
}

/// Limits in the headers `x-codex-*`, which tell a part only.
fn from_headers(mut draft: Draft, response: &Response, now: DateTime<Utc>) -> Draft {
    let header = |name: String| response.header(&name).map(Value::from);
    let slot = |slot: &str| -> Value {
        let part = |what: &str| header(format!("x-codex-{slot}-{what}"));
        let Some(used) = part("used-percent") else { return Value::Null };
        json!({
            "used_percent": used,
            "window_minutes": part("window-minutes"),
            "reset_at": part("reset-at"),
            "reset_after_seconds": part("reset-after-seconds"),
        })
    };
    let slots = json!({"primary": slot("primary"), "secondary": slot("secondary")});
    pair(&mut draft, &slots, &Group::account(), now);
    let part = |what: &str| header(format!("x-codex-credits-{what}"));
    let flag = |what: &str| {
        part(what).and_then(|flag| flag.as_str().map(|flag| flag.eq_ignore_ascii_case("true")))
    };
    let told = json!({"balance": part("balance"), "has_credits": flag("has-credits"), "unlimited": flag("unlimited")});
    let balance = credits::balance(&mut draft, &told);
    draft.balance(balance);
    if draft.windows().next().is_some() { draft.partly() } else { draft }
}

/// One snapshot of rate limits as a session log writes it, measured at `at`.
pub fn snapshot(limits: &Value, at: DateTime<Utc>) -> Report {
    let mut draft = Draft::part();
    if limit_id(limits).is_some() {
        window::additional(&mut draft, limits, at);
    } else {
        pair(&mut draft, limits, &Group::account(), at);
        beside(&mut draft, limits, limits, at);
    }
    draft.as_of = Some(at);
    draft.report()
}

/// Which limit a snapshot is of; `codex` is the account's own.
pub fn limit_id(limits: &Value) -> Option<String> {
    text(any(limits, &["limit_id", "limitId"])).filter(|id| id != MAIN)
}

const MAIN: &str = "codex";

/// The result of the app server's `account/rateLimits/read`, and of its `account/read` where that answered.
pub fn rpc(result: &Value, login: &Value, now: DateTime<Utc>) -> Result<Report, FetchError> {
    let mut draft = Draft::new();
    let main = any(result, RATE_LIMIT);
    let empty = Map::new();
    let by_id = any(result, &["rateLimitsByLimitId", "rate_limits_by_limit_id"])
        .as_object()
        .unwrap_or(&empty);
    let own = limit_id(main).filter(|id| by_id.contains_key(id)).unwrap_or_else(|| MAIN.to_owned());
    let account = by_id.get(&own).filter(|limits| limits.is_object()).unwrap_or(main);
    pair(&mut draft, account, &Group::account(), now);
    beside(&mut draft, account, account, now);
    for (id, limits) in by_id.iter().filter(|(id, _)| **id != own && *id != MAIN) {
        let mut element = limits.clone();
        if let Some(members) = element.as_object_mut() {
            members.insert("limitId".to_owned(), json!(id));
            window::additional(&mut draft, &element, now);
        }
    }
    let resets = any(result, &["rateLimitResetCredits", "rate_limit_reset_credits"]);
    draft.reset_credits = credits::resets_available(resets, now);
    let named = [main, login]
        .into_iter()
        .find_map(|told| plan::label(any(told, &["planType", "plan_type"])));
    draft.plan = draft.plan.take().or(named);
    draft.account =
        text(&login["email"]).map(|email| Account { email: Some(email), ..Account::default() });
    if main.is_object() {
        draft.nothing(NOTHING);
    }
    draft.finish(result)
}
