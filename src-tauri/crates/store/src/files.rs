//! How far each file of a log has been read.

use crate::{Store, StoreError};
use rusqlite::{Connection, params};
use std::collections::HashMap;

/// A file that has been read, as it was then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownFile {
    /// Bytes.
    pub size: u64,
    /// Its last change, in nanoseconds since 1970 in UTC.
    pub modified_ns: i64,
    /// What the file system called it.
    pub file_id: u64,
    /// Bytes that were read for good.
    pub offset: u64,
    /// A hash of the bytes just before.
    pub tail: u64,
    /// What its reading knew.
    pub state: Vec<u8>,
    /// Records that could not be read.
    pub malformed: u64,
    /// Records of responses without a time.
    pub undated: u64,
    /// Which version of its reader read it.
    pub reader: u8,
    /// The session that it continues, where its log was not there to compare with; else empty.
    pub waits_for: String,
}

impl Store {
    /// The files of an assistant's log that have been read, by path.
    pub fn files(&self, agent: &str) -> Result<HashMap<String, KnownFile>, StoreError> {
        let text = "SELECT path, size, modified_ns, file_id, offset, tail, state, malformed, undated, reader, waits_for FROM files WHERE agent = ?1";
        let mut query = self.connection.prepare_cached(text)?;
        let rows = query.query_map([agent], |row| {
            let count = |column: usize| row.get::<_, i64>(column).map(i64::cast_unsigned);
            let known = KnownFile {
                size: count(1)?,
                modified_ns: row.get(2)?,
                file_id: count(3)?,
                offset: count(4)?,
                tail: count(5)?,
                state: row.get(6)?,
                malformed: count(7)?,
                undated: count(8)?,
                reader: row.get(9)?,
                waits_for: row.get(10)?,
            };
            Ok((row.get(0)?, known))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Notes how far a file has been read.
pub(crate) fn put(
    connection: &Connection,
    agent: &str,
    path: &str,
    known: &KnownFile,
) -> rusqlite::Result<()> {
    let text =
        "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    connection.prepare_cached(text)?.execute(params![
        path,
        agent,
        known.size.cast_signed(),
        known.modified_ns,
        known.file_id.cast_signed(),
        known.offset.cast_signed(),
        known.tail.cast_signed(),
        known.state,
        known.malformed.cast_signed(),
        known.undated.cast_signed(),
        known.reader,
        known.waits_for,
    ])?;
    Ok(())
}

/// Forgets a file that is gone; what was read of it stays.
pub(crate) fn forget(connection: &Connection, path: &str) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM files WHERE path = ?1")?.execute([path])?;
    Ok(())
}
