//! Blocks of five hours: how use was grouped where the account's own window is not known.

use crate::Tokens;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};

/// How long a block lasts.
pub const LENGTH: TimeDelta = TimeDelta::hours(5);

/// Responses within five hours: of a window that the account told, else of the full hour in which the first came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// When it begins, in UTC.
    pub start: DateTime<Utc>,
    /// Whether the account told it.
    pub from_account: bool,
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

    /// The block that a response begins; `ends` are the ends of windows that the account told.
    fn begin(at: DateTime<Utc>, tokens: Tokens, ends: &[DateTime<Utc>]) -> Self {
        let told = window_of(at, ends);
        let start = told.map_or_else(
            || at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at),
            |end| end - LENGTH,
        );
        let from_account = told.is_some();
        Self { start, from_account, first: at, last: at, responses: 1, tokens }
    }

    /// Whether a response that comes next belongs to it.
    fn takes(&self, at: DateTime<Utc>, ends: &[DateTime<Utc>]) -> bool {
        match window_of(at, ends) {
            Some(end) => self.from_account && end == self.end(),
            None => !self.from_account && at < self.end() && at - self.last < LENGTH,
        }
    }
}

/// The end of the window in which a moment lies.
fn window_of(at: DateTime<Utc>, ends: &[DateTime<Utc>]) -> Option<DateTime<Utc>> {
    let next = ends.partition_point(|end| *end <= at);
    ends.get(next).copied().filter(|end| *end - LENGTH <= at)
}

/// Ends of windows, as they were told again and again: those of one window differ by less than a quarter of an hour.
pub fn window_ends(told: impl IntoIterator<Item = DateTime<Utc>>) -> Vec<DateTime<Utc>> {
    let mut told: Vec<_> = told.into_iter().collect();
    told.sort_unstable();
    told.dedup_by(|next, end| *next - *end < TimeDelta::minutes(15));
    told
}

/// The blocks of responses that come in the order of time. One that comes when a block has ended, or five hours after the
/// one before it, begins another. `ends` are those of the windows that the account told, ascending: they go before the rule.
pub fn blocks(
    responses: impl IntoIterator<Item = (DateTime<Utc>, Tokens)>,
    ends: &[DateTime<Utc>],
) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (at, tokens) in responses {
        match blocks.last_mut() {
            Some(block) if block.takes(at, ends) => {
                block.last = at;
                block.responses += 1;
                block.tokens += tokens;
            }
            _ => blocks.push(Block::begin(at, tokens, ends)),
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
        let found = blocks(times.map(|time| (at(time), tokens)), &[]);
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

    #[test]
    fn what_the_account_told_goes_before_the_rule() {
        let at = |text: &str| format!("2026-08-03T{text}Z").parse::<DateTime<Utc>>().unwrap();
        let ends = window_ends([at("17:20:00"), at("17:19:59"), at("17:25:00")]);
        assert_eq!(ends, [at("17:19:59")]);
        let times = ["11:40:00", "12:30:00", "17:10:00", "17:30:00"];
        let found = blocks(times.map(|time| (at(time), Tokens::default())), &ends);
        let shown: Vec<_> = found.iter().map(|b| (b.start, b.from_account, b.responses)).collect();
        assert_eq!(
            shown,
            [(at("11:00:00"), false, 1), (at("12:19:59"), true, 2), (at("17:00:00"), false, 1)]
        );
    }
}
