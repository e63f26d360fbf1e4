//! What Claude Code writes to its status line command.
#![no_main]

use chrono::DateTime;
use claudometer_providers::claude::statusline;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some(line) = statusline::read(bytes) {
        drop(line.reading(DateTime::UNIX_EPOCH));
    }
});
