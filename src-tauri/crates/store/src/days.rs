//! Sums by day: they change with every response that comes, changes, or turns out to repeat another.

use crate::{
    Store, StoreError, Stored,
    row::{self, Row},
};
use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Name, Quality},
};
use foldhash::fast::RandomState;
use rusqlite::{CachedStatement, Connection, params};
use std::collections::HashMap;

/// What a sum is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DayKey {
    /// The day, in the store's zone.
    pub day: NaiveDate,
    /// The assistant.
    pub agent: Name,
    /// The machine.
    pub device: Name,
    /// The model, as its log names it.
    pub model: Name,
    /// The folder that was worked in.
    pub project: Name,
    /// The session.
    pub session: Name,
    /// Whether the tokens are an estimate of the assistant itself.
    pub estimated: bool,
}

impl DayKey {
    /// The sum to which a response belongs.
    pub fn of(stored: Stored, day: impl Fn(DateTime<Utc>) -> NaiveDate) -> Self {
        let Stored { agent, device, response, .. } = stored;
        Self {
            day: day(response.at),
            agent,
            device,
            model: response.model,
            project: response.project,
            session: response.session,
            estimated: response.quality == Quality::Estimated,
        }
    }
}

/// Sums over responses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many responses.
    pub responses: u64,
    /// Their tokens.
    pub tokens: Tokens,
    /// What the logs say that they cost, in US dollars.
    pub logged: Amount,
    /// What they cost by the price list, in US dollars.
    pub priced: Amount,
    /// What the logs say, and where they say nothing what they cost by the list, in US dollars.
    pub cost: Amount,
    /// Responses of models without a price, which add nothing to `priced`.
    pub unpriced: u64,
    /// Responses without a cost in the log, which add nothing to `logged`.
    pub unlogged: u64,
    /// Responses that have neither, and add nothing to `cost`.
    pub unknown: u64,
    /// When the first came.
    pub first: Option<DateTime<Utc>>,
    /// When the last came.
    pub last: Option<DateTime<Utc>>,
}

impl Sums {
    /// One response.
    pub fn of(stored: &Stored) -> Self {
        let Response { at, tokens, logged_cost, .. } = stored.response;
        Self::of_one(at, tokens, logged_cost, stored.priced)
    }

    /// The same, of what is known of it.
    pub(crate) fn of_one(
        at: DateTime<Utc>,
        tokens: Tokens,
        logged: Option<Amount>,
        priced: Option<Amount>,
    ) -> Self {
        let cost = row::cost(logged, priced);
        Self {
            responses: 1,
            tokens,
            logged: logged.unwrap_or(Amount::ZERO),
            priced: priced.unwrap_or(Amount::ZERO),
            cost: cost.unwrap_or(Amount::ZERO),
            unpriced: u64::from(priced.is_none()),
            unlogged: u64::from(logged.is_none()),
            unknown: u64::from(cost.is_none()),
            first: Some(at),
            last: Some(at),
        }
    }

    /// Takes in others.
    pub fn add(&mut self, other: &Self) {
        self.responses += other.responses;
        self.tokens += other.tokens;
        self.logged = self.logged + other.logged;
        self.priced = self.priced + other.priced;
        self.cost = self.cost + other.cost;
        self.unpriced += other.unpriced;
        self.unlogged += other.unlogged;
        self.unknown += other.unknown;
        self.first = [self.first, other.first].into_iter().flatten().min();
        self.last = self.last.max(other.last);
    }

    /// Takes out others that were in; the times stay.
    fn remove(&mut self, other: &Self) {
        self.responses = self.responses.saturating_sub(other.responses);
        self.tokens = self.tokens - other.tokens;
        self.logged = self.logged - other.logged;
        self.priced = self.priced - other.priced;
        self.cost = self.cost - other.cost;
        self.unpriced = self.unpriced.saturating_sub(other.unpriced);
        self.unlogged = self.unlogged.saturating_sub(other.unlogged);
        self.unknown = self.unknown.saturating_sub(other.unknown);
    }
}

