//! What a call used, from counters that are written again and again.

use claudometer_core::Tokens;
use claudometer_scan::Count;
use serde::{Deserialize, Serialize};

/// Counters of one line, as they are written: cached and written tokens are part of the input, reasoning of the output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_field_names, reason = "they are the log's own")]
pub(super) struct Vector {
    #[serde(default, deserialize_with = "count")]
    input_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    cached_input_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    cache_write_input_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    output_tokens: u64,
    #[serde(default, deserialize_with = "count")]
    reasoning_output_tokens: u64,
}

fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Count::deserialize(deserializer).map(|Count(count)| count)
}

impl Vector {
    const fn all(&self) -> [u64; 5] {
        [
            self.input_tokens,
            self.cached_input_tokens,
            self.cache_write_input_tokens,
            self.output_tokens,
            self.reasoning_output_tokens,
        ]
    }

    /// Whether any counter is lower than it was.
    fn fell_below(&self, before: &Self) -> bool {
        self.all().iter().zip(before.all()).any(|(now, before)| *now < before)
    }

    const fn since(&self, before: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_sub(before.input_tokens),
            cached_input_tokens: self
                .cached_input_tokens
                .saturating_sub(before.cached_input_tokens),
            cache_write_input_tokens: self
                .cache_write_input_tokens
                .saturating_sub(before.cache_write_input_tokens),
            output_tokens: self.output_tokens.saturating_sub(before.output_tokens),
            reasoning_output_tokens: self
                .reasoning_output_tokens
                .saturating_sub(before.reasoning_output_tokens),
        }
    }

    /// In classes that do not overlap.
    pub(super) const fn tokens(&self) -> Tokens {
        let cached = self.cached_input_tokens.saturating_add(self.cache_write_input_tokens);
        Tokens {
            input: self.input_tokens.saturating_sub(cached),
            output: self.output_tokens,
            reasoning: self.reasoning_output_tokens,
            cache_read: self.cached_input_tokens,
            cache_write_5m: self.cache_write_input_tokens,
            cache_write_1h: 0,
        }
    }
}

/// Both counters of a line: of the session so far, and of the last call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) total: Option<Vector>,
    pub(super) last: Option<Vector>,
}

/// The counters so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counters {
    /// Lines of counters.
    pub(super) calls: u64,
    total: Option<Vector>,
}

impl Counters {
    /// What the next line adds; `None` where it adds nothing.
    pub(super) fn count(&mut self, pair: &Pair) -> Option<Tokens> {
        self.calls += 1;
        let used = match (pair.total, self.total) {
            (Some(total), Some(before)) if total == before => return None,
            (Some(total), Some(before)) if total.fell_below(&before) => pair.last.unwrap_or(total),
            (Some(total), Some(before)) => total.since(&before),
            (Some(total), None) => pair.last.unwrap_or(total),
            (None, _) => pair.last?,
        };
        self.total = pair.total.or(self.total);
        let tokens = used.tokens();
        (tokens.total() > 0).then_some(tokens)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Input and output.
    type Pairs = (Option<(u64, u64)>, Option<(u64, u64)>);

    fn of((input_tokens, output_tokens): (u64, u64)) -> Vector {
        Vector { input_tokens, output_tokens, ..Vector::default() }
    }

    fn used(pairs: &[Pairs]) -> Vec<Option<(u64, u64)>> {
        let mut counters = Counters::default();
        let pairs =
            pairs.iter().map(|&(total, last)| Pair { total: total.map(of), last: last.map(of) });
        pairs.map(|pair| counters.count(&pair).map(|used| (used.input, used.output))).collect()
    }

    #[test]
    fn a_call_is_what_the_counters_grew_by() {
        for (pairs, expected) in [
            (
                vec![(Some((10, 1)), Some((10, 1))), (Some((30, 3)), Some((20, 2)))],
                vec![Some((10, 1)), Some((20, 2))],
            ),
            (
                vec![(Some((10, 1)), Some((10, 1))), (Some((10, 1)), Some((10, 1)))],
                vec![Some((10, 1)), None],
            ),
            (
                vec![(Some((10, 1)), None), (Some((40, 4)), None)],
                vec![Some((10, 1)), Some((30, 3))],
            ),
            (
                vec![(Some((900, 9)), Some((0, 0))), (Some((910, 10)), Some((10, 1)))],
                vec![None, Some((10, 1))],
            ),
            (
                vec![(Some((50, 5)), Some((50, 5))), (Some((7, 1)), Some((7, 1)))],
                vec![Some((50, 5)), Some((7, 1))],
            ),
            (vec![(Some((50, 5)), None), (Some((7, 1)), None)], vec![Some((50, 5)), Some((7, 1))]),
            (
                vec![(None, Some((5, 5))), (None, Some((5, 5))), (None, None)],
                vec![Some((5, 5)), Some((5, 5)), None],
            ),
        ] {
            assert_eq!(used(&pairs), expected);
        }
    }

    #[test]
    fn cached_and_written_tokens_are_part_of_the_input_and_reasoning_of_the_output() {
        let vector: Vector = serde_json::from_str(
            r#"{"input_tokens": "100", "cached_input_tokens": 60, "cache_write_input_tokens": 30, "output_tokens": 20.0, "reasoning_output_tokens": 15, "total_tokens": 120}"#,
        )
        .unwrap();
        let tokens = vector.tokens();
        assert_eq!((tokens.input, tokens.cache_read, tokens.cache_write_5m), (10, 60, 30));
        assert_eq!((tokens.output, tokens.reasoning, tokens.total()), (20, 15, 120));
    }
}
