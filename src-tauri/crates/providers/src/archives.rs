//! Other programs' histories of assistants' logs.

pub(crate) mod ccusage;
pub(crate) mod goblin;
pub(crate) mod tokentop;

use crate::logs::time;
use chrono::{DateTime, Utc};
use claudometer_core::{Response, response::Key};
use claudometer_host::{Files, sqlite::Row};
use claudometer_scan::{Archive, Notes, Written};
use serde_json::Value;
use std::{
    io::{self, BufReader, Read as _},
    path::Path,
};

static ARCHIVES: &[&dyn Archive] = &[&goblin::Goblin, &tokentop::Tokentop, &ccusage::Ccusage];
/// How a database begins.
const DATABASE: &[u8] = b"SQLite format 3\0";

/// What another program noted in a file; `None` where it is that of none that is known.
pub fn archived(files: &Files, path: &Path) -> io::Result<Option<Notes>> {
    let mut first = Vec::new();
    if let Some(stream) = files.stream(path, 0)? {
        stream.take(DATABASE.len() as u64).read_to_end(&mut first)?;
    }
    if first == DATABASE {
        let mut notes = None;
        files.database(path, &mut |database| {
            notes = noted(Written::Database(database))?;
            Ok(())
        })?;
        return Ok(notes);
    }
    let Some(stream) = files.stream(path, 0)? else { return Ok(None) };
    match serde_json::from_reader::<_, Value>(BufReader::new(stream)) {
        Ok(document) => noted(Written::Document(&document)),
        Err(error) if error.is_io() => Err(error.into()),
        // Lines of JSON, and everything else, are no document.
        Err(_) => Ok(None),
    }
}

fn noted(written: Written<'_>) -> io::Result<Option<Notes>> {
    for archive in ARCHIVES {
        if let Some(notes) = archive.read(written)? {
            return Ok(Some(notes));
        }
    }
    Ok(None)
}

/// The key of what has none: whoever takes it in makes one.
const NO_KEY: Key = Key { message: 0, request: 0 };

fn response(at: DateTime<Utc>) -> Response {
    Response::new(NO_KEY, at)
}

fn count(row: &Row<'_>, column: usize) -> u64 {
    row.integer(column).and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

/// A time in a column, as text or as a number.
fn moment(row: &Row<'_>, column: usize) -> Option<DateTime<Utc>> {
    let told = match row.number(column) {
        Some(number) => number.into(),
        None => row.text(column)?.into(),
    };
    time(&told)
}

/// A response of which only the day is known.
fn of_a_day() -> Response {
    response(DateTime::UNIX_EPOCH)
}
