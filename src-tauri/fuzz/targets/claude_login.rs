//! Claude Code's stored login, and what people paste as a session key.
#![no_main]

use claudometer_providers::claude::{auth, cookie::Cookies};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    drop(auth::read(text));
    if let Some(mut cookies) = Cookies::parse(text) {
        cookies.renew([text]);
    }
});
