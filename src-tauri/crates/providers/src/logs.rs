//! Logs that are read the plain way: a record, or a document, at a time, as JSON whose fields are looked up by name.

pub(crate) mod continued;
pub(crate) mod database;
pub(crate) mod goose;
pub(crate) mod pi;
pub(crate) mod qwen;

use chrono::{DateTime, Utc};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Name, Reader},
};
use claudometer_host::{Host, sqlite::Database};
use claudometer_scan::{
    Count, Form, LogFile, LogSource, Needles, Reading, Taken,
    lenient::{Decimal, Instant},
    parse,
};
use database::Read;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// A log and how a piece of it is read.
#[derive(Debug)]
pub(crate) struct PlainLog {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    /// Which reader of it this is.
    pub(crate) reader: Reader,
    /// Folders that hold it.
    pub(crate) places: fn(&Host) -> Vec<PathBuf>,
    /// What a file in them is.
    pub(crate) form: fn(&Path) -> Option<Form>,
    /// What a line must hold to be worth reading.
    pub(crate) needles: LazyLock<Needles>,
    /// Takes one record, or the one document.
    pub(crate) take: fn(&mut Page<'_>, u64, &Value),
    /// Takes the rows of a database after those that were read, where there is one.
    pub(crate) rows: Option<ReadRows>,
}

/// Takes the rows of a database after those that were read.
pub(crate) type ReadRows = fn(&Database, &mut Page<'_>) -> io::Result<()>;

/// What was told earlier in the same file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) session: Option<String>,
    pub(crate) project: Option<String>,
    pub(crate) branch: Option<String>,
    pub(crate) model: Option<String>,
    /// Counters that go on from record to record, by model.
    pub(crate) counters: BTreeMap<String, Tokens>,
    /// What the person calls a model, and what it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) aliases: BTreeMap<String, String>,
    /// How far each table was read.
    #[serde(default)]
    pub(crate) read: Read,
}

/// A file while it is read.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) file: LogFile<'a>,
    pub(crate) known: Known,
    pub(crate) taken: Taken,
    log: &'a PlainLog,
}

impl LogSource for PlainLog {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn reader(&self) -> Reader {
        self.reader
    }

    fn places(&self, host: &Host) -> Vec<PathBuf> {
        (self.places)(host)
    }

    fn form(&self, path: &Path) -> Option<Form> {
        (self.form)(path)
    }

    fn needles(&self) -> &Needles {
        &self.needles
    }

    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a> {
        let known = state.and_then(|state| serde_json::from_slice(state).ok()).unwrap_or_default();
        Box::new(Page { file, known, taken: Taken::default(), log: self })
    }
}

impl Reading for Page<'_> {
    fn line(&mut self, offset: u64, line: &[u8]) {
        let mut scratch = String::new();
        match parse::<Value>(line, &mut scratch) {
            Some(record) => (self.log.take)(self, offset, &record),
            None => self.taken.malformed += 1,
        }
    }

    fn whole(&mut self, document: &[u8]) {
        match serde_json::from_str::<Value>(&String::from_utf8_lossy(document)) {
            Ok(document) => (self.log.take)(self, 0, &document),
            Err(_) => self.taken.malformed += u64::from(!document.trim_ascii().is_empty()),
        }
    }

    fn database(&mut self) -> io::Result<()> {
        let Some(rows) = self.log.rows else { return Ok(()) };
        let (files, path) = (self.file.host.files.clone(), &self.file.leaf.path);
        files.database(path, &mut |database| rows(database, self))
    }

    fn state(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.known).ok()
    }

    fn memory(&self) -> Option<Vec<u8>> {
        (!self.known.counters.is_empty()).then(|| self.state())?
    }

    fn finish(self: Box<Self>) -> Taken {
        self.taken
    }
}

impl Page<'_> {
    /// The session: what the file told, else its name.
    pub(crate) fn session(&self) -> Name {
        self.known.session.as_deref().unwrap_or(self.file.stem()).into()
    }

    /// The folder that was worked in.
    pub(crate) fn project(&self) -> Name {
        self.known.project.as_deref().unwrap_or_default().into()
    }

    /// Keeps what a record says of what comes after it; what it does not say stays.
    pub(crate) fn note(&mut self, session: &Value, project: &Value, branch: &Value) {
        for (known, told) in [
            (&mut self.known.session, session),
            (&mut self.known.project, project),
            (&mut self.known.branch, branch),
        ] {
            if let Some(text) = text(told) {
                *known = Some(text.to_owned());
            }
        }
    }

    /// Adds a response, with what the file told; one without a time belongs to no day.
    pub(crate) fn add(
        &mut self,
        at: Option<DateTime<Utc>>,
        respond: impl FnOnce(&Self, DateTime<Utc>) -> Response,
    ) {
        match at {
            None => self.taken.undated += 1,
            Some(at) => {
                let branch = self.known.branch.as_deref().unwrap_or_default().into();
                let response = Response {
                    session: self.session(),
                    project: self.project(),
                    branch,
                    ..respond(self, at)
                };
                self.taken.add(response);
            }
        }
    }
}

/// A text that is not empty.
pub(crate) fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// A counter; what is none is 0.
pub(crate) fn count(value: &Value) -> u64 {
    Count::deserialize(value).map_or(0, |count| count.0)
}

/// A time in any form that logs use.
pub(crate) fn time(value: &Value) -> Option<DateTime<Utc>> {
    Instant::deserialize(value).ok()?.0
}

/// US dollars; `None` where nothing is said.
pub(crate) fn dollars(value: &Value) -> Option<Amount> {
    Decimal::deserialize(value).ok()?.0
}

/// The model, or that nobody named it.
pub(crate) fn model(value: &Value) -> Name {
    text(value).unwrap_or("unknown").into()
}

/// Tokens of a prompt whose counter has what was cached in it.
pub(crate) const fn inclusive(input: u64, output: u64, read: u64, written: u64) -> Tokens {
    Tokens {
        input: input.saturating_sub(read).saturating_sub(written),
        output,
        reasoning: 0,
        cache_read: read,
        cache_write_5m: written,
        cache_write_1h: 0,
    }
}

/// Tokens of a prompt whose counters stand side by side.
pub(crate) const fn disjoint(input: u64, output: u64, read: u64, written: u64) -> Tokens {
    Tokens {
        input,
        output,
        reasoning: 0,
        cache_read: read,
        cache_write_5m: written,
        cache_write_1h: 0,
    }
}

/// Whether a path ends like this.
pub(crate) fn ends(path: &Path, end: &str) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(end))
}

/// The folder that a variable names, else one below the home folder.
pub(crate) fn folder(host: &Host, variable: &str, below: &str) -> PathBuf {
    host.env.get(variable).map_or_else(|| host.home().join(below), PathBuf::from)
}

#[cfg(test)]
mod tests;
