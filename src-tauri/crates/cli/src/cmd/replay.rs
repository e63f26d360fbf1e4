//! `debug replay`: every recorded answer of an index along the path that people get, from the source to what is shown.

use crate::{exit::Exit, out, setup::Refusal};
use chrono::DateTime;
use claudometer_core::{Settings, UsageSnapshotBundle};
use claudometer_desk::context_of;
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Response},
};
use claudometer_provider::{
    Recorded,
    replay::{self, Played},
};
use claudometer_view::{Extras, report};
use serde_json::{Value, json};
use std::path::Path;

/// The moment at which the answers were recorded, as their index says: 2026-09-15T12:00:00Z.
const RECORDED_AT: i64 = 1_789_473_600;

/// Prints one line per entry.
pub(crate) async fn run(index: &Path) -> Result<Exit, Refusal> {
    let files = Files::disk();
    let unreadable = |why: String| {
        (format!("{} is not an index of recorded answers: {why}.", index.display()), Exit::Config)
    };
    let bytes = files
        .read(index)
        .map_err(|error| unreadable(error.to_string()))?
        .ok_or_else(|| unreadable("there is no such file".into()))?;
    let entries: Vec<Value> =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
    let folder = index.parent().unwrap_or(Path::new("."));
    for entry in entries {
        let file =
            entry["file"].as_str().ok_or_else(|| unreadable("an entry names no file".into()))?;
        let body = files.read(&folder.join(file)).map_err(|error| unreadable(error.to_string()))?;
        let recorded =
            recorded(&entry, file, body.ok_or_else(|| unreadable(format!("{file} is missing")))?);
        let outcome = outcome(&recorded).await;
        out::print_json(&json!({"file": file, "outcome": outcome}));
    }
    Ok(Exit::Ok)
}

async fn outcome(recorded: &Recorded) -> Option<Value> {
    let host = host();
    if let Some(outcome) = claudometer_providers::status::replay(recorded, &host).await {
        return Some(outcome);
    }
    for provider in claudometer_providers::ALL.iter().copied() {
        if let Some(stage) = (provider.stage)(recorded) {
            let played = replay::play(provider, stage, recorded, &host).await;
            return Some(shown(replay::outcome(recorded, &played), &played, &host));
        }
    }
    None
}

/// The outcome with the figures that scripts and people see: what the view leaves out is left out, and what it says instead
/// of a figure counts.
fn shown(mut outcome: Value, played: &Played, host: &Host) -> Value {
    if played.state.failure.is_some() || played.state.last_good.is_none() {
        return outcome;
    }
    let context = context_of(&host.env, &Settings::default(), host.now());
    let snapshot =
        UsageSnapshotBundle { seats: vec![played.state.clone()], ..UsageSnapshotBundle::default() };
    let extras = Extras {
        labels: &|_, source| source.to_string(),
        demo: false,
        debug: false,
        remarks: Vec::new(),
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| None,
        service: &|_| None,
        today: &|_| None,
    };
    let report = report::report(&snapshot, &context, &extras);
    let Some(account) = report.accounts.first() else { return Value::Null };
    if let Some(windows) = outcome["windows"].as_array_mut() {
        windows.retain_mut(|window| {
            let told = account.windows.iter().find(|told| window["id"] == told.id.as_str());
            let Some(told) = told else { return false };
            window["used"] = json!(told.used_percent);
            window["resets_at"] = json!(told.resets_at);
            window["minutes"] = json!(told.window_minutes);
            true
        });
    }
    let mut tell = |name: &str, told: Value| {
        // What a reader of one call alone tells is not shown anywhere.
        if outcome.get(name).is_some_and(|known| !known.is_null()) {
            outcome[name] = told;
        }
    };
    tell("plan", json!(account.plan));
    tell("limit_reached", json!(account.limit_reached));
    tell("reset_credits_available", json!(account.reset_credits));
    tell(
        "credits",
        json!(account.credits.as_ref().map(|credits| {
            json!({
                "balance": credits.balance, "unit": credits.unit, "unlimited": credits.unlimited,
                "expires_at": credits.expires_at,
            })
        })),
    );
    tell(
        "spend",
        json!(account.spend.as_ref().map(|spend| {
            json!({
                "used": spend.used, "limit": spend.limit, "currency": spend.currency,
                "used_percent": spend.used_percent, "resets_at": spend.resets_at,
            })
        })),
    );
    outcome
}

/// A machine on which nothing is: a replay brings its own files and answers.
fn host() -> Host {
    Host {
        clock: Clock::told(DateTime::from_timestamp(RECORDED_AT, 0).unwrap_or_default()),
        env: Environment::of("/home/replay", []),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

fn recorded(entry: &Value, file: &str, body: Vec<u8>) -> Recorded {
    let status =
        entry["status"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or_default();
    let headers = entry["headers_raw"].as_str().map(headers).unwrap_or_default();
    let request = entry["request"].as_str().unwrap_or_default().to_owned();
    Recorded { file: file.to_owned(), request, response: Response { status, headers, body } }
}

/// Headers as an index writes them: `Content-Type: text/html; charset=UTF-8; cf-mitigated: challenge`, in back quotes.
/// A part between semicolons that has no colon belongs to the value before it.
fn headers(raw: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for part in
        raw.split(['`', '\n', ';']).map(str::trim).filter(|part| !part.is_empty() && *part != ",")
    {
        match (part.split_once(':'), headers.last_mut()) {
            (Some((name, value)), _) if !name.contains([' ', '=']) => {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
            (_, Some((_, value))) => {
                value.push_str("; ");
                value.push_str(part);
            }
            (_, None) => {}
        }
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::headers;

    #[test]
    fn headers_of_an_index_are_told_apart_from_parameters_of_a_value() {
        let pairs = |raw: &str| {
            headers(raw)
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(pairs("`Retry-After: 272`"), ["retry-after=272"]);
        assert_eq!(
            pairs("`Content-Type: text/html; charset=UTF-8`"),
            ["content-type=text/html; charset=UTF-8"]
        );
        assert_eq!(
            pairs("`Content-Type: text/html; cf-mitigated: challenge`"),
            ["content-type=text/html", "cf-mitigated=challenge"]
        );
        assert_eq!(
            pairs("`Retry-After: Wed, 21 Oct 2026 07:28:00 GMT`, `X-A: 1`"),
            ["retry-after=Wed, 21 Oct 2026 07:28:00 GMT", "x-a=1"]
        );
    }
}
