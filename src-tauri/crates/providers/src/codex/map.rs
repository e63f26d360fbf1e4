//! What an answer says, in domain terms: one reader for the usage endpoint, the session logs and the app server.

use super::{
    credits, plan,
    window::{self, Group, Notes},
};
use chrono::{DateTime, Utc};
use claudometer_core::{Account, Coverage, Reading, Trouble, Window};
use claudometer_host::http::Response;
use claudometer_provider::{
    FetchError, Report,
    lenient::{any, text},
    shape,
};
use serde_json::{Map, Value, json};

const RATE_LIMIT: &[&str] = &["rate_limit", "rate_limits", "rateLimit", "rateLimits"];
/// Members of an answer that tell limits, even if they are null.
const TELLING: &[&str] =
    &["rate_limit", "rate_limits", "rateLimit", "rateLimits", "primary", "secondary"];

/// A reading in the making.
#[derive(Debug)]
struct Draft {
    reading: Reading,
    notes: Notes,
    now: DateTime<Utc>,
}

impl Draft {
    fn new(coverage: Coverage, now: DateTime<Utc>) -> Self {
        Self { reading: Reading::empty(coverage), notes: Notes::default(), now }
    }

    fn pair(&mut self, pair: &Value, group: &Group) {
        match pair {
            Value::Null => {}
            Value::Object(_) => {
                let windows = window::windows(pair, group, self.now, &mut self.notes);
                self.add(windows);
            }
            _ => self.notes.lost("rate limit: not an object"),
        }
    }

    /// Adds windows; two of the same name cannot both be told.
    fn add(&mut self, windows: Vec<Window>) {
        for window in windows {
            if self.reading.windows.iter().any(|known| known.id == window.id) {
                self.notes.add(format!("{}: told twice", window.id));
            } else {
                self.reading.windows.push(window);
            }
        }
    }

    /// What stands beside the windows, in `body` and in the rate limit itself.
    fn beside(&mut self, body: &Value, pair: &Value) {
        let control = any(body, &["spend_control", "spendControl"]);
        let own = any(body, &["individual_limit", "individualLimit"]);
        let limit = if own.is_null() {
            any(control, &["individual_limit", "individualLimit"])
        } else {
            own
        };
        let window = credits::individual_limit(limit, self.now, &mut self.notes);
        self.add(window.into_iter().collect());
        let balance = credits::balance(any(body, &["credits"]), &mut self.notes);
        self.reading.credits = self.reading.credits.take().or(balance);
        let plan = plan::label(any(body, &["plan_type", "planType"]));
        self.reading.plan = self.reading.plan.take().or(plan);
        let says = |value: &Value, names: &[&str]| any(value, names).as_bool() == Some(true);
        let reached = any(body, &["rate_limit_reached_type", "rateLimitReachedType"]);
        let kind = if reached.is_object() { &reached["type"] } else { reached };
        self.reading.limit_reached |= says(pair, &["limit_reached", "limitReached"])
            || says(control, &["reached"])
            || text(kind).is_some_and(|kind| kind != "none");
    }

    fn says_nothing(&self) -> bool {
        let reading = &self.reading;
        reading.windows.is_empty()
            && reading.credits.is_none()
            && reading.reset_credits.unwrap_or(0) == 0
    }

    fn report(mut self) -> Report {
        if self.notes.lost {
            self.reading.coverage = Coverage::Partial;
        }
        Report { notes: self.notes.lines, ..Report::from(self.reading) }
    }
}

/// The answer of the usage endpoint, with its headers where the body tells no windows.
pub fn usage(body: &Value, response: &Response, now: DateTime<Utc>) -> Result<Report, FetchError> {
    let mut draft = Draft::new(Coverage::Complete, now);
    let told = any(body, RATE_LIMIT);
    let pair = if told.is_null() && window::has_slots(body) { body } else { told };
    draft.pair(pair, &Group::account());
    draft
        .pair(any(body, &["code_review_rate_limit", "codeReviewRateLimit"]), &Group::code_review());
    let additional = any(body, &["additional_rate_limits", "additionalRateLimits"]);
    match additional {
        Value::Null => {}
        Value::Array(elements) => {
            for element in elements {
                let windows = window::additional(element, now, &mut draft.notes);
                draft.add(windows);
            }
        }
        _ => draft.notes.lost("additional limits: not a list"),
    }
    draft.beside(body, pair);
    let resets = any(body, &["rate_limit_reset_credits", "rateLimitResetCredits"]);
    draft.reading.reset_credits = credits::resets_available(resets);
    if draft.reading.windows.is_empty() {
        from_headers(&mut draft, response);
    }
    draft.reading.account = account(body);
    let tells = TELLING.iter().any(|name| body.get(name).is_some());
    if draft.says_nothing() && (!tells || draft.notes.lost) {
        return Err(unknown(body));
    }
    Ok(draft.report())
}

