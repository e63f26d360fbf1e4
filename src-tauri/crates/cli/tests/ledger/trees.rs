//! Trees of logs with known totals, and histories of them.

use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, clock::Zone, http::HttpError,
};
use claudometer_ledger::Ledger;
use claudometer_pricing::{Catalog, litellm};
use claudometer_store::{Sessions, Store, Stored, Sums};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
};

pub(crate) fn logs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logs")
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&fs::read(logs().join(name)).unwrap()).unwrap()
}

pub(crate) fn prices() -> Catalog {
    litellm(&fs::read(logs().join("pricing.json")).unwrap()).unwrap()
}

pub(crate) fn host(home: &Path) -> Host {
    Host {
        clock: Clock::default(),
        env: Environment::of(home, []),
        files: Files::disk(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

/// Brings a store up to date with the logs of a home.
pub(crate) fn ingest(home: &Path, store: &mut Store) {
    let (host, prices, zone) = (host(home), prices(), Zone::named("Asia/Kolkata").unwrap());
    let ledger = Ledger {
        host: &host,
        homes: &[],
        sources: claudometer_providers::LOGS,
        prices: &prices,
        zone: &zone,
        zone_name: "Asia/Kolkata",
        device: "here".into(),
        progress: &(),
    };
    ledger.ingest(store).unwrap();
}

/// Everything that a store tells.
pub(crate) fn contents(store: &mut Store) -> (Vec<Stored>, Vec<String>) {
    let mut responses = Vec::new();
    store.responses(None, None, &mut |stored| responses.push(stored)).unwrap();
    responses.sort_by_key(|stored| stored.response.key);
    let mut days = Vec::new();
    store
        .days(None, None, Sessions::Named, &mut |key, sums| {
            days.push(format!("{key:?} {}", counted(&sums)));
        })
        .unwrap();
    days.sort();
    (responses, days)
}

/// The sums without the times, which may have been wider once.
pub(crate) fn counted(sums: &Sums) -> String {
    format!(
        "{:?}",
        (sums.responses, sums.tokens, sums.logged, sums.priced, sums.cost, sums.unpriced)
    )
}

pub(crate) fn cases() -> Vec<(String, Value)> {
    let expected = json("expected.json");
    let cases = expected["cases"].as_object().unwrap();
    cases.iter().map(|(name, case)| (name.clone(), case.clone())).collect()
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}

pub(crate) fn totals((responses, days): &(Vec<Stored>, Vec<String>)) -> (Vec<String>, Vec<String>) {
    let mut shown: Vec<String> = responses
        .iter()
        .map(|stored| {
            let one = &stored.response;
            format!(
                "{} {} {} {:?} {:?}",
                one.at, one.session, one.model, one.tokens, stored.repeated
            )
        })
        .collect();
    shown.sort();
    (shown, days.clone())
}

/// What counts of a history: responses and the sums of their days.
pub(crate) fn counting(
    (responses, days): &(Vec<Stored>, Vec<String>),
) -> (Vec<String>, Vec<String>) {
    let counts = responses.iter().filter(|stored| stored.counts()).cloned().collect();
    totals(&(counts, days.clone()))
}
