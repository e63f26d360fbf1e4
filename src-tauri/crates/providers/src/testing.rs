//! A world for the tests of small providers: memory, the recorded moment, no network, no programs.

use chrono::DateTime;
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};

/// A host with these environment variables.
pub(crate) fn host(variables: &[(&str, &str)]) -> Host {
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Host {
        clock: Clock::told(DateTime::from_timestamp(1_789_473_600, 0).unwrap_or_default()),
        env: Environment::of("/home/dana", variables),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}
