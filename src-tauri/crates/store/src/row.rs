//! A response as a row.

use crate::{
    days::{DayIds, Sums},
    names::Names,
};
use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Copies, Key, Merging, Name, Quality, Reader, Speed},
};
use rusqlite::{CachedStatement, Connection, params};

/// A response, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The assistant whose log told it.
    pub agent: Name,
    /// The machine on which it was asked for.
    pub device: Name,
    /// The response.
    pub response: Response,
    /// What it costs by the price list, in US dollars; `None` where its model is not known.
    pub priced: Option<Amount>,
    /// Whether it repeats another one and so counts nothing.
    pub repeated: bool,
}

impl Stored {
    /// Whether it counts: it is no copy, and something was used.
    pub fn counts(&self) -> bool {
        counts(self.repeated || self.response.withdrawn, &self.response.tokens)
    }

    /// What its log says that it cost, else what it costs by the list.
    pub fn cost(&self) -> Option<Amount> {
        cost(self.response.logged_cost, self.priced)
    }
}

const fn counts(is_copy: bool, tokens: &Tokens) -> bool {
    !is_copy && tokens.total() > 0
}

/// What counts as the cost of a response, of what its log says and what it costs by the list.
pub(crate) fn cost(logged: Option<Amount>, priced: Option<Amount>) -> Option<Amount> {
    logged.or(priced)
}

pub(crate) const COLUMNS: &str = "message, request, at, rank, agent, device, model, session, project, branch, input, output, reasoning, cache_read, cache_write_5m, cache_write_1h, web_searches, flags, logged_cost, priced_cost, source";
/// The place of the first name among the columns, and that of the file.
const FIRST_NAME: usize = 4;
const SOURCE: usize = 20;
const PUT: &str = "INSERT OR REPLACE INTO responses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)";

const SIDE_CHAIN: i64 = 1;
const IN_US: i64 = 1 << 1;
const LATEST: i64 = 1 << 2;
const BY_EQUALITY: i64 = 1 << 3;
const REPEATED: i64 = 1 << 4;
pub(crate) const WITHDRAWN: i64 = 1 << 5;
const OF_PARTS: i64 = 1 << 6;
const SPEED: u32 = 8;
const QUALITY: u32 = 12;
const ESTIMATED: i64 = 2;
/// The version of the reader, and the first one that counted right; 0 where none was noted.
const READER: u32 = 16;
const RIGHT_SINCE: u32 = 24;
/// In the place of a version: whoever tells it again is right.
const NONE: i64 = 0xff;
pub(crate) const TO_BE_TOLD_AGAIN: i64 = NONE << READER;

fn flags(response: &Response, repeated: bool) -> i64 {
    let when = |yes: bool, flag: i64| if yes { flag } else { 0 };
    let speed = match response.speed {
        Speed::Standard => 0,
        Speed::Flex => 1,
        Speed::Priority => 2,
        Speed::Fast => 3,
    };
    let quality = match response.quality {
        Quality::Exact => 0,
        Quality::SessionTotal => 1,
        Quality::Estimated => ESTIMATED,
    };
    when(response.side_chain, SIDE_CHAIN)
        | when(response.in_us, IN_US)
        | when(response.merging == Merging::Latest, LATEST)
        | when(response.copies == Copies::ByEquality, BY_EQUALITY)
        | when(response.copies == Copies::OfParts, OF_PARTS)
        | when(repeated, REPEATED)
        | when(response.withdrawn, WITHDRAWN)
        | speed << SPEED
        | quality << QUALITY
        | i64::from(response.reader.version) << READER
        | i64::from(response.reader.right_since) << RIGHT_SINCE
}

/// How many names a row has: assistant, machine, model, session, folder and branch.
pub(crate) const NAMES: usize = 6;

/// A response in numbers, its names as numbers of a list of names.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row {
    pub(crate) key: Key,
    at: i64,
    rank: i64,
    pub(crate) names: [i64; NAMES],
    tokens: Tokens,
    web_searches: u64,
    flags: i64,
    logged: Option<i64>,
    priced: Option<i64>,
    /// The number of the file that told it, or of its place among the files of a batch; 0 for none.
    pub(crate) source: i64,
}

impl Row {
    /// The row of a response whose names have these numbers.
    pub(crate) fn of(
        response: &Response,
        names: [i64; NAMES],
        priced: Option<Amount>,
        repeated: bool,
    ) -> Self {
        Self {
            key: response.key,
            at: response.at.timestamp_millis(),
            rank: response.rank,
            names,
            tokens: response.tokens,
            web_searches: response.web_searches,
            flags: flags(response, repeated),
            logged: response.logged_cost.map(Amount::to_units),
            priced: priced.map(Amount::to_units),
            source: response.source.cast_signed(),
        }
    }

