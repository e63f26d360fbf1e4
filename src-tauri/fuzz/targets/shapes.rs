//! Readers that every provider shares.
#![no_main]

use claudometer_provider::{json, lenient, shape};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let strict = serde_json::from_slice::<Value>(bytes);
    if let Ok(value) = json::read(bytes) {
        if let Ok(strict) = strict {
            assert_eq!(value, strict, "what is plain JSON is read as such");
        }
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
