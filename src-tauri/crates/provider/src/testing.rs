//! The world of this crate's tests: memory, a told clock, answers made by a function.

use chrono::DateTime;
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Request, Response},
};

/// A host with these variables whose requests `answer` answers.
pub(crate) fn host(
    variables: impl IntoIterator<Item = (String, String)>,
    answer: impl Fn(&Request) -> Result<Response, HttpError> + Send + Sync + 'static,
) -> Host {
    Host {
        clock: Clock::told(DateTime::from_timestamp(1_789_473_600, 0).unwrap()),
        env: Environment::of("/home/dana", variables),
        files: Files::memory(),
        http: Http::recorded(answer),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}
