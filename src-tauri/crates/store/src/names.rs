//! Texts by number.

use crate::row::NAMES;
use claudometer_core::response::Name;
use foldhash::fast::RandomState;
use indexmap::IndexSet;
use rusqlite::{CachedStatement, Connection, OptionalExtension as _};
use std::{collections::HashMap, sync::Arc};

/// As many are remembered: there are few models and folders, but as many sessions as one likes.
const MOST: usize = 20_000;

/// Texts that were asked for, both ways.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: HashMap<Name, i64, RandomState>,
    texts: HashMap<i64, Name, RandomState>,
}

impl Names {
    /// The number of a text; it gets one where it has none.
    pub(crate) fn id(&mut self, connection: &Connection, text: &Name) -> rusqlite::Result<i64> {
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        let id = added(connection, &mut insert(connection)?, text)?;
        self.remember(id, text);
        Ok(id)
    }

    /// The text of a number; empty where there is none.
    pub(crate) fn text(&mut self, connection: &Connection, id: i64) -> rusqlite::Result<Name> {
        if let Some(text) = self.texts.get(&id) {
            return Ok(Arc::clone(text));
        }
        let text: Option<String> = connection
            .prepare_cached("SELECT text FROM names WHERE id = ?1")?
            .query_row([id], |row| row.get(0))
            .optional()?;
        let text: Name = text.unwrap_or_default().into();
        self.remember(id, &text);
        Ok(text)
    }

    fn remember(&mut self, id: i64, text: &Name) {
        if self.texts.len() >= MOST {
            self.forget();
        }
        self.ids.insert(Arc::clone(text), id);
        self.texts.insert(id, Arc::clone(text));
    }

    /// Forgets numbers that a change gave and that was not kept.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

fn insert(connection: &Connection) -> rusqlite::Result<CachedStatement<'_>> {
    connection.prepare_cached("INSERT OR IGNORE INTO names (text) VALUES (?1)")
}

/// The number of a text, which gets one where it has none.
fn added(
    connection: &Connection,
    insert: &mut CachedStatement<'_>,
    text: &Name,
) -> rusqlite::Result<i64> {
    if insert.execute([&**text])? == 1 {
        return Ok(connection.last_insert_rowid());
    }
    let mut query = connection.prepare_cached("SELECT id FROM names WHERE text = ?1")?;
    query.query_row([&**text], |row| row.get(0))
}

/// The names of rows that wait, by their places in a list.
#[derive(Debug, Default)]
pub(crate) struct Places {
    all: IndexSet<Name, RandomState>,
    /// Those of the row before: rows share their names, which is seen without looking at letters.
    last: Option<([Name; NAMES], [i64; NAMES])>,
}

impl Places {
    /// The places of the names of a row.
    pub(crate) fn of(&mut self, names: [&Name; NAMES]) -> [i64; NAMES] {
        if let Some((last, places)) = &self.last
            && last.iter().zip(names).all(|(last, name)| Arc::ptr_eq(last, name))
        {
            return *places;
        }
        let place = |name: &Name| (self.all.insert_full(Arc::clone(name)).0 as u64).cast_signed();
        let places = names.map(place);
        self.last = Some((names.map(Arc::clone), places));
        places
    }

    /// The numbers that the store gives the names, by their places.
    pub(crate) fn numbers(
        &self,
        connection: &Connection,
        names: &mut Names,
    ) -> rusqlite::Result<Vec<i64>> {
        let mut insert = insert(connection)?;
        let number = |name: &Name| match names.ids.get(name) {
            Some(id) => Ok(*id),
            None => {
                let id = added(connection, &mut insert, name)?;
                names.remember(id, name);
                Ok(id)
            }
        };
        self.all.iter().map(number).collect()
    }
}
