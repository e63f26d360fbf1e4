//! A billed response of a model, as an assistant's own log tells it, and how copies of it are counted once.

use crate::Amount;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{
    iter::Sum,
    ops::{Add, AddAssign, Sub},
    sync::{Arc, LazyLock},
};

/// A name that many responses share: a model, a session, a folder.
pub type Name = Arc<str>;

/// Tokens of one response or of many, in classes that do not overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tokens {
    /// Of the prompt, neither read from a cache nor written to one.
    pub input: u64,
    /// Generated, reasoning included.
    pub output: u64,
    /// The part of `output` that is known to be reasoning.
    pub reasoning: u64,
    /// Of the prompt, read from a cache.
    pub cache_read: u64,
    /// Of the prompt, written to a cache for five minutes.
    pub cache_write_5m: u64,
    /// Of the prompt, written to a cache for an hour.
    pub cache_write_1h: u64,
}

impl Tokens {
    /// All of them; reasoning is part of the output already.
    pub const fn total(&self) -> u64 {
        self.prompt().saturating_add(self.output)
    }

    /// The whole prompt: what decides about a price for long ones.
    pub const fn prompt(&self) -> u64 {
        self.input
            .saturating_add(self.cache_read)
            .saturating_add(self.cache_write_5m)
            .saturating_add(self.cache_write_1h)
    }

    /// Per class what `choose` makes of both.
    fn zip(self, other: Self, choose: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            input: choose(self.input, other.input),
            output: choose(self.output, other.output),
            reasoning: choose(self.reasoning, other.reasoning),
            cache_read: choose(self.cache_read, other.cache_read),
            cache_write_5m: choose(self.cache_write_5m, other.cache_write_5m),
            cache_write_1h: choose(self.cache_write_1h, other.cache_write_1h),
        }
    }
}

impl Add for Tokens {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.zip(other, u64::saturating_add)
    }
}

impl AddAssign for Tokens {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Tokens {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self.zip(other, u64::saturating_sub)
    }
}

impl Sum for Tokens {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

/// Which response it is: stable over re-reads, machines and versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// A hash of the message that was answered; copies of one share it.
    pub message: u64,
    /// A hash of the request that was billed for it; 0 where the log names none.
    pub request: u64,
}

/// How quickly the vendor was asked to answer, which changes the price.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Speed {
    /// As usual.
    #[default]
    Standard,
    /// Later and cheaper.
    Flex,
    /// Before others.
    Priority,
    /// A quicker mode of the same model.
    Fast,
}

/// How far the tokens are what the vendor counted.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Quality {
    /// Of this response, from the vendor.
    #[default]
    Exact,
    /// Of a whole session, from the vendor; the time is that of its last change.
    SessionTotal,
    /// Counted by the assistant itself. Such tokens stay out of exact totals.
    Estimated,
}

/// What two records of one response make of each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Merging {
    /// Counters grow while the answer streams: the largest of each counts.
    #[default]
    Largest,
    /// Records are corrected: the one with the highest rank counts.
    Latest,
}

/// How copies of a response under other keys of the same message are told from responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Copies {
    /// A side chain beside the main chain repeats it, and so does one without a request beside one with.
    #[default]
    ByRequest,
    /// One with the same times and tokens repeats it.
    ByEquality,
    /// It is a sum, and exact ones of the same message are its parts: it repeats them.
    OfParts,
}

/// Which version of a reader told a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reader {
    /// Grows with every change after which the same log tells something else.
    pub version: u8,
    /// The first version whose counters, models and times are right. Records of an older one give way instead of being
    /// merged.
    pub right_since: u8,
}

impl Reader {
    /// None that would know better than any other.
    pub const NONE: Self = Self { version: 0, right_since: 0 };
    /// The one that read before versions were noted.
    pub const FIRST: Self = Self { version: 1, right_since: 1 };
    /// One that finds more than the first, and counts alike what that found.
    pub const SECOND: Self = Self { version: 2, right_since: 1 };
    /// One that counts otherwise what the first found.
    pub const SECOND_CORRECTED: Self = Self { version: 2, right_since: 2 };
}

static NONE: LazyLock<Name> = LazyLock::new(|| Arc::from(""));

