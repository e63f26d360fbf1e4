//! Short stable names of what logs call by long ones.

use claudometer_core::response::Key;
use xxhash_rust::xxh3::Xxh3;

/// A hash of several texts that is the same on every machine and in every version; never 0.
pub fn hash(parts: &[&str]) -> u64 {
    let mut state = Xxh3::new();
    for part in parts {
        state.update(part.as_bytes());
        state.update(&[0xff]); // no text holds this byte, so parts cannot run into each other
    }
    state.digest().max(1)
}

/// The key of a response by its message and, where the log names one, its request.
pub fn key(agent: &str, message: &str, request: Option<&str>) -> Key {
    Key { message: hash(&[agent, message]), request: request.map_or(0, |request| hash(&[request])) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_stay_what_they_are_and_parts_do_not_run_together() {
        // Stored histories hold these: another value would count every response twice.
        assert_eq!(hash(&["a", "b"]), 6_467_878_829_841_171_751);
        assert_ne!(hash(&["ab", "c"]), hash(&["a", "bc"]));
        assert_eq!(key("agent", "m", None).request, 0);
    }
}