/// A key in numbers: day, assistant, machine, model, folder, session, and whether it is an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DayIds(pub(crate) [i64; 7]);

/// What a change adds to the sums and, seldom, takes from them.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    added: HashMap<DayIds, Sums, RandomState>,
    removed: HashMap<DayIds, Sums, RandomState>,
}

impl Changes {
    /// A response counts from now on.
    pub(crate) fn add(&mut self, row: &Row, day: NaiveDate) {
        self.added.entry(row.day(day)).or_default().add(&row.sums());
    }

    /// A response does not count any more, or not as it was.
    pub(crate) fn remove(&mut self, row: &Row, day: NaiveDate) {
        self.removed.entry(row.day(day)).or_default().add(&row.sums());
    }

    /// Brings the sums of the store up to date. Where most of them are `new`, whether one is there is not asked first.
    pub(crate) fn write(&self, connection: &Connection, new: bool) -> rusqlite::Result<()> {
        let mut keys: Vec<DayIds> = self.added.keys().chain(self.removed.keys()).copied().collect();
        keys.sort_unstable();
        keys.dedup();
        let mut rows = Rows::of(connection)?;
        for key in keys {
            let mut sums = self.added.get(&key).copied().unwrap_or_default();
            let removed = self.removed.get(&key);
            if new && removed.is_none() && rows.insert(key, &sums)? {
                continue;
            }
            sums.add(&rows.read(key)?.unwrap_or_default());
            sums.remove(removed.unwrap_or(&Sums::default()));
            rows.put(key, &sums)?;
        }
        Ok(())
    }
}

const SUMS: &str = "responses, input, output, reasoning, cache_read, cache_write_5m, cache_write_1h, logged_cost, priced_cost, auto_cost, unpriced, unlogged, unknown, first, last";

/// What a change asks of the sums, again and again.
pub(crate) struct Rows<'a> {
    read: CachedStatement<'a>,
    insert: CachedStatement<'a>,
    put: CachedStatement<'a>,
    delete: CachedStatement<'a>,
}

impl<'a> Rows<'a> {
    pub(crate) fn of(connection: &'a Connection) -> rusqlite::Result<Self> {
        const KEY: &str = "day = ?1 AND agent = ?2 AND device = ?3 AND model = ?4 AND project = ?5 AND session = ?6 AND estimated = ?7";
        const VALUES: &str = "INTO days VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22)";
        Ok(Self {
            read: connection.prepare_cached(&format!("SELECT {SUMS} FROM days WHERE {KEY}"))?,
            insert: connection.prepare_cached(&format!("INSERT OR IGNORE {VALUES}"))?,
            put: connection.prepare_cached(&format!("INSERT OR REPLACE {VALUES}"))?,
            delete: connection.prepare_cached(&format!("DELETE FROM days WHERE {KEY}"))?,
        })
    }

    fn read(&mut self, key: DayIds) -> rusqlite::Result<Option<Sums>> {
        rusqlite::OptionalExtension::optional(self.read.query_row(key.0, |row| read(row, 0)))
    }

    /// Adds sums; answers whether there were none before.
    fn insert(&mut self, key: DayIds, sums: &Sums) -> rusqlite::Result<bool> {
        Ok(bound(&mut self.insert, key, sums)? == 1)
    }

    /// Writes sums in the place of those that were there.
    pub(crate) fn put(&mut self, key: DayIds, sums: &Sums) -> rusqlite::Result<()> {
        if sums.responses == 0 {
            return self.delete.execute(key.0).map(drop);
        }
        bound(&mut self.put, key, sums).map(drop)
    }
}

