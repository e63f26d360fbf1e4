//! A record played through the whole path, in a sealed world.

use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError,
};
use claudometer_provider::{Provider, Recorded, replay};
use tokio::runtime::Builder;

/// Plays it from the source to what is shown, with a clock of its own, so that nothing waits.
pub(crate) fn play(provider: &'static Provider, recorded: &Recorded) {
    let host = Host {
        clock: Clock::told(chrono::DateTime::from_timestamp(1_789_473_600, 0).unwrap()),
        env: Environment::of("/fuzz", []),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    };
    let Some(stage) = (provider.stage)(recorded) else { return };
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let played = runtime.block_on(replay::play(provider, stage, recorded, &host));
    drop(replay::outcome(recorded, &played));
}
