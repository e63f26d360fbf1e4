//! Logs that are tables of a database, of which only the rows that are new are read.

use claudometer_core::response::Reader;
use claudometer_host::{Host, sqlite::Database};
use claudometer_scan::{Form, LogFile, LogSource, Needles, Reading, Taken};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

static ALL: Needles = Needles::ALL;

/// A log in databases, and how it is read.
#[derive(Debug)]
pub(crate) struct DatabaseLog {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// The files, or folders that hold them.
    pub(crate) places: fn(&Host) -> Vec<PathBuf>,
    /// What such a file is called.
    pub(crate) file: &'static str,
    /// Takes the rows after those that were read.
    pub(crate) read: fn(&Database, &mut Read, &mut Taken) -> io::Result<()>,
}

/// How far each table was read, in a number that grows with its rows: an id, or a time.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Read(BTreeMap<String, i64>);

impl Read {
    /// How far this one was read; 0 where not at all.
    pub(crate) fn of(&self, table: &str) -> i64 {
        self.0.get(table).copied().unwrap_or(0)
    }

    /// Says that it was read so far.
    pub(crate) fn reach(&mut self, table: &str, so_far: i64) {
        let known = self.0.entry(table.to_owned()).or_default();
        *known = so_far.max(*known);
    }
}

struct Tables<'a> {
    log: &'a DatabaseLog,
    file: LogFile<'a>,
    read: Read,
    taken: Taken,
}

impl LogSource for DatabaseLog {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn reader(&self) -> Reader {
        Reader::SECOND
    }

    fn places(&self, host: &Host) -> Vec<PathBuf> {
        (self.places)(host)
    }

    fn form(&self, path: &Path) -> Option<Form> {
        (path.file_name()? == self.file).then_some(Form::Database)
    }

    fn needles(&self) -> &Needles {
        &ALL
    }

    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a> {
        let read = state.and_then(|state| serde_json::from_slice(state).ok()).unwrap_or_default();
        Box::new(Tables { log: self, file, read, taken: Taken::default() })
    }
}

impl Reading for Tables<'_> {
    fn database(&mut self) -> io::Result<()> {
        let files = self.file.host.files.clone();
        let (read, taken) = (&mut self.read, &mut self.taken);
        files.database(&self.file.leaf.path, &mut |database| (self.log.read)(database, read, taken))
    }

    fn state(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.read).ok()
    }

    fn finish(self: Box<Self>) -> Taken {
        self.taken
    }
}

/// A column that older or newer versions of a table lack, as NULL there.
pub(crate) fn column(columns: &[String], table: &str, name: &str) -> String {
    if columns.iter().any(|column| column == name) {
        format!("{table}.{name}")
    } else {
        "NULL".into()
    }
}

#[cfg(test)]
mod tests;
