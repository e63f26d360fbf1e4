//! What one round of reading found, kept together or not at all.

use crate::{
    KnownFile, Store, StoreError, Stored,
    days::{self, Changes, DayIds, Sums},
    files,
    names::{Names, Places},
    open::{MOST_AHEAD_AT_FIRST, pruned_before, set_fact},
    row::{self, COLUMNS, NAMES, Row},
};
use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Key, Name, repeated},
};
use foldhash::fast::RandomState;
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What the store does not know itself: prices, and where a day begins.
#[expect(missing_debug_implementations, reason = "functions have nothing to show")]
#[derive(Clone, Copy)]
pub struct Judge<'a> {
    /// What a response costs by the price list, in US dollars.
    pub price: &'a dyn Fn(&Response) -> Option<Amount>,
    /// The day of a time, in the store's zone.
    pub day: &'a dyn Fn(DateTime<Utc>) -> NaiveDate,
}

/// Responses and files that wait to be kept.
#[derive(Debug, Default)]
pub struct Batch {
    rows: Vec<Row>,
    /// What the rows call their names.
    places: Places,
    /// Keys of what turned out to be copies.
    copies: Vec<Key>,
    files: Vec<(Name, String, KnownFile)>,
    gone: Vec<(Name, String)>,
    confirmed: Vec<(Name, u8)>,
}

impl Batch {
    /// How many records of responses wait.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.copies.is_empty()
            && self.files.is_empty()
            && self.confirmed.is_empty()
            && self.gone.is_empty()
    }

    /// Takes a response of an assistant on a machine; `priced` is what it costs by the price list, in US dollars.
    pub fn add(
        &mut self,
        agent: &Name,
        device: &Name,
        response: &Response,
        priced: Option<Amount>,
    ) {
        let Response { model, session, project, branch, .. } = response;
        let places = self.places.of([agent, device, model, session, project, branch]);
        self.rows.push(Row::of(response, places, priced, false));
    }

    /// Notes that what may be kept under a key is a copy, or none at all: it counts no more.
    pub fn withdraw(&mut self, key: Key) {
        self.copies.push(key);
    }

    /// Notes how far a file has been read. Answers what responses of this batch name it by as their source.
    pub fn file(&mut self, agent: &Name, path: String, known: KnownFile) -> u64 {
        self.files.push((Arc::clone(agent), path, known));
        self.files.len() as u64
    }

    /// How many files wait to be noted.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Notes that everything has been compared that files of an assistant told before which this reader read again.
    pub fn confirm(&mut self, agent: &Name, reader: u8) {
        self.confirmed.push((Arc::clone(agent), reader));
    }

    /// Forgets a file that is gone; what was read of it stays.
    pub fn forget_file(&mut self, agent: &Name, path: String) {
        self.gone.push((Arc::clone(agent), path));
    }
}

impl Store {
    /// Keeps a batch, wholly or not at all; without what is from before a time at which the history was pruned.
    pub fn keep(&mut self, mut batch: Batch, judge: Judge<'_>) -> Result<(), StoreError> {
        let Self { connection, names, fresh } = self;
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Asked within the change: until it began, another process may have written.
        let was_empty = is_empty(&change)?;
        if let Some(before) = pruned_before(&change)? {
            batch.rows.retain(|row| row.at() >= before);
        }
        let version: i64 = change.pragma_query_value(None, "data_version", |row| row.get(0))?;
        if was_empty {
            change.pragma_update(None, "wal_autocheckpoint", MOST_AHEAD_AT_FIRST)?;
            *fresh = Some(Fresh { version, written: HashSet::default() });
        }
        // What another process has written is not known here.
        *fresh = fresh.take().filter(|fresh| fresh.version == version);
        let kept = write(&change, names, batch, judge, fresh).and_then(|()| change.commit());
        if kept.is_err() {
            names.forget();
            *fresh = None;
        }
        Ok(kept?)
    }

    /// The tokens that are kept under a key, whether they count or not.
    pub fn tokens(&self, key: Key) -> Result<Option<Tokens>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM responses WHERE message = ?1 AND request = ?2");
        let mut query = self.connection.prepare_cached(&text)?;
        let key = [key.message.cast_signed(), key.request.cast_signed()];
        let row = query.query_row(key, Row::read).optional()?;
        Ok(row.map(|row| row.tokens()))
    }

    /// Calls `each` with every response from `since` on and before `until`, in no order; repeated ones among them.
    pub fn responses(
        &mut self,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        each: &mut dyn FnMut(Stored),
    ) -> Result<(), StoreError> {
        let bound =
            |at: Option<DateTime<Utc>>, none: i64| at.map_or(none, |at| at.timestamp_millis());
        if since.is_some() {
            self.index_times()?;
        }
        let text = format!("SELECT {COLUMNS} FROM responses WHERE at >= ?1 AND at < ?2");
        let Self { connection, names, .. } = self;
        let mut query = connection.prepare_cached(&text)?;
        let mut rows = query.query([bound(since, i64::MIN), bound(until, i64::MAX)])?;
        while let Some(row) = rows.next()? {
            each(Row::read(row)?.stored(connection, names)?);
        }
        Ok(())
    }
}

