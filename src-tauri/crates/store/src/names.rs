//! Texts by number.

use claudometer_core::response::Name;
use rusqlite::{Connection, OptionalExtension as _};
use std::{collections::HashMap, sync::Arc};

/// Texts that were asked for, both ways.
#[derive(Debug, Default)]
pub(crate) struct Names {
    ids: HashMap<Name, i64>,
    texts: HashMap<i64, Name>,
}

impl Names {
    /// The number of a text; it gets one where it has none.
    pub(crate) fn id(&mut self, connection: &Connection, text: &Name) -> rusqlite::Result<i64> {
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