fn unknown(value: &Value) -> FetchError {
    FetchError::unreadable("The answer holds no limit that is known.", Some(shape::of(value)))
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
fn from_headers(draft: &mut Draft, response: &Response) {
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
    let pair = json!({"primary": slot("primary"), "secondary": slot("secondary")});
    draft.pair(&pair, &Group::account());
    if draft.reading.credits.is_none() {
        let part = |what: &str| header(format!("x-codex-credits-{what}"));
        let flag = |what: &str| {
            part(what).and_then(|flag| flag.as_str().map(|flag| flag.eq_ignore_ascii_case("true")))
        };
        let told = json!({"balance": part("balance"), "has_credits": flag("has-credits"), "unlimited": flag("unlimited")});
        draft.reading.credits = credits::balance(&told, &mut draft.notes);
    }
    if !draft.reading.windows.is_empty() {
        draft.reading.coverage = Coverage::Partial;
    }
}

/// One snapshot of rate limits as a session log writes it, measured at `at`.
pub fn snapshot(limits: &Value, at: DateTime<Utc>) -> Report {
    let mut draft = Draft::new(Coverage::Partial, at);
    draft.snapshot(limits);
    draft.reading.as_of = Some(at);
    draft.report()
}

/// Which limit a snapshot is of; `codex` is the account's own.
pub fn limit_id(limits: &Value) -> Option<String> {
    text(any(limits, &["limit_id", "limitId"])).filter(|id| id != MAIN)
}

const MAIN: &str = "codex";

impl Draft {
    fn snapshot(&mut self, limits: &Value) {
        if limit_id(limits).is_some() {
            let windows = window::additional(limits, self.now, &mut self.notes);
            self.add(windows);
        } else {
            self.pair(limits, &Group::account());
            self.beside(limits, limits);
        }
    }
}

/// The result of the app server's `account/rateLimits/read`, and of its `account/read` where that answered.
pub fn rpc(result: &Value, login: &Value, now: DateTime<Utc>) -> Result<Report, FetchError> {
    let mut draft = Draft::new(Coverage::Complete, now);
    let main = any(result, RATE_LIMIT);
    let empty = Map::new();
    let by_id = any(result, &["rateLimitsByLimitId", "rate_limits_by_limit_id"])
        .as_object()
        .unwrap_or(&empty);
    let own = limit_id(main).filter(|id| by_id.contains_key(id)).unwrap_or_else(|| MAIN.to_owned());
    let account = by_id.get(&own).filter(|limits| limits.is_object()).unwrap_or(main);
    draft.pair(account, &Group::account());
    draft.beside(account, account);
    for (id, limits) in by_id.iter().filter(|(id, _)| **id != own && *id != MAIN) {
        let mut element = limits.clone();
        if let Some(members) = element.as_object_mut() {
            members.insert("limitId".to_owned(), json!(id));
        }
        let windows = window::additional(&element, now, &mut draft.notes);
        draft.add(windows);
    }
    let resets = any(result, &["rateLimitResetCredits", "rate_limit_reset_credits"]);
    draft.reading.reset_credits = credits::resets_available(resets);
    let named = [main, login]
        .into_iter()
        .find_map(|told| plan::label(any(told, &["planType", "plan_type"])));
    draft.reading.plan = draft.reading.plan.take().or(named);
    draft.reading.account =
        text(&login["email"]).map(|email| Account { email: Some(email), ..Account::default() });
    if !draft.says_nothing() {
        return Ok(draft.report());
    }
    if main.is_object() && !draft.notes.lost {
        let detail = "The vendor tells no limit for this account.";
        return Err(FetchError::new(Trouble::NoData, detail));
    }
    Err(unknown(result))
}
