//! `debug replay`: every recorded answer of an index through the real source and mapper that would receive it.

use crate::{exit::Exit, out, setup::Refusal};
use chrono::DateTime;
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Response},
};
use claudometer_provider::Recorded;
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
        out::print(&format!("{}\n", json!({"file": file, "outcome": outcome})));
    }
    Ok(Exit::Ok)
}

async fn outcome(recorded: &Recorded) -> Option<Value> {
    if let Some(outcome) = claudometer_providers::status::replay(recorded) {
        return Some(outcome);
    }
    let host = host();
    for provider in claudometer_providers::ALL {
        if let Some(outcome) = (provider.replay)(recorded, &host).await {
            return Some(outcome);
        }
    }
    None
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
