//! The recorded answers of every provider, and what becomes of one.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use claudometer_host::{Files, http::Response};
use claudometer_provider::{
    Provider, Recorded,
    replay::{outcome, play},
};
use claudometer_providers::ALL;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// One entry of an index with its body.
pub(crate) struct Case {
    /// Whose it is.
    pub(crate) provider: &'static Provider,
    /// The entry: `status`, `expect`.
    pub(crate) entry: Value,
    /// The answer.
    pub(crate) recorded: Recorded,
}

/// The folder of a provider's fixtures.
fn fixtures(provider: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(provider).join("fixtures")
}

/// Every recorded answer.
pub(crate) fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for provider in ALL.iter().copied() {
        let folder = fixtures(provider.id.as_str());
        let index = Files::disk().read(&folder.join("index.json")).unwrap().unwrap();
        let index: Vec<Value> = serde_json::from_slice(&index).unwrap();
        all.extend(index.into_iter().map(|entry| {
            let recorded = recorded(&folder, &entry);
            Case { provider, entry, recorded }
        }));
    }
    all
}

/// Reads headers as the index writes them: `` `Retry-After: 272` ``, several divided by semicolons.
fn headers(raw: &str) -> Vec<(String, String)> {
    let mut headers: Vec<(String, String)> = Vec::new();
    for part in raw.trim().trim_matches('`').split(';') {
        match part.split_once(": ") {
            Some((name, value)) => {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
            // A parameter of the header before: `text/html; charset=UTF-8`.
            None => {
                if let Some((_, value)) = headers.last_mut() {
                    *value = format!("{value};{part}");
                }
            }
        }
    }
    headers
}

fn recorded(folder: &Path, case: &Value) -> Recorded {
    let file = case["file"].as_str().unwrap().to_owned();
    Recorded {
        request: case["request"].as_str().unwrap_or_default().to_owned(),
        response: Response {
            status: case["status"].as_u64().unwrap_or_default() as u16,
            headers: headers(case["headers_raw"].as_str().unwrap_or_default()),
            body: Files::disk()
                .read(&folder.join(&file))
                .unwrap()
                .unwrap_or_else(|| panic!("{file} is missing")),
        },
        file,
    }
}

/// What is shown of a record, where a source of the provider would come across it.
pub(crate) async fn played(provider: &'static Provider, recorded: &Recorded) -> Option<Value> {
    let stage = (provider.stage)(recorded)?;
    let played = play(provider, stage, recorded, &crate::world::host(&[])).await;
    Some(outcome(recorded, &played))
}
