//! Databases of other programs: read and never written.
//!
//! A database whose program is running has its newest rows in the file `-wal`, with an index in `-shm`. Opening such a
//! one must leave no file behind, so it is read in place only where both are there, else from a copy.

use crate::Files;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, types::ValueRef};
use std::{
    fmt::Write as _,
    io,
    path::{Path, PathBuf},
};

impl Files {
    /// The text under `key` in a table of keys and values; `None` where there is no such file, table or key. In a
    /// memory tree a database is a JSON object.
    pub fn database_value(
        &self,
        database: &Path,
        table: &'static str,
        key: &str,
    ) -> io::Result<Option<String>> {
        if !self.is_disk() {
            let text = self.read_text(database)?.unwrap_or_default();
            let object: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
            return Ok(object[key].as_str().map(str::to_owned));
        }
        let mut found = None;
        self.database(database, &mut |opened| {
            found = opened.value(table, key)?;
            Ok(())
        })?;
        Ok(found)
    }

    /// Opens another program's database, as it is now, its newest rows included, and leaves nothing behind. Nothing is
    /// called where there is no such file.
    pub fn database(
        &self,
        path: &Path,
        read: &mut dyn FnMut(&Database) -> io::Result<()>,
    ) -> io::Result<()> {
        match self.readable(path)? {
            Some(readable) => read(&Database::open(readable.address())?),
            None => Ok(()),
        }
    }

    /// How a database can be read as it is now, its newest rows included, without leaving anything behind; `None` where
    /// there is no such file.
    pub fn readable(&self, path: &Path) -> io::Result<Option<Readable>> {
        if !self.is_disk() || !self.is_file(path) {
            return Ok(None);
        }
        let in_place = |choice: &str| Readable { address: address(path, choice), copy: None };
        match way_in(self, path) {
            Way::Alone => Ok(Some(in_place("immutable=1"))),
            Way::Shared => {
                let shared = in_place("mode=ro");
                // On a disk that cannot be written the index of the newest rows may be of no use.
                let is_readable = Database::open(shared.address()).and_then(|it| it.parts());
                Ok(Some(if is_readable.is_ok() { shared } else { copied(path)? }))
            }
            Way::Copy => copied(path).map(Some),
        }
    }

    /// How a database of ours is read by whoever has it alone: nothing is written beside it then.
    pub fn readable_alone(&self, path: &Path) -> Option<Readable> {
        let is_there = self.is_disk() && self.is_file(path);
        is_there.then(|| Readable { address: address(path, "mode=rw"), copy: None })
    }
}

fn copied(path: &Path) -> io::Result<Readable> {
    let folder = tempfile::tempdir()?;
    let copy = folder.path().join("copy.db");
    fs_err::copy(path, &copy)?;
    fs_err::copy(beside(path, "-wal"), beside(&copy, "-wal"))?;
    Ok(Readable { address: address(&copy, "mode=rw"), copy: Some(folder) })
}

/// A database that can be read, for as long as this is held.
#[derive(Debug)]
pub struct Readable {
    address: String,
    #[expect(dead_code, reason = "the copy lives as long as this")]
    copy: Option<tempfile::TempDir>,
}

impl Readable {
    /// Its address, as SQLite opens it.
    pub fn address(&self) -> &str {
        &self.address
    }
}

/// Another program's database, which is only read.
#[derive(Debug)]
pub struct Database(Connection);

/// A row of an answer.
#[derive(Debug)]
pub struct Row<'a>(&'a rusqlite::Row<'a>);

impl Row<'_> {
    /// A column as text; `None` where it is empty or something else.
    pub fn text(&self, column: usize) -> Option<String> {
        text(self.0.get_ref(column).ok()?)
    }

    /// A column as bytes, text among them.
    pub fn bytes(&self, column: usize) -> Option<&[u8]> {
        self.0.get_ref(column).ok()?.as_bytes_or_null().ok()?
    }

    /// A column as a whole number; one with a point is cut.
    pub fn integer(&self, column: usize) -> Option<i64> {
        match self.0.get_ref(column).ok()? {
            ValueRef::Integer(number) => Some(number),
            ValueRef::Real(number) => Some(number as i64),
            ValueRef::Text(text) => std::str::from_utf8(text).ok()?.parse().ok(),
            ValueRef::Null | ValueRef::Blob(_) => None,
        }
    }

    /// A column as a number.
    pub fn number(&self, column: usize) -> Option<f64> {
        match self.0.get_ref(column).ok()? {
            ValueRef::Integer(number) => Some(number as f64),
            ValueRef::Real(number) => Some(number),
            ValueRef::Null | ValueRef::Blob(_) | ValueRef::Text(_) => None,
        }
    }
}

impl Database {
    fn open(address: &str) -> io::Result<Self> {
        let write = address.ends_with("mode=rw");
        let access = if write {
            OpenFlags::SQLITE_OPEN_READ_WRITE
        } else {
            OpenFlags::SQLITE_OPEN_READ_ONLY
        };
        let connection = Connection::open_with_flags(address, access | OpenFlags::SQLITE_OPEN_URI)
            .map_err(failed)?;
        connection.busy_timeout(std::time::Duration::from_millis(500)).map_err(failed)?;
        Ok(Self(connection))
    }

    /// Columns of a table; none where there is no such table.
    pub fn columns(&self, table: &str) -> io::Result<Vec<String>> {
        let mut query = self.0.prepare("SELECT name FROM pragma_table_info(?1)").map_err(failed)?;
        let names = query.query_map([table], |row| row.get(0)).map_err(failed)?;
        names.collect::<Result<_, _>>().map_err(failed)
    }

