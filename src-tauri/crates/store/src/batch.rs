//! What one round of reading found, kept together or not at all.

use crate::{
    KnownFile, Store, StoreError, Stored,
    days::Changes,
    files,
    names::Names,
    row::{self, COLUMNS},
};
use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::{
    Amount, Response,
    response::{Key, Name, repeated},
};
use rusqlite::{Connection, TransactionBehavior};
use std::{
    collections::{BTreeMap, HashMap},
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
    /// By key, so that the copies of a message lie side by side and rows are written in their order.
    responses: BTreeMap<Key, (Name, Name, Response)>,
    files: HashMap<String, (Name, KnownFile)>,
    gone: Vec<String>,
}

impl Batch {
    /// How many responses wait.
    pub fn len(&self) -> usize {
        self.responses.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.responses.is_empty() && self.files.is_empty() && self.gone.is_empty()
    }

    /// Takes a response of an assistant on a machine.
    pub fn add(&mut self, agent: &Name, device: &Name, response: Response) {
        match self.responses.get_mut(&response.key) {
            Some((_, _, known)) => known.merge(response),
            None => {
                let names = (Arc::clone(agent), Arc::clone(device));
                self.responses.insert(response.key, (names.0, names.1, response));
            }
        }
    }

    /// Notes how far a file has been read.
    pub fn file(&mut self, agent: &Name, path: String, known: KnownFile) {
        self.files.insert(path, (Arc::clone(agent), known));
    }

    /// Forgets a file that is gone; what was read of it stays.
    pub fn forget_file(&mut self, path: String) {
        self.gone.push(path);
    }
}

impl Store {
    /// Keeps a batch, wholly or not at all.
    pub fn keep(&mut self, batch: Batch, judge: Judge<'_>) -> Result<(), StoreError> {
        let is_first = self.is_empty()?;
        let Self { connection, names } = self;
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let kept = write(&change, names, batch, judge, is_first).and_then(|()| change.commit());
        if kept.is_err() {
            names.forget();
        }
        Ok(kept?)
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
        let text = format!("SELECT {COLUMNS} FROM responses WHERE at >= ?1 AND at < ?2");
        let Self { connection, names } = self;
        let mut query = connection.prepare_cached(&text)?;
        let mut rows = query.query([bound(since, i64::MIN), bound(until, i64::MAX)])?;
        while let Some(row) = rows.next()? {
            each(row::get(connection, names, row)?);
        }
        Ok(())
    }
}

fn write(
    connection: &Connection,
    names: &mut Names,
    batch: Batch,
    judge: Judge<'_>,
    is_first: bool,
) -> rusqlite::Result<()> {
    let mut changes = Changes::default();
    let mut group: Vec<Stored> = Vec::new();
    for (_, (agent, device, response)) in batch.responses {
        if group.first().is_some_and(|one| one.response.key.message != response.key.message) {
            write_group(connection, names, &mut group, judge, is_first, &mut changes)?;
        }
        group.push(Stored { agent, device, response, priced: None, repeated: false });
    }
    write_group(connection, names, &mut group, judge, is_first, &mut changes)?;
    changes.write(connection, names)?;
    for (path, (agent, known)) in &batch.files {
        files::put(connection, agent, path, known)?;
    }
    for path in &batch.gone {
        files::forget(connection, path)?;
    }
    Ok(())
}

/// Writes all responses to one message, together with those that are kept already; `group` is left empty.
fn write_group(
    connection: &Connection,
    names: &mut Names,
    group: &mut Vec<Stored>,
    judge: Judge<'_>,
    is_first: bool,
    changes: &mut Changes,
) -> rusqlite::Result<()> {
    let Some(message) = group.first().map(|one| one.response.key.message) else { return Ok(()) };
    let before = if is_first { Vec::new() } else { kept(connection, names, message)? };
    for old in &before {
        match group.iter_mut().find(|new| new.response.key == old.response.key) {
            Some(new) => {
                new.response.merge(old.response.clone());
                new.device = Arc::clone(&old.device);
            }
            None => group.push(old.clone()),
        }
    }
    if group.len() > 1 {
        let responses: Vec<Response> = group.iter().map(|one| one.response.clone()).collect();
        for (one, repeats) in group.iter_mut().zip(repeated(&responses)) {
            one.repeated = repeats;
        }
    }
    for mut new in group.drain(..) {
        new.priced = (judge.price)(&new.response);
        let old = before.iter().find(|old| old.response.key == new.response.key);
        if old == Some(&new) {
            continue;
        }
        if let Some(old) = old.filter(|old| old.counts()) {
            changes.remove(old, (judge.day)(old.response.at));
        }
        if new.counts() {
            changes.add(&new, (judge.day)(new.response.at));
        }
        row::put(connection, names, &new)?;
    }
    Ok(())
}

fn kept(connection: &Connection, names: &mut Names, message: u64) -> rusqlite::Result<Vec<Stored>> {
    let text = format!("SELECT {COLUMNS} FROM responses WHERE message = ?1");
    let mut query = connection.prepare_cached(&text)?;
    let mut rows = query.query([message.cast_signed()])?;
    let mut kept = Vec::new();
    while let Some(row) = rows.next()? {
        kept.push(row::get(connection, names, row)?);
    }
    Ok(kept)
}
