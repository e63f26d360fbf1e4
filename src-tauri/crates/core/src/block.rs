//! Blocks of five hours: how use was grouped where the account's own window is not known.

use crate::Tokens;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

/// How long a block lasts.
pub const LENGTH: TimeDelta = TimeDelta::hours(5);

/// Responses within five hours of the full hour in which the first came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The full hour, in UTC, in which it begins.
    pub start: DateTime<Utc>,
    /// When the first response in it came.
    pub first: DateTime<Utc>,
    /// When the last response in it came.
    pub last: DateTime<Utc>,
    /// Responses.
    pub responses: u64,
    /// Their tokens.
    pub tokens: Tokens,
}

impl Block {
    /// Where it ends; that moment is outside.
    pub fn end(&self) -> DateTime<Utc> {
        self.start + LENGTH
    }

    fn begin(at: DateTime<Utc>, tokens: Tokens) -> Self {
        let start = at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at);
        Self { start, first: at, last: at, responses: 1, tokens }
    }
}

/// The blocks of responses that come in the order of time. One that comes when a block has ended, or five hours after the
/// one before it, begins another.
pub fn blocks(responses: impl IntoIterator<Item = (DateTime<Utc>, Tokens)>) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (at, tokens) in responses {
        match blocks.last_mut() {
            Some(block) if at < block.end() && at - block.last < LENGTH => {
                block.last = at;
                block.responses += 1;
                block.tokens += tokens;
            }
            _ => blocks.push(Block::begin(at, tokens)),
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_ends_by_its_own_end_and_by_a_long_pause() {
        let at = |text: &str| format!("2026-08-03T{text}Z").parse::<DateTime<Utc>>().unwrap();
        let tokens = Tokens { input: 1, ..Tokens::default() };
        let times = ["10:40:00", "14:59:59", "15:00:00", "16:00:00", "21:00:00"];
        let found = blocks(times.map(|time| (at(time), tokens)));
        let shown: Vec<_> = found.iter().map(|b| (b.start, b.last, b.tokens.input)).collect();
        assert_eq!(
            shown,
            [
                (at("10:00:00"), at("14:59:59"), 2),
                (at("15:00:00"), at("16:00:00"), 2),
                (at("21:00:00"), at("21:00:00"), 1)
            ]
        );
    }
}