    /// The kinds and names of everything that the database is made of, but what it made itself.
    pub fn parts(&self) -> io::Result<Vec<(String, String)>> {
        let text =
            "SELECT type, name FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";
        let mut query = self.0.prepare(text).map_err(failed)?;
        let parts = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(failed)?;
        parts.collect::<Result<_, _>>().map_err(failed)
    }

    /// Copies it into a file that is empty or not there, as it is now.
    pub fn copy_to(&self, path: &Path) -> io::Result<()> {
        let path = path.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
        self.0.execute("VACUUM INTO ?1", [path]).map(drop).map_err(failed)
    }

    /// Calls `each` with every row that a query answers.
    pub fn rows(
        &self,
        query: &str,
        parameters: &[i64],
        each: &mut dyn FnMut(&Row<'_>),
    ) -> io::Result<()> {
        let mut query = self.0.prepare(query).map_err(failed)?;
        let mut rows = query.query(rusqlite::params_from_iter(parameters)).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            each(&Row(row));
        }
        Ok(())
    }

    fn value(&self, table: &str, key: &str) -> io::Result<Option<String>> {
        let query = format!("SELECT value FROM {table} WHERE key = ?1");
        let found = self.0.prepare(&query).and_then(|mut query| {
            query.query_row([key], |row| Ok(text(row.get_ref(0)?))).optional()
        });
        match found {
            Ok(found) => Ok(found.flatten()),
            // Another kind of database has no such table.
            Err(rusqlite::Error::SqliteFailure(_, Some(why))) if why.contains("no such table") => {
                Ok(None)
            }
            Err(error) => Err(failed(error)),
        }
    }
}

/// How a database can be read without leaving anything behind.
enum Way {
    /// Nobody writes to it.
    Alone,
    /// Together with the program that writes to it.
    Shared,
    /// Its program ended without tidying up.
    Copy,
}

fn way_in(files: &Files, database: &Path) -> Way {
    let there = |suffix| files.entry(&beside(database, suffix)).filter(|entry| !entry.is_folder);
    match (there("-wal"), there("-shm")) {
        (Some(wal), _) if wal.size == 0 => Way::Alone,
        (None, _) => Way::Alone,
        (Some(_), Some(_)) => Way::Shared,
        (Some(_), None) => Way::Copy,
    }
}

fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The file as an address, with everything escaped that means something in one.
fn address(database: &Path, choice: &str) -> String {
    let mut text = String::from("file:");
    for byte in database.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                text.push(char::from(*byte));
            }
            other => {
                write!(text, "%{other:02X}").ok(); // writing to a String cannot fail
            }
        }
    }
    format!("{text}?{choice}")
}

/// Values are text or bytes, and bytes are UTF-8 or, from some systems, UTF-16.
fn text(value: ValueRef<'_>) -> Option<String> {
    let bytes = value.as_bytes_or_null().ok()??;
    let wide = bytes.len() >= 2 && bytes.len().is_multiple_of(2) && bytes[1] == 0;
    if wide {
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
        return String::from_utf16(&units).ok();
    }
    String::from_utf8(bytes.to_vec()).ok()
}

/// The error, as a kind that a caller can act on: what is damaged or no database is [`io::ErrorKind::InvalidData`].
fn failed(error: rusqlite::Error) -> io::Error {
    use rusqlite::ErrorCode;
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => io::ErrorKind::InvalidData,
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull,
        Some(ErrorCode::ReadOnly) => io::ErrorKind::ReadOnlyFilesystem,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            io::ErrorKind::PermissionDenied
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => io::ErrorKind::ResourceBusy,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "ItemTable";

    fn database(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE ItemTable (key TEXT UNIQUE, value BLOB)")
            .unwrap();
        connection
    }

    fn put(connection: &Connection, key: &str, value: impl rusqlite::ToSql) {
        connection
            .execute(
                "INSERT OR REPLACE INTO ItemTable VALUES (?1, ?2)",
                rusqlite::params![key, value],
            )
            .unwrap();
    }

    fn names(folder: &Path) -> Vec<String> {
        let all = fs_err::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            all.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_newest_rows_of_a_running_program_are_seen_and_nothing_is_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a state?.vscdb");
        let files = Files::disk();
        assert_eq!(files.database_value(&path, TABLE, "k").unwrap(), None, "no file");
        let program = database(&path);
        put(&program, "k", "first");
        put(&program, "k", "second");
        put(&program, "wide", "zwei".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
        let before = names(folder.path());
        let read = |key: &str| files.database_value(&path, TABLE, key).unwrap();
        assert_eq!(read("k").as_deref(), Some("second"), "it is in the -wal file only");
        assert_eq!(read("wide").as_deref(), Some("zwei"));
        assert_eq!(read("missing"), None);
        assert_eq!(names(folder.path()), before);

        // The program was killed: its -wal stays, its -shm is gone.
        let dead = tempfile::tempdir().unwrap();
        let copy = dead.path().join("state.vscdb");
        fs_err::copy(&path, &copy).unwrap();
        fs_err::copy(beside(&path, "-wal"), beside(&copy, "-wal")).unwrap();
        assert_eq!(files.database_value(&copy, TABLE, "k").unwrap().as_deref(), Some("second"));
        assert_eq!(names(dead.path()), ["state.vscdb", "state.vscdb-wal"]);

        drop(program);
        assert_eq!(read("k").as_deref(), Some("second"), "and after it has tidied up");
        assert_eq!(names(folder.path()), ["a state?.vscdb"]);
    }

    #[test]
    fn what_is_no_such_database_is_an_error_or_nothing_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("other.db");
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        assert_eq!(Files::disk().database_value(&path, TABLE, "k").unwrap(), None);
        fs_err::write(&path, "no database at all, but a text that is long enough").unwrap();
        assert!(Files::disk().database_value(&path, TABLE, "k").is_err());
    }
}
