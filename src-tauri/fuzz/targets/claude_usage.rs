//! Usage answers of Claude, and the money in them.
#![no_main]

use chrono::DateTime;
use claudometer_provider::json;
use claudometer_providers::claude::{map, money};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = json::read(bytes) {
        drop(map::usage(&answer, DateTime::UNIX_EPOCH));
        drop(money::spend(&answer, DateTime::UNIX_EPOCH));
        drop(money::credits(&answer));
    }
});
