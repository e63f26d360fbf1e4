//! A world for this folder's tests.

use chrono::{DateTime, Utc};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};

/// The moment of all recorded answers.
pub(super) fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_789_473_600, 0).unwrap_or_default()
}

/// A host over memory, without a network.
pub(super) fn host() -> Host {
    host_with(&[])
}

/// The same with environment variables.
pub(super) fn host_with(variables: &[(&str, &str)]) -> Host {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Host {
        clock: Clock::told(now()),
        env: Environment::of("/home/dana", variables),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}
