//! How far each file of a log has been read.

use crate::{
    Store, StoreError,
    open::{fact, set_fact},
    row,
};
use claudometer_core::response::Name;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

/// A file that has been read, as it was then.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KnownFile {
    /// Its number in this history; 0 where it has none yet.
    pub id: u64,
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
    /// Bytes behind them of which it is known that no line ends among them.
    pub unended: u64,
    /// What its reading knew; empty where another has to begin anew.
    pub state: Vec<u8>,
    /// Records that could not be read.
    pub malformed: u64,
    /// Records of responses without a time.
    pub undated: u64,
    /// Which version of its reader read it; 0 where it is to be read again.
    pub reader: u8,
    /// The session that it continues, where its log was not there to compare with; else empty.
    pub waits_for: String,
    /// Whether it ever lost, or may have lost, what it had told: that stays although the file tells it no more.
    pub rewritten: bool,
}

/// What tells whether a file has changed, read without the rest of what is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Its last change, in nanoseconds since 1970 in UTC.
    pub modified_ns: i64,
    /// What the file system called it.
    pub file_id: u64,
    /// Which version of its reader read it; 0 where it is to be read again.
    pub reader: u8,
}

const COLUMNS: &str = "id, size, modified_ns, file_id, offset, tail, state, malformed, undated, reader, waits_for, rewritten, unended";

impl KnownFile {
    /// In the place of its reader's version: it was read again, and what it told before has not been compared yet.
    pub const PENDING: u8 = 0xff;

    /// What tells whether it has changed.
    pub const fn stamp(&self) -> Stamp {
        let Self { size, modified_ns, file_id, reader, .. } = *self;
        Stamp { size, modified_ns, file_id, reader }
    }

    fn read(row: &Row<'_>, from: usize) -> rusqlite::Result<Self> {
        let count = |nth: usize| row.get::<_, i64>(from + nth).map(i64::cast_unsigned);
        Ok(Self {
            id: count(0)?,
            size: count(1)?,
            modified_ns: row.get(from + 2)?,
            file_id: count(3)?,
            offset: count(4)?,
            tail: count(5)?,
            state: row.get(from + 6)?,
            malformed: count(7)?,
            undated: count(8)?,
            reader: row.get(from + 9)?,
            waits_for: row.get(from + 10)?,
            rewritten: row.get(from + 11)?,
            unended: count(12)?,
        })
    }
}

impl Store {
    /// Calls `each` with the path and the stamp of every file of an assistant's log that has been read, in the order of the
    /// paths' bytes, until it says false.
    pub fn stamps(&self, agent: &str, each: &mut dyn FnMut(&str, Stamp)) -> Result<(), StoreError> {
        let text = "SELECT path, size, modified_ns, file_id, reader FROM files WHERE agent = ?1 ORDER BY path";
        let mut query = self.connection.prepare_cached(text)?;
        let mut rows = query.query([agent])?;
        while let Some(row) = rows.next()? {
            let stamp = Stamp {
                size: row.get::<_, i64>(1)?.cast_unsigned(),
                modified_ns: row.get(2)?,
                file_id: row.get::<_, i64>(3)?.cast_unsigned(),
                reader: row.get(4)?,
            };
            each(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?, stamp);
        }
        Ok(())
    }

    /// What is known of a file of an assistant's log; `None` where it has not been read.
    pub fn file(&self, agent: &str, path: &str) -> Result<Option<KnownFile>, StoreError> {
        let text = format!("SELECT {COLUMNS} FROM files WHERE agent = ?1 AND path = ?2");
        let mut query = self.connection.prepare_cached(&text)?;
        let row = query.query_row([agent, path], |row| KnownFile::read(row, 0));
        Ok(row.optional()?)
    }

