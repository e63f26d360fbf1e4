//! Texts by number.

use claudometer_core::response::Name;
use foldhash::fast::RandomState;
use rusqlite::{Connection, OptionalExtension as _};
use std::{collections::HashMap, sync::Arc};

/// Names that many rows share are found by where they lie, without looking at their letters; so many at most.
const MOST_SHARED: usize = 50_000;

/// Texts that were asked for, both ways.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: HashMap<Name, i64, RandomState>,
    /// By address. The name is held, so that nothing else can come to lie there.
    shared: HashMap<u64, (Name, i64), RandomState>,
    texts: HashMap<i64, Name, RandomState>,
}

impl Names {
    /// The number of a text; it gets one where it has none.
    pub(crate) fn id(&mut self, connection: &Connection, text: &Name) -> rusqlite::Result<i64> {
        let address = text.as_ptr().addr() as u64;
        if let Some((_, id)) = self.shared.get(&address) {
            return Ok(*id);
        }
        let id = self.id_of_text(connection, text)?;
        if self.shared.len() >= MOST_SHARED {
            self.shared.clear();
        }
        self.shared.insert(address, (Arc::clone(text), id));
        Ok(id)
    }

    fn id_of_text(&mut self, connection: &Connection, text: &Name) -> rusqlite::Result<i64> {
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        let known = connection
            .prepare_cached("SELECT id FROM names WHERE text = ?1")?
            .query_row([&**text], |row| row.get(0))
            .optional()?;
        let id = match known {
            Some(id) => id,
            None => connection
                .prepare_cached("INSERT INTO names (text) VALUES (?1) RETURNING id")?
                .query_row([&**text], |row| row.get(0))?,
        };
        self.ids.insert(Arc::clone(text), id);
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
        self.texts.insert(id, Arc::clone(&text));
        Ok(text)
    }

    /// Forgets numbers that a change gave and that was not kept.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}
