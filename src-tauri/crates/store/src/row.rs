//! A response as a row.

use crate::{days::DayIds, names::Names};
use chrono::{DateTime, NaiveDate};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Copies, Key, Merging, Name, Quality, Speed},
};
use rusqlite::{CachedStatement, Connection, Row, params};

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
        !self.repeated && self.response.tokens.total() > 0
    }

    /// What its log says that it cost, else what it costs by the list.
    pub fn cost(&self) -> Option<Amount> {
        self.response.logged_cost.or(self.priced)
    }
}

pub(crate) const COLUMNS: &str = "message, request, at, rank, agent, device, model, session, project, branch, input, output, reasoning, cache_read, cache_write_5m, cache_write_1h, web_searches, flags, logged_cost, priced_cost";
const PUT: &str = "INSERT OR REPLACE INTO responses VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)";

const SIDE_CHAIN: i64 = 1;
const IN_US: i64 = 1 << 1;
const LATEST: i64 = 1 << 2;
const BY_EQUALITY: i64 = 1 << 3;
const REPEATED: i64 = 1 << 4;
const SPEED: u32 = 8;
const QUALITY: u32 = 12;

fn flags(stored: &Stored) -> i64 {
    let response = &stored.response;
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
        Quality::Estimated => 2,
    };
    when(response.side_chain, SIDE_CHAIN)
        | when(response.in_us, IN_US)
        | when(response.merging == Merging::Latest, LATEST)
        | when(response.copies == Copies::ByEquality, BY_EQUALITY)
        | when(stored.repeated, REPEATED)
        | speed << SPEED
        | quality << QUALITY
}

/// The names of a row, as numbers.
pub(crate) struct RowNames {
    agent: i64,
    device: i64,
    model: i64,
    session: i64,
    project: i64,
    branch: i64,
}

impl RowNames {
    pub(crate) fn of(
        connection: &Connection,
        names: &mut Names,
        stored: &Stored,
    ) -> rusqlite::Result<Self> {
        let mut id = |name: &Name| names.id(connection, name);
        Ok(Self {
            agent: id(&stored.agent)?,
            device: id(&stored.device)?,
            model: id(&stored.response.model)?,
            session: id(&stored.response.session)?,
            project: id(&stored.response.project)?,
            branch: id(&stored.response.branch)?,
        })
    }

    /// The sum of a day to which the row belongs.
    pub(crate) fn day(&self, day: NaiveDate, stored: &Stored) -> DayIds {
        DayIds([
            day.to_epoch_days().into(),
            self.agent,
            self.device,
            self.model,
            self.project,
            self.session,
            (stored.response.quality == Quality::Estimated).into(),
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
    pub(crate) fn put(&mut self, names: &RowNames, stored: &Stored) -> rusqlite::Result<()> {
        let response = &stored.response;
        let tokens = &response.tokens;
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.put.execute(params![
            response.key.message.cast_signed(),
            response.key.request.cast_signed(),
            response.at.timestamp_millis(),
            response.rank,
            names.agent,
            names.device,
            names.model,
            names.session,
            names.project,
            names.branch,
            whole(tokens.input),
            whole(tokens.output),
            whole(tokens.reasoning),
            whole(tokens.cache_read),
            whole(tokens.cache_write_5m),
            whole(tokens.cache_write_1h),
            whole(response.web_searches),
            flags(stored),
            response.logged_cost.map(Amount::to_units),
            stored.priced.map(Amount::to_units),
        ])?;
        Ok(())
    }
}

/// Reads a row of [`COLUMNS`].
pub(crate) fn get(
    connection: &Connection,
    names: &mut Names,
    row: &Row<'_>,
) -> rusqlite::Result<Stored> {
    let count = |column: usize| row.get::<_, i64>(column).map(|count| count.max(0) as u64);
    let cost = |column: usize| {
        row.get::<_, Option<i64>>(column).map(|units| units.map(Amount::from_units))
    };
    let key = Key {
        message: row.get::<_, i64>(0)?.cast_unsigned(),
        request: row.get::<_, i64>(1)?.cast_unsigned(),
    };
    let flags: i64 = row.get(17)?;
    let mut name = |column: usize| names.text(connection, row.get(column)?);
    let at = DateTime::from_timestamp_millis(row.get(2)?).unwrap_or_default();
    Ok(Stored {
        agent: name(4)?,
        device: name(5)?,
        response: Response {
            key,
            at,
            rank: row.get(3)?,
            model: name(6)?,
            session: name(7)?,
            project: name(8)?,
            branch: name(9)?,
            side_chain: flags & SIDE_CHAIN != 0,
            tokens: Tokens {
                input: count(10)?,
                output: count(11)?,
                reasoning: count(12)?,
                cache_read: count(13)?,
                cache_write_5m: count(14)?,
                cache_write_1h: count(15)?,
            },
            web_searches: count(16)?,
            speed: match (flags >> SPEED) & 0xf {
                1 => Speed::Flex,
                2 => Speed::Priority,
                3 => Speed::Fast,
                _ => Speed::Standard,
            },
            in_us: flags & IN_US != 0,
            logged_cost: cost(18)?,
            quality: match (flags >> QUALITY) & 0xf {
                1 => Quality::SessionTotal,
                2 => Quality::Estimated,
                _ => Quality::Exact,
            },
            merging: if flags & LATEST == 0 { Merging::Largest } else { Merging::Latest },
            copies: if flags & BY_EQUALITY == 0 { Copies::ByRequest } else { Copies::ByEquality },
        },
        priced: cost(19)?,
        repeated: flags & REPEATED != 0,
    })
}
