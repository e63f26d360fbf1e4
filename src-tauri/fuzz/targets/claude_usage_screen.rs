//! Any text as the usage page of the terminal interface.
#![no_main]

mod played;

use claudometer_host::http::Response;
use claudometer_provider::Recorded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let provider = claudometer_providers::by_id("claude").unwrap();
    let recorded = Recorded {
        file: "claude-cli/fuzz".to_owned(),
        request: "/usage` screen".to_owned(),
        response: Response { status: 0, headers: Vec::new(), body: data.to_vec() },
    };
    played::play(provider, &recorded);
});