impl Store {
    /// Has `read` see the store as it is at one moment, whatever others write meanwhile.
    pub fn at_one_moment<T, E: From<StoreError>>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        // What only reads cannot make it any more.
        self.index_times()?;
        self.connection.execute_batch("BEGIN").map_err(StoreError::from)?;
        let read = read(self);
        self.connection.execute_batch("ROLLBACK").map_err(StoreError::from)?;
        read
    }

    /// Made when it is first of use: the first reading of years of logs is quicker without it.
    fn index_times(&self) -> Result<(), StoreError> {
        let text = "CREATE INDEX IF NOT EXISTS responses_by_time ON responses (at)";
        Ok(self.connection.execute_batch(text)?)
    }

    /// Judges every response anew, after prices or the zone have changed, and notes `facts` of the store together with it.
    pub fn judge_again(
        &mut self,
        judge: Judge<'_>,
        facts: &[(&str, &str)],
    ) -> Result<(), StoreError> {
        let Self { connection, names, .. } = self;
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut sums: HashMap<DayIds, Sums> = HashMap::new();
        {
            let text = format!("SELECT {COLUMNS} FROM responses");
            let mut query = change.prepare(&text)?;
            let mut rows = query.query([])?;
            let text = "UPDATE responses SET priced_cost = ?3 WHERE message = ?1 AND request = ?2";
            let mut update = change.prepare(text)?;
            while let Some(row) = rows.next()? {
                let row = Row::read(row)?;
                let stored = row.stored(&change, names)?;
                let priced = (judge.price)(&stored.response);
                if priced != stored.priced {
                    update.execute(rusqlite::params![
                        row.key.message.cast_signed(),
                        row.key.request.cast_signed(),
                        priced.map(Amount::to_units)
                    ])?;
                }
                let stored = Stored { priced, ..stored };
                if stored.counts() {
                    let day = row.day((judge.day)(stored.response.at));
                    sums.entry(day).or_default().add(&Sums::of(&stored));
                }
            }
        }
        change.execute("DELETE FROM days", [])?;
        let mut sums: Vec<_> = sums.into_iter().collect();
        sums.sort_unstable_by_key(|(ids, _)| *ids);
        {
            let mut rows = days::Rows::of(&change)?;
            for (ids, sums) in sums {
                rows.put(ids, &sums)?;
            }
        }
        for (name, value) in facts {
            set_fact(&change, name, value)?;
        }
        change.commit()?;
        Ok(())
    }
}

/// Whether something is told without a log that a log has told already.
const fn is_hearsay(new: &Stored, old: &Stored) -> bool {
    new.response.source == 0 && old.response.source != 0
}

fn is_empty(connection: &Connection) -> rusqlite::Result<bool> {
    let text = "SELECT NOT EXISTS (SELECT 1 FROM responses)";
    connection.prepare_cached(text)?.query_row([], |row| row.get(0))
}

/// What this process has written into a store that was empty: nothing else can be in it.
#[derive(Debug)]
pub(crate) struct Fresh {
    version: i64,
    pub(crate) written: HashSet<i64, RandomState>,
}

fn write(
    connection: &Connection,
    names: &mut Names,
    batch: Batch,
    judge: Judge<'_>,
    fresh: &mut Option<Fresh>,
) -> rusqlite::Result<()> {
    let Batch { mut rows, places, copies, files, gone, confirmed } = batch;
    let numbers = places.numbers(connection, names)?;
    let sources = files::numbers(connection, &files, fresh.is_some())?;
    for row in &mut rows {
        row.names = row.names.map(|place| numbers[place as usize]);
        let nth = usize::try_from(row.source).ok().and_then(|nth| nth.checked_sub(1));
        row.source = nth.and_then(|nth| sources.get(nth)).copied().unwrap_or(0);
    }
    // The copies of a message lie side by side, and rows are written in the order of their keys.
    let mut order: Vec<(Key, usize)> = rows.iter().map(|row| row.key).zip(0..).collect();
    order.sort_unstable_by_key(|(key, place)| {
        (key.message.cast_signed(), key.request.cast_signed(), *place)
    });
    let mut writing = Writing {
        connection,
        names,
        judge,
        rows: row::Rows::of(connection)?,
        changes: Changes::default(),
    };
    let mut is_alone = vec![false; rows.len()];
    if let Some(fresh) = fresh {
        fresh.written.reserve(rows.len());
    }
    for copies in order.chunk_by(|(one, _), (next, _)| one.message == next.message) {
        let message = copies[0].0.message.cast_signed();
        let is_new = fresh.as_mut().is_some_and(|fresh| fresh.written.insert(message));
        if let ([(_, place)], true) = (copies, is_new) {
            writing.rows.put(&rows[*place])?;
            is_alone[*place] = true;
            continue;
        }
        let before = if is_new { Vec::new() } else { writing.kept(message)? };
        let copies = writing.merged(copies.iter().map(|(_, place)| &rows[*place]))?;
        writing.put_copies(copies, &before)?;
    }
    // In the order in which they were read those of a day lie side by side.
    for (row, _) in rows.iter().zip(is_alone).filter(|(_, is_alone)| *is_alone) {
        writing.count(row);
    }
    for key in copies {
        let message = key.message.cast_signed();
        if fresh.as_ref().is_none_or(|fresh| fresh.written.contains(&message)) {
            writing.withdraw(key)?;
        }
    }
    writing.changes.write(connection, fresh.is_some())?;
    files::put(connection, files.iter().zip(sources))?;
    for (agent, reader) in &confirmed {
        files::confirm(connection, agent, *reader)?;
    }
    for (agent, path) in &gone {
        files::forget(connection, agent, path)?;
    }
    Ok(())
}