fn bound(write: &mut CachedStatement<'_>, key: DayIds, sums: &Sums) -> rusqlite::Result<usize> {
    let [day, agent, device, model, project, session, estimated] = key.0;
    let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let millis = |at: Option<DateTime<Utc>>| at.map_or(0, |at| at.timestamp_millis());
    write.execute(params![
        day,
        agent,
        device,
        model,
        project,
        session,
        estimated,
        whole(sums.responses),
        whole(sums.tokens.input),
        whole(sums.tokens.output),
        whole(sums.tokens.reasoning),
        whole(sums.tokens.cache_read),
        whole(sums.tokens.cache_write_5m),
        whole(sums.tokens.cache_write_1h),
        sums.logged.to_units(),
        sums.priced.to_units(),
        sums.cost.to_units(),
        whole(sums.unpriced),
        whole(sums.unlogged),
        whole(sums.unknown),
        millis(sums.first),
        millis(sums.last),
    ])
}

fn read(row: &rusqlite::Row<'_>, from: usize) -> rusqlite::Result<Sums> {
    let count = |nth: usize| row.get::<_, i64>(from + nth).map(|count| count.max(0) as u64);
    let cost = |nth: usize| row.get(from + nth).map(Amount::from_units);
    let at = |nth: usize| row.get(from + nth).map(DateTime::from_timestamp_millis);
    Ok(Sums {
        responses: count(0)?,
        tokens: Tokens {
            input: count(1)?,
            output: count(2)?,
            reasoning: count(3)?,
            cache_read: count(4)?,
            cache_write_5m: count(5)?,
            cache_write_1h: count(6)?,
        },
        logged: cost(7)?,
        priced: cost(8)?,
        cost: cost(9)?,
        unpriced: count(10)?,
        unlogged: count(11)?,
        unknown: count(12)?,
        first: at(13)?,
        last: at(14)?,
    })
}

/// Whether sums are told with the names of their sessions, of which there may be as many as sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sessions {
    /// By name.
    Named,
    /// All without a name.
    Nameless,
}

/// A session by its number in this history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionNumber(i64);

impl Store {
    /// Sums of the days from `since` to `until`, both among them, by day.
    pub fn days(
        &mut self,
        since: Option<NaiveDate>,
        until: Option<NaiveDate>,
        sessions: Sessions,
        each: &mut dyn FnMut(DayKey, Sums),
    ) -> Result<(), StoreError> {
        self.days_by_session(since, until, sessions, &mut |key, _, sums| each(key, sums))
    }

    /// The name of a session; empty where there is none.
    pub fn session(&mut self, number: SessionNumber) -> Result<Name, StoreError> {
        Ok(self.names.text(&self.connection, number.0)?)
    }

    /// The same sums, with the numbers of their sessions.
    pub fn days_by_session(
        &mut self,
        since: Option<NaiveDate>,
        until: Option<NaiveDate>,
        sessions: Sessions,
        each: &mut dyn FnMut(DayKey, SessionNumber, Sums),
    ) -> Result<(), StoreError> {
        let nameless = Name::from("");
        let bound =
            |day: Option<NaiveDate>, none: i64| day.map_or(none, |day| day.to_epoch_days().into());
        let text = format!(
            "SELECT day, agent, device, model, project, session, estimated, {SUMS} FROM days WHERE day BETWEEN ?1 AND ?2 ORDER BY day"
        );
        let Self { connection, names, .. } = self;
        let mut query = connection.prepare_cached(&text)?;
        let mut rows = query.query([bound(since, i64::MIN), bound(until, i64::MAX)])?;
        while let Some(row) = rows.next()? {
            let mut name = |column: usize| names.text(connection, row.get(column)?);
            let day = i32::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
            let key = DayKey {
                day: NaiveDate::from_epoch_days(day).unwrap_or_default(),
                agent: name(1)?,
                device: name(2)?,
                model: name(3)?,
                project: name(4)?,
                session: match sessions {
                    Sessions::Named => name(5)?,
                    Sessions::Nameless => Name::clone(&nameless),
                },
                estimated: row.get(6)?,
            };
            each(key, SessionNumber(row.get(5)?), read(row, 7)?);
        }
        Ok(())
    }
}
