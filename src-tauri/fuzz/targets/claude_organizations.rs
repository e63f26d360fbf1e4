//! Organisations and accounts of claude.ai.
#![no_main]

use claudometer_provider::json;
use claudometer_providers::claude::{organization, plan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(answer) = json::read(bytes) {
        if let Ok(listed) = organization::listed(&answer) {
            drop(organization::select(&listed, [Some("a"), None, None]));
        }
        if let Some(membership) = organization::membership(&answer, None) {
            drop(plan::of_membership(membership));
        }
        drop(plan::of_organization(&answer));
    }
});
