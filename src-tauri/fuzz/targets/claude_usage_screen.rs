//! Any text as the usage page of the terminal interface.
#![no_main]

use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Response},
};
use claudometer_provider::Recorded;
use futures::FutureExt as _;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let provider = claudometer_providers::by_id("claude").unwrap();
    let recorded = Recorded {
        file: "claude-cli/fuzz".to_owned(),
        request: "/usage` screen".to_owned(),
        response: Response { status: 0, headers: Vec::new(), body: data.to_vec() },
    };
    let host = Host {
        clock: Clock::told(chrono::DateTime::from_timestamp(1_789_473_600, 0).unwrap()),
        env: Environment::of("/fuzz", []),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    };
    (provider.replay)(&recorded, &host).now_or_never();
});
