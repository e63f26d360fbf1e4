//! Codex's stored login.
#![no_main]

use claudometer_providers::codex::auth;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| drop(auth::read(text)));