/// A billed response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// Which one.
    pub key: Key,
    /// When its first record was written.
    pub at: DateTime<Utc>,
    /// Order among its records and copies: milliseconds of its own record, or of its session.
    pub rank: i64,
    /// Its model, as the log names it.
    pub model: Name,
    /// The session that was billed for it, empty where the log names none.
    pub session: Name,
    /// The folder that was worked in, empty where the log names none.
    pub project: Name,
    /// The branch, empty where the log names none.
    pub branch: Name,
    /// Whether it stands beside the main conversation: of a sub-agent, or a side question.
    pub side_chain: bool,
    /// Its tokens.
    pub tokens: Tokens,
    /// Searches of the web, which are billed one by one.
    pub web_searches: u64,
    /// Its speed.
    pub speed: Speed,
    /// Whether it was asked to be answered in the United States, at a price of its own.
    pub in_us: bool,
    /// What the assistant itself wrote that it cost, in US dollars.
    pub logged_cost: Option<Amount>,
    /// How far its tokens can be trusted.
    pub quality: Quality,
    /// What its records make of each other.
    pub merging: Merging,
    /// How its copies are known.
    pub copies: Copies,
    /// The file that told it, by its number in the history; 0 where that is not known.
    pub source: u64,
    /// The reader that told it.
    pub reader: Reader,
    /// Whether it turned out to be a copy, or none at all. It counts nothing, and stays known as such.
    pub withdrawn: bool,
}

impl Response {
    /// A response of which nothing is known but which one it is, and when.
    pub fn new(key: Key, at: DateTime<Utc>) -> Self {
        let none = || Arc::clone(&NONE);
        Self::of(key, at, none(), none(), none(), none())
    }

    /// A response with its names, without tokens.
    pub fn of(
        key: Key,
        at: DateTime<Utc>,
        model: Name,
        session: Name,
        project: Name,
        branch: Name,
    ) -> Self {
        Self {
            key,
            at,
            rank: at.timestamp_millis(),
            model,
            session,
            project,
            branch,
            side_chain: false,
            tokens: Tokens::default(),
            web_searches: 0,
            speed: Speed::Standard,
            in_us: false,
            logged_cost: None,
            quality: Quality::Exact,
            merging: Merging::Largest,
            copies: Copies::ByRequest,
            source: 0,
            reader: Reader::FIRST,
            withdrawn: false,
        }
    }

    /// Takes in another record of the same response. The order of records does not matter.
    pub fn merge(&mut self, mut other: Self) {
        if self.is_wrong_beside(&other) {
            *self = other;
            return;
        }
        if other.is_wrong_beside(self) {
            return;
        }
        let at = self.at.min(other.at);
        let reader = Reader {
            version: self.reader.version.max(other.reader.version),
            right_since: self.reader.right_since.max(other.reader.right_since),
        };
        let withdrawn = self.withdrawn || other.withdrawn;
        self.merge_figures(&mut other);
        (self.reader, self.withdrawn) = (reader, withdrawn);
        // A total of a session belongs to the day on which it changed last.
        if self.merging == Merging::Largest || self.quality != Quality::SessionTotal {
            self.at = at;
        }
    }

    /// Whether the reader of `other` knows that what this record tells is wrong.
    const fn is_wrong_beside(&self, other: &Self) -> bool {
        self.reader.version < other.reader.right_since
    }

    fn merge_figures(&mut self, other: &mut Self) {
        match self.merging {
            Merging::Largest => {
                if other.owner() < self.owner() {
                    std::mem::swap(self, other);
                }
                self.tokens = self.tokens.zip(other.tokens, u64::max);
                self.web_searches = self.web_searches.max(other.web_searches);
                self.speed = self.speed.max(other.speed);
                self.in_us |= other.in_us;
                self.logged_cost = self.logged_cost.max(other.logged_cost);
            }
            Merging::Latest => {
                let theirs = (other.rank, other.tokens.total(), other.owner());
                if theirs > (self.rank, self.tokens.total(), self.owner()) {
                    std::mem::swap(self, other);
                }
            }
        }
    }

    /// The session, folder and branch of a response are those of its earliest record on the main chain.
    fn owner(&self) -> (bool, i64, &str, &str, &str, &str) {
        (self.side_chain, self.rank, &self.session, &self.project, &self.branch, &self.model)
    }

    /// Whether it repeats `other`, which has another key of the same message.
    fn repeats(&self, other: &Self) -> bool {
        match self.copies {
            Copies::ByRequest => {
                let beside = self.side_chain && !other.side_chain;
                let unnamed = self.key.request == 0 && other.key.request != 0;
                beside || unnamed
            }
            Copies::OfParts => other.quality == Quality::Exact,
            Copies::ByEquality => {
                let same =
                    (self.at, self.tokens) == (other.at, other.tokens) && self.model == other.model;
                same && (other.rank, &other.session, other.key)
                    < (self.rank, &self.session, self.key)
            }
        }
    }
}