    /// Reads a row of [`COLUMNS`].
    pub(crate) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let count = |column: usize| row.get::<_, i64>(column).map(|count| count.max(0) as u64);
        let mut names = [0; NAMES];
        for (nth, name) in names.iter_mut().enumerate() {
            *name = row.get(FIRST_NAME + nth)?;
        }
        Ok(Self {
            key: Key {
                message: row.get::<_, i64>(0)?.cast_unsigned(),
                request: row.get::<_, i64>(1)?.cast_unsigned(),
            },
            at: row.get(2)?,
            rank: row.get(3)?,
            names,
            tokens: Tokens {
                input: count(10)?,
                output: count(11)?,
                reasoning: count(12)?,
                cache_read: count(13)?,
                cache_write_5m: count(14)?,
                cache_write_1h: count(15)?,
            },
            web_searches: count(16)?,
            flags: row.get(17)?,
            logged: row.get(18)?,
            priced: row.get(19)?,
            source: row.get(SOURCE)?,
        })
    }

    /// The response, with names of the store.
    pub(crate) fn stored(
        &self,
        connection: &Connection,
        names: &mut Names,
    ) -> rusqlite::Result<Stored> {
        let has = |flag: i64| self.flags & flag != 0;
        let [agent, device, model, session, project, branch] = self.names;
        let mut name = |id: i64| names.text(connection, id);
        Ok(Stored {
            agent: name(agent)?,
            device: name(device)?,
            response: Response {
                key: self.key,
                at: self.at(),
                rank: self.rank,
                model: name(model)?,
                session: name(session)?,
                project: name(project)?,
                branch: name(branch)?,
                side_chain: has(SIDE_CHAIN),
                tokens: self.tokens,
                web_searches: self.web_searches,
                speed: match (self.flags >> SPEED) & 0xf {
                    1 => Speed::Flex,
                    2 => Speed::Priority,
                    3 => Speed::Fast,
                    _ => Speed::Standard,
                },
                in_us: has(IN_US),
                logged_cost: self.logged.map(Amount::from_units),
                quality: match (self.flags >> QUALITY) & 0xf {
                    1 => Quality::SessionTotal,
                    ESTIMATED => Quality::Estimated,
                    _ => Quality::Exact,
                },
                merging: if has(LATEST) { Merging::Latest } else { Merging::Largest },
                copies: match (has(BY_EQUALITY), has(OF_PARTS)) {
                    (true, _) => Copies::ByEquality,
                    (_, true) => Copies::OfParts,
                    _ => Copies::ByRequest,
                },
                source: self.source.cast_unsigned(),
                reader: self.reader(),
                withdrawn: has(WITHDRAWN),
            },
            priced: self.priced.map(Amount::from_units),
            repeated: has(REPEATED),
        })
    }

    /// The reader that told it.
    fn reader(&self) -> Reader {
        let version = |from: u32| ((self.flags >> from) & 0xff) as u8;
        match (version(READER), version(RIGHT_SINCE)) {
            (0, _) => Reader::FIRST,
            (0xff, _) => Reader::NONE,
            (version, right_since) => Reader { version, right_since },
        }
    }

    /// When it came, in UTC.
    pub(crate) fn at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.at).unwrap_or_default()
    }

    pub(crate) const fn tokens(&self) -> Tokens {
        self.tokens
    }

    /// Whether it counts: it is no copy, and something was used.
    pub(crate) const fn counts(&self) -> bool {
        counts(self.flags & (REPEATED | WITHDRAWN) != 0, &self.tokens)
    }

    /// What it adds to the sum of its day.
    pub(crate) fn sums(&self) -> Sums {
        let amount = |units: Option<i64>| units.map(Amount::from_units);
        Sums::of_one(self.at(), self.tokens, amount(self.logged), amount(self.priced))
    }

    /// The sum of a day to which it belongs.
    pub(crate) fn day(&self, day: NaiveDate) -> DayIds {
        let [agent, device, model, session, project, ..] = self.names;
        let estimated = (self.flags >> QUALITY) & 0xf == ESTIMATED;
        DayIds([
            day.to_epoch_days().into(),
            agent,
            device,
            model,
            project,
            session,
            estimated.into(),
        ])
    }
}

/// What a change asks of the rows, again and again.
pub(crate) struct Rows<'a> {
    /// The rows of a message.
    pub(crate) of_message: CachedStatement<'a>,
    put: CachedStatement<'a>,
}

impl<'a> Rows<'a> {
    pub(crate) fn of(connection: &'a Connection) -> rusqlite::Result<Self> {
        let text = format!("SELECT {COLUMNS} FROM responses WHERE message = ?1");
        let of_message = connection.prepare_cached(&text)?;
        Ok(Self { of_message, put: connection.prepare_cached(PUT)? })
    }

    /// Writes a row.
    pub(crate) fn put(&mut self, row: &Row) -> rusqlite::Result<()> {
        let [agent, device, model, session, project, branch] = row.names;
        let tokens = &row.tokens;
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.put.execute(params![
            row.key.message.cast_signed(),
            row.key.request.cast_signed(),
            row.at,
            row.rank,
            agent,
            device,
            model,
            session,
            project,
            branch,
            whole(tokens.input),
            whole(tokens.output),
            whole(tokens.reasoning),
            whole(tokens.cache_read),
            whole(tokens.cache_write_5m),
            whole(tokens.cache_write_1h),
            whole(row.web_searches),
            row.flags,
            row.logged,
            row.priced,
            row.source,
        ])?;
        Ok(())
    }
}
