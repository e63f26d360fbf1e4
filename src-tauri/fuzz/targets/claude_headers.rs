//! Limit headers of Claude's answers.
#![no_main]

use claudometer_providers::claude::headers;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|headers: Vec<(String, String)>| {
    drop(headers::windows(headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))));
});
