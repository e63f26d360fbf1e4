//! Readers that every provider shares.
#![no_main]

use claudometer_provider::{lenient, shape};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = serde_json::from_slice::<Value>(bytes) {
        drop(shape::of(&value));
        drop((
            lenient::number(&value),
            lenient::amount(&value),
            lenient::instant(&value),
            lenient::text(&value),
        ));
        if let Some(text) = value.as_str() {
            drop((lenient::slug(text), lenient::title_case(text)));
        }
    }
});
