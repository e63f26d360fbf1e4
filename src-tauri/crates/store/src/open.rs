//! Opening the store, and bringing an older one up to date.

use crate::{batch::Fresh, names::Names};
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, config::DbConfig};
use std::{path::Path, time::Duration};

/// Steps from an empty file to the present form; each is taken once, in order.
const MIGRATIONS: &[&str] =
    &[include_str!("../migrations/0001.sql"), include_str!("../migrations/0002.sql")];
/// The fact that says from when on responses are kept.
const PRUNED: &str = "pruned_before";
/// How long one process waits for another's write to end.
const PATIENCE: Duration = Duration::from_secs(10);

const PAUSE: Duration = Duration::from_millis(5);
/// Pages that are written ahead before they are moved into the file: to read them takes less than a millisecond.
const MOST_AHEAD: u32 = 250;
/// The same while it is filled for the first time, when a page is written again and again.
pub(crate) const MOST_AHEAD_AT_FIRST: u32 = 16_000;
/// As many responses are more than what may lie beside the file.
const MUCH: usize = 5_000;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file is damaged, or is none of ours.
    #[error("the history file is damaged")]
    Damaged(#[source] rusqlite::Error),
    /// The database finds a fault in itself.
    #[error("the history file is damaged: {0}")]
    Faulty(String),
    /// A newer Claudometer made it.
    #[error("the history was written by a newer Claudometer (form {0}); update this one")]
    Newer(u32),
    /// No space is left.
    #[error("there is no space left for the history")]
    Full(#[source] rusqlite::Error),
    /// Another process writes and does not end.
    #[error("another Claudometer is writing the history and does not end")]
    Busy(#[source] rusqlite::Error),
    /// It cannot be written: the folder is closed, the disk is read only, or broken.
    #[error("the history cannot be written: {0}")]
    Unwritable(#[source] rusqlite::Error),
    /// Anything else.
    #[error("the history cannot be used: {0}")]
    Other(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(error),
            Some(ErrorCode::DiskFull) => Self::Full(error),
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::SystemIoFailure,
            ) => Self::Unwritable(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error),
            _ => Self::Other(error),
        }
    }
}

/// The history.
#[derive(Debug)]
pub struct Store {
    pub(crate) connection: Connection,
    pub(crate) names: Names,
    pub(crate) fresh: Option<Fresh>,
}

impl Store {
    /// Its tables.
    pub const TABLES: [&'static str; 6] =
        ["names", "responses", "days", "files", "gone_files", "facts"];
    /// Those that it had from the first form on.
    pub const FIRST_TABLES: [&'static str; 5] = ["names", "responses", "days", "files", "facts"];

    /// Opens the file, makes it where there is none, and brings it up to date.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::prepare(Connection::open(path)?)
    }

    /// A store that is forgotten with this process.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(PATIENCE)?;
        // A file that is empty yet has nothing to lose: the disk need not be waited for.
        let is_new = connection.pragma_query_value(None, "page_count", |row| row.get(0));
        connection.pragma_update(
            None,
            "synchronous",
            if is_new == Ok(0) { "OFF" } else { "NORMAL" },
        )?;
        write_ahead(&connection)?;
        connection.pragma_update(None, "temp_store", "MEMORY")?;
        // Who closes it last would move everything into the one file and wait for the disk, after each little change.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.pragma_update(None, "wal_autocheckpoint", MOST_AHEAD)?;
        connection.set_prepared_statement_cache_capacity(32);
        migrate(&mut connection)?;
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(Self { connection, names: Names::default(), fresh: None })
    }

    /// After a first reading of much everything goes into the one file: who opens it next need not read what lies beside.
    pub fn rest(&mut self) -> Result<(), StoreError> {
        let much = self.fresh.as_ref().is_some_and(|fresh| fresh.written.len() > MUCH);
        if much {
            self.gather()?;
        }
        Ok(())
    }

    fn gather(&self) -> rusqlite::Result<()> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// A fact about the store itself.
    pub fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(fact(&self.connection, name)?)
    }

    /// Notes a fact about the store itself.
    pub fn set_fact(&self, name: &str, value: &str) -> Result<(), StoreError> {
        Ok(set_fact(&self.connection, name, value)?)
    }

    /// How many responses it holds, repeated ones among them.
    pub fn len(&self) -> Result<u64, StoreError> {
        let count: i64 =
            self.connection.query_row("SELECT count(*) FROM responses", [], |row| row.get(0))?;
        Ok(count.unsigned_abs())
    }

    /// Whether it holds no response.
    pub fn is_empty(&self) -> Result<bool, StoreError> {
        let some: bool =
            self.connection
                .query_row("SELECT EXISTS (SELECT 1 FROM responses)", [], |row| row.get(0))?;
        Ok(!some)
    }

    /// Takes over all that another history holds, which is at an address as SQLite knows them, into this one, which holds
    /// nothing yet. An older one is brought up to date on the way.
    pub fn fill_from(&mut self, address: &str) -> Result<(), StoreError> {
        // Who has it alone needs no index in a file beside it, for which there may be no room.
        let alone = if address.ends_with("mode=rw") { "EXCLUSIVE" } else { "NORMAL" };
        self.connection.pragma_update(None, "locking_mode", alone)?;
        self.connection.execute("ATTACH ?1 AS other", [address])?;
        let filled = self.fill();
        self.names.forget();
        self.connection.execute("DETACH other", [])?;
        filled
    }

    fn fill(&mut self) -> Result<(), StoreError> {
        let change = self.connection.transaction()?;
        let version: u32 = change.query_row("PRAGMA other.user_version", [], |row| row.get(0))?;
        if version as usize > MIGRATIONS.len() {
            return Err(StoreError::Newer(version));
        }
        for table in Self::TABLES {
            let text = "SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info(?1, 'main') INTERSECT SELECT name FROM pragma_table_info(?1, 'other'))";
            let columns: Option<String> = change.query_row(text, [table], |row| row.get(0))?;
            let Some(columns) = columns else { continue };
            let text = format!(
                "INSERT OR REPLACE INTO main.{table} ({columns}) SELECT {columns} FROM other.{table}"
            );
            change.execute(&text, [])?;
        }
        Ok(change.commit()?)
    }

    /// Copies it into an empty file.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let path = path.to_str().ok_or(rusqlite::Error::InvalidPath(path.to_owned()))?;
        self.connection.execute("VACUUM INTO ?1", [path])?;
        Ok(())
    }

    /// Closes it with everything in the one file, and nothing beside it.
    pub fn close(self) -> Result<(), StoreError> {
        self.gather()?;
        self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(self.connection.close().map_err(|(_, error)| error)?)
    }

    /// Removes what was used before a time, and keeps out what is told of it from now on. Answers how many responses went.
    pub fn prune(&mut self, before: DateTime<Utc>, day: NaiveDate) -> Result<u64, StoreError> {
        let change =
            self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let bound = before.timestamp_millis();
        let gone = change.execute("DELETE FROM responses WHERE at < ?1", [bound])?;
        change.execute("DELETE FROM days WHERE day < ?1", [i64::from(day.to_epoch_days())])?;
        set_fact(&change, PRUNED, &bound.to_string())?;
        change.commit()?;
        self.fresh = None;
        Ok(gone as u64)
    }

    /// Keeps out what is told of the time before.
    pub fn keep_from(&self, before: DateTime<Utc>) -> Result<(), StoreError> {
        self.set_fact(PRUNED, &before.timestamp_millis().to_string())
    }

    /// The time before which nothing is kept, in UTC.
    pub fn pruned_before(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        Ok(pruned_before(&self.connection)?)
    }

    /// Every fault that the database finds in itself; none where it is sound.
    pub fn faults(&self) -> Result<Vec<String>, StoreError> {
        let mut query = self.connection.prepare("PRAGMA integrity_check")?;
        let told = query.query_map([], |row| row.get::<_, String>(0))?;
        let told: Vec<String> = told.collect::<Result<_, _>>()?;
        Ok(told.into_iter().filter(|fault| fault != "ok").collect())
    }
}

