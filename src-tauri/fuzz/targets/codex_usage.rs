//! Usage answers of Codex: HTTP, rollout, JSON-RPC.
#![no_main]

use chrono::DateTime;
use claudometer_host::http::Response;
use claudometer_provider::json;
use claudometer_providers::codex::{credits, map};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = json::read(bytes) {
        let (now, response) =
            (DateTime::UNIX_EPOCH, Response { status: 200, headers: Vec::new(), body: Vec::new() });
        drop(map::usage(&answer, &response, now));
        drop(map::snapshot(&answer, now));
        drop(map::rpc(&answer["result"], &answer["account"], now));
        drop(credits::monthly_usage(&answer, now));
        let _resets = credits::resets_available(&answer);
    }
});