/// Responses on their way into the store.
struct Writing<'a> {
    connection: &'a Connection,
    names: &'a mut Names,
    judge: Judge<'a>,
    rows: row::Rows<'a>,
    changes: Changes,
}

impl Writing<'_> {
    /// Responses to one message, in the order of their requests; the records of each become one.
    fn merged<'a>(
        &mut self,
        records: impl Iterator<Item = &'a Row>,
    ) -> rusqlite::Result<Vec<Stored>> {
        let mut merged: Vec<Stored> = Vec::new();
        for record in records {
            let record = record.stored(self.connection, self.names)?;
            match merged.last_mut() {
                Some(last) if last.response.key == record.response.key => {
                    last.response.merge(record.response);
                }
                _ => merged.push(record),
            }
        }
        Ok(merged)
    }

    /// Writes all responses to one message, with those `before` that are kept already.
    fn put_copies(&mut self, mut copies: Vec<Stored>, before: &[Stored]) -> rusqlite::Result<()> {
        for old in before {
            match copies.iter_mut().find(|new| new.response.key == old.response.key) {
                // What a log of our own tells is not for an import to change.
                Some(new) if is_hearsay(new, old) => *new = old.clone(),
                Some(new) => {
                    new.response.merge(old.response.clone());
                    new.device = Arc::clone(&old.device);
                }
                None => copies.push(old.clone()),
            }
        }
        if copies.len() > 1 {
            let responses: Vec<Response> = copies.iter().map(|one| one.response.clone()).collect();
            for (one, repeats) in copies.iter_mut().zip(repeated(&responses)) {
                one.repeated = repeats;
            }
        }
        for mut new in copies {
            new.priced = (self.judge.price)(&new.response);
            let old = before.iter().find(|old| old.response.key == new.response.key);
            if old == Some(&new) {
                continue;
            }
            if let Some(old) = old.filter(|old| old.counts()) {
                let row = self.row(old)?;
                self.changes.remove(&row, (self.judge.day)(old.response.at));
            }
            let row = self.row(&new)?;
            self.count(&row);
            self.rows.put(&row)?;
        }
        Ok(())
    }

    /// Lets a response that is kept count no more.
    fn withdraw(&mut self, key: Key) -> rusqlite::Result<()> {
        let before = self.kept(key.message.cast_signed())?;
        let known = before.iter().find(|stored| stored.response.key == key);
        let Some(known) = known.filter(|stored| !stored.response.withdrawn) else { return Ok(()) };
        let mut withdrawn = known.clone();
        withdrawn.response.withdrawn = true;
        self.put_copies(vec![withdrawn], &before)
    }

    fn row(&mut self, stored: &Stored) -> rusqlite::Result<Row> {
        let Stored { agent, device, response, .. } = stored;
        let Response { model, session, project, branch, .. } = response;
        let mut names = [0; NAMES];
        let texts = [agent, device, model, session, project, branch];
        for (id, name) in names.iter_mut().zip(texts) {
            *id = self.names.id(self.connection, name)?;
        }
        Ok(Row::of(response, names, stored.priced, stored.repeated))
    }

    /// Notes what a response adds to its day.
    fn count(&mut self, row: &Row) {
        if row.counts() {
            self.changes.add(row, (self.judge.day)(row.at()));
        }
    }

    /// The responses to a message that are kept already.
    fn kept(&mut self, message: i64) -> rusqlite::Result<Vec<Stored>> {
        let mut rows = self.rows.of_message.query([message])?;
        let mut kept = Vec::new();
        while let Some(row) = rows.next()? {
            kept.push(Row::read(row)?.stored(self.connection, self.names)?);
        }
        Ok(kept)
    }
}