pub(crate) fn fact(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let mut query = connection.prepare_cached("SELECT value FROM facts WHERE name = ?1")?;
    query.query_row([name], |row| row.get(0)).optional()
}

pub(crate) fn pruned_before(connection: &Connection) -> rusqlite::Result<Option<DateTime<Utc>>> {
    let told = fact(connection, PRUNED)?.and_then(|millis| millis.parse().ok());
    Ok(told.and_then(DateTime::from_timestamp_millis))
}

pub(crate) fn set_fact(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let text = "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2";
    connection.prepare_cached(text)?.execute([name, value]).map(drop)
}

/// Has the database written ahead. While another process makes the file, this alone is refused at once instead of waiting,
/// whatever patience was set: two that wait for each other would do so for ever.
fn write_ahead(connection: &Connection) -> Result<(), StoreError> {
    let mut tries = PATIENCE.as_millis() / PAUSE.as_millis();
    loop {
        let done = connection.execute_batch("PRAGMA journal_mode = WAL");
        match done.map_err(StoreError::from) {
            Err(StoreError::Busy(_)) if tries > 0 => {
                tries -= 1;
                std::thread::sleep(PAUSE);
            }
            other => return other,
        }
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let version = |connection: &Connection| {
        connection.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))
    };
    if version(connection)? as usize == MIGRATIONS.len() {
        return Ok(());
    }
    // Another process may be doing the same: who comes second finds it done.
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let found = version(&change)?;
    let missing = MIGRATIONS.get(found as usize..).ok_or(StoreError::Newer(found))?;
    for step in missing {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    change.commit()?;
    Ok(())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a database is a real file")]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_something_else_or_of_a_newer_program_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let text = "no database, but a text that is long enough to be taken for one".repeat(20);
        std::fs::write(&path, &text).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Damaged(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        let newer = folder.path().join("newer.db");
        Connection::open(&newer).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Store::open(&newer), Err(StoreError::Newer(99))));
    }

    #[test]
    fn a_little_change_stays_beside_the_file_and_what_closes_for_good_leaves_only_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let files = std::fs::read_dir(folder.path()).unwrap();
            let mut names: Vec<_> =
                files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
            names.sort_unstable();
            names
        };
        let path = folder.path().join("history.db");
        Store::open(&path).unwrap().set_fact("zone", "UTC").unwrap();
        assert_eq!(names(), ["history.db", "history.db-shm", "history.db-wal"]);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.fact("zone").unwrap().as_deref(), Some("UTC"));
        store.close().unwrap();
        assert_eq!(names(), ["history.db"]);
        assert_eq!(Store::open(&path).unwrap().fact("zone").unwrap().as_deref(), Some("UTC"));
    }

    #[test]
    fn many_that_open_a_new_one_at_once_all_get_it() {
        let folder = tempfile::tempdir().unwrap();
        for round in 0..30 {
            let path = folder.path().join(format!("{round}.db"));
            let open = || Store::open(&path).map(drop);
            let opened: Vec<_> = std::thread::scope(|scope| {
                let all: Vec<_> = (0..6).map(|_| scope.spawn(open)).collect();
                all.into_iter().map(|one| one.join().unwrap()).collect()
            });
            assert!(opened.iter().all(Result::is_ok), "{opened:?}");
        }
    }

    #[test]
    fn facts_are_kept_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        Store::open(&path).unwrap().set_fact("zone", "UTC").unwrap();
        let store = Store::open(&path).unwrap();
        assert_eq!(store.fact("zone").unwrap().as_deref(), Some("UTC"));
        assert_eq!(store.fact("other").unwrap(), None);
        assert_eq!(store.faults().unwrap(), Vec::<String>::new());
        assert!(store.is_empty().unwrap());
    }
}