/// Which of the responses to one message repeat another: each has a key of its own.
pub fn repeated(group: &[Response]) -> Vec<bool> {
    let others = |nth: usize| {
        let others = group.iter().enumerate().filter(move |(other, _)| *other != nth);
        others.filter(|(_, other)| !other.withdrawn)
    };
    let repeats =
        |(nth, response): (usize, &Response)| others(nth).any(|(_, other)| response.repeats(other));
    group.iter().enumerate().map(repeats).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(request: u64, at: i64, tokens: Tokens) -> Response {
        let at = DateTime::from_timestamp(at, 0).unwrap();
        Response { tokens, ..Response::new(Key { message: 1, request }, at) }
    }

    #[test]
    fn reasoning_is_part_of_the_output_and_the_prompt_holds_its_caches() {
        let tokens = Tokens {
            input: 1,
            output: 20,
            reasoning: 15,
            cache_read: 300,
            cache_write_5m: 4000,
            cache_write_1h: 50000,
        };
        assert_eq!((tokens.prompt(), tokens.total()), (54301, 54321));
    }

    #[test]
    fn a_streamed_response_has_its_largest_counters_its_first_time_and_the_main_chains_session() {
        let session = |session: &str, side_chain, response: Response| Response {
            session: session.into(),
            side_chain,
            ..response
        };
        let small =
            session("side", true, response(7, 10, Tokens { output: 9, ..Tokens::default() }));
        let large = session(
            "main",
            false,
            response(7, 20, Tokens { input: 3, output: 5, ..Tokens::default() }),
        );
        let mut merged = small.clone();
        merged.merge(large.clone());
        let mut other_way = large;
        other_way.merge(small);
        assert_eq!(merged, other_way);
        assert_eq!((merged.tokens.input, merged.tokens.output), (3, 9));
        assert_eq!((merged.at.timestamp(), &*merged.session), (10, "main"));
    }

    #[test]
    fn copies_are_known_by_their_chain_by_their_request_or_by_being_equal() {
        let tokens = Tokens { input: 5, ..Tokens::default() };
        let main = response(1, 10, tokens);
        let side = Response { side_chain: true, ..response(2, 10, tokens) };
        let unnamed = response(0, 10, tokens);
        assert_eq!(repeated(&[main.clone(), side.clone(), unnamed]), [false, true, true]);
        assert_eq!(repeated(std::slice::from_ref(&side)), [false]);
        assert_eq!(repeated(&[main.clone(), response(3, 10, tokens)]), [false, false]);
        let equal = |request, rank, response: Response| Response {
            key: Key { message: 1, request },
            rank,
            copies: Copies::ByEquality,
            ..response
        };
        let first = equal(1, 5, main.clone());
        let fork = equal(2, 9, main.clone());
        let later = equal(3, 9, response(3, 11, tokens));
        assert_eq!(repeated(&[fork, first, later]), [true, false, false]);
    }

    fn any_response() -> impl Strategy<Value = Response> {
        let counters = (0_u64..4, 0_u64..4, 0_u64..4);
        (counters, 0_i64..3, 0_i64..3, any::<bool>(), "[ab]", any::<bool>()).prop_map(
            |((input, output, cache_read), at, rank, side_chain, session, latest)| Response {
                rank,
                side_chain,
                session: session.as_str().into(),
                merging: if latest { Merging::Latest } else { Merging::Largest },
                ..response(1, at, Tokens { input, output, cache_read, ..Tokens::default() })
            },
        )
    }

    proptest! {
        #[test]
        fn the_order_of_records_does_not_matter(records in prop::collection::vec(any_response(), 1..5), latest: bool) {
            let merging = if latest { Merging::Latest } else { Merging::Largest };
            let merge = |records: &mut dyn Iterator<Item = Response>| {
                records
                    .map(|record| Response { merging, ..record })
                    .reduce(|mut all, record| { all.merge(record); all })
                    .unwrap()
            };
            let one_way = merge(&mut records.iter().cloned());
            let other_way = merge(&mut records.iter().rev().cloned());
            prop_assert_eq!(one_way.tokens.total(), other_way.tokens.total());
            prop_assert_eq!((one_way.at, &one_way.session), (other_way.at, &other_way.session));
        }
    }
}
