//! Replaying recorded answers: what an answer would become, in the notation of the fixtures' index.

use crate::{FetchError, Report};
use claudometer_core::{Account, Reading, Window};
use claudometer_host::http::Response;
use serde_json::{Map, Value, json};

/// One recorded answer.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its name in the index: `folder/file`.
    pub file: String,
    /// What would have been asked, in the index's words.
    pub request: String,
    /// The answer; status 0 where it did not come over HTTP.
    pub response: Response,
}

impl Recorded {
    /// The folder: which family of answers it belongs to.
    pub fn folder(&self) -> &str {
        self.file.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.response.body).into_owned()
    }
}

/// The outcome of a fetch.
pub fn of_fetch(result: &Result<Report, FetchError>) -> Value {
    match result {
        Ok(report) => of_reading(&report.reading),
        Err(error) => of_error(error),
    }
}

/// The outcome of a reading.
pub fn of_reading(reading: &Reading) -> Value {
    let mut outcome = Map::new();
    outcome.insert("ok".into(), json!(true));
    outcome.insert("plan".into(), json!(reading.plan));
    outcome.insert("account".into(), reading.account.as_ref().map_or(Value::Null, of_account));
    outcome.insert("windows".into(), reading.windows.iter().map(of_window).collect());
    outcome.insert("limit_reached".into(), json!(reading.limit_reached));
    outcome.insert("reset_credits_available".into(), json!(reading.reset_credits));
    outcome.insert("as_of".into(), json!(reading.as_of));
    let credits = reading.credits.as_ref().map(|credits| {
        json!({"balance": credits.balance, "unit": credits.unit, "unlimited": credits.unlimited, "expires_at": credits.expires_at})
    });
    outcome.insert("credits".into(), json!(credits));
    let spend = reading.spend.as_ref().map(|spend| {
        json!({
            "used": spend.used, "limit": spend.limit, "currency": spend.currency,
            "used_percent": spend.used_percent, "resets_at": spend.resets_at,
        })
    });
    outcome.insert("spend".into(), json!(spend));
    let worst = reading
        .windows
        .iter()
        .filter(|w| w.used.is_some())
        .max_by(|a, b| a.used.partial_cmp(&b.used).unwrap_or(std::cmp::Ordering::Equal));
    outcome.insert("headline".into(), json!(worst.map(|window| &window.id)));
    Value::Object(outcome)
}

fn of_window(window: &Window) -> Value {
    json!({
        "id": window.id, "kind": window.kind, "used": window.used, "resets_at": window.resets_at,
        "minutes": window.minutes, "scope": window.scope,
    })
}

/// Whose it is.
pub fn of_account(account: &Account) -> Value {
    json!({"id": account.id, "email": account.email, "org": account.org, "org_id": account.org_id})
}

/// The outcome of a failure.
pub fn of_error(error: &FetchError) -> Value {
    json!({
        "ok": false,
        "error": error.trouble.code(),
        "retry_after_s": error.retry_after.map(|wait| wait.num_seconds()),
        // Numbers always stay: a failure has nowhere to erase them from.
        "keep_last_good": true,
        "terminal": error.trouble.waits_for_credential(),
    })
}
