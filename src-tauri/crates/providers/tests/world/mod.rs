//! The world that the tests of this crate play in: memory, a told clock, no network, no programs.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use chrono::{DateTime, Utc};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};
use std::path::Path;

/// The moment of all recorded answers.
pub(crate) fn now() -> DateTime<Utc> {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

/// A host over memory that holds these files below its home folder.
pub(crate) fn host(files: &[(&str, &str)]) -> Host {
    let host = Host {
        clock: Clock::told(now()),
        env: Environment::of("/home/dana", []),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    };
    for (path, text) in files {
        host.files.place(&host.home().join(Path::new(path)), text.as_bytes(), now()).unwrap();
    }
    host
}