    /// The files of an assistant's log that have been read, with their paths.
    pub fn files(&self, agent: &str) -> Result<Vec<(String, KnownFile)>, StoreError> {
        let text = format!("SELECT path, {COLUMNS} FROM files WHERE agent = ?1 ORDER BY path");
        let mut query = self.connection.prepare_cached(&text)?;
        let rows = query.query_map([agent], |row| Ok((row.get(0)?, KnownFile::read(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Files of an assistant's log that wait for the log of another session, and that session.
    pub fn waiting(&self, agent: &str) -> Result<Vec<(String, String)>, StoreError> {
        let text = "SELECT path, waits_for FROM files WHERE agent = ?1 AND waits_for <> ''";
        let mut query = self.connection.prepare_cached(text)?;
        let rows = query.query_map([agent], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Has every file be read again. What a file tells then takes the place of what it told before; what one has lost
    /// stays, and so does what is known as a copy.
    pub fn read_again(&mut self) -> Result<(), StoreError> {
        let change = self.connection.transaction()?;
        change.execute("UPDATE files SET reader = 0", [])?;
        let text = "UPDATE responses SET flags = flags | ?1 WHERE flags & ?2 = 0 AND source IN (SELECT id FROM files WHERE NOT rewritten)";
        change.execute(text, [row::TO_BE_TOLD_AGAIN, row::WITHDRAWN])?;
        Ok(change.commit()?)
    }
}

/// Notes how far files have been read, each with its number.
pub(crate) fn put<'a>(
    connection: &Connection,
    files: impl Iterator<Item = (&'a (Name, String, KnownFile), i64)>,
) -> rusqlite::Result<()> {
    let text = "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)";
    let mut put = connection.prepare_cached(text)?;
    for ((agent, path, known), id) in files {
        put.execute(params![
            &**agent,
            path,
            id,
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
            known.rewritten,
            known.unended.cast_signed(),
        ])?;
    }
    Ok(())
}

/// Notes that everything has been compared which files told before that were read again.
pub(crate) fn confirm(connection: &Connection, agent: &str, reader: u8) -> rusqlite::Result<()> {
    let text = "UPDATE files SET reader = ?1 WHERE agent = ?2 AND reader = ?3";
    connection.execute(text, params![reader, agent, KnownFile::PENDING]).map(drop)
}

/// The fact that says which number the last file got.
const LAST_FILE: &str = "last_file";

/// The numbers of files, in their order; those that have none yet get one. Where this process is `alone`
/// with the history, a file has the number that is known of it, if any.
pub(crate) fn numbers(
    connection: &Connection,
    files: &[(Name, String, KnownFile)],
    alone: bool,
) -> rusqlite::Result<Vec<i64>> {
    let last = fact(connection, LAST_FILE)?.and_then(|last| last.parse().ok());
    let first: i64 = last.unwrap_or(0);
    let mut last = first;
    let mut known =
        connection.prepare_cached("SELECT id FROM files WHERE agent = ?1 AND path = ?2")?;
    let number = |(agent, path, file): &(Name, String, KnownFile)| {
        let found = if alone {
            Some(file.id.cast_signed()).filter(|id| *id != 0)
        } else {
            known.query_row([&**agent, path.as_str()], |row| row.get(0)).optional()?
        };
        Ok(found.unwrap_or_else(|| {
            last += 1;
            last
        }))
    };
    let numbers = files.iter().map(number).collect::<rusqlite::Result<Vec<i64>>>()?;
    if last > first {
        set_fact(connection, LAST_FILE, &last.to_string())?;
    }
    Ok(numbers)
}

/// Forgets how far a file was read that is gone; what was read of it stays, and where.
pub(crate) fn forget(connection: &Connection, agent: &str, path: &str) -> rusqlite::Result<()> {
    let text = "INSERT OR REPLACE INTO gone_files SELECT id, path FROM files WHERE agent = ?1 AND path = ?2";
    connection.prepare_cached(text)?.execute([agent, path])?;
    let text = "DELETE FROM files WHERE agent = ?1 AND path = ?2";
    connection.prepare_cached(text)?.execute([agent, path])?;
    Ok(())
}
