//! Keeping the history whole: copies, comparing it with the logs, making it anew.

use crate::{Ledger, LedgerError};
use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::response::Key;
use claudometer_host::Files;
use claudometer_store::{Batch, Store, StoreError, Stored};
use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
};

/// Copies by day that are kept.
const KEPT: usize = 7;
/// Responses that are moved at a time.
const AT_ONCE: usize = 20_000;
/// Files that belong to a database, besides itself.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// The history's file, and the folder of its copies.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// The files.
    pub files: Files,
    /// The history.
    pub path: PathBuf,
    /// Folder of the copies.
    pub backups: PathBuf,
}

/// What comparing the history with the logs gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Faults that the database finds in itself.
    pub faults: Vec<String>,
    /// Responses that the logs tell.
    pub told: u64,
    /// Of these, responses that the history lacks.
    pub missing: u64,
    /// Of these, responses of which the history has less.
    pub different: u64,
    /// Responses that only the history has: their logs are gone.
    pub kept: u64,
}

impl Verdict {
    /// Whether nothing is wrong.
    pub const fn is_good(&self) -> bool {
        self.faults.is_empty() && self.missing == 0 && self.different == 0
    }
}

impl Shelf {
    /// The copy of a day.
    fn of_day(&self, day: NaiveDate) -> PathBuf {
        self.backups.join(format!("history-{day}.db"))
    }

    /// The copies that there are, the newest first.
    pub fn copies(&self) -> Vec<PathBuf> {
        let entries = self.files.list(&self.backups).into_iter().filter(|entry| !entry.is_folder);
        let is_copy = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("history-")
                && Path::new(name).extension().is_some_and(|end| end == "db")
        };
        let mut copies: Vec<PathBuf> = entries.map(|entry| entry.path).filter(is_copy).collect();
        copies.sort_unstable_by(|one, other| other.cmp(one));
        copies
    }

    /// Makes today's copy if there is none yet, and lets old ones go. `None` where there was one.
    pub fn back_up_daily(
        &self,
        store: &Store,
        today: NaiveDate,
    ) -> Result<Option<PathBuf>, LedgerError> {
        let path = self.of_day(today);
        if self.files.is_file(&path) {
            return Ok(None);
        }
        self.back_up(store, &path)?;
        for old in self.copies().into_iter().skip(KEPT) {
            self.files.remove(&old)?;
        }
        Ok(Some(path))
    }

    /// Copies the history to a file that does not exist yet. The copy is whole or not there.
    pub fn back_up(&self, store: &Store, to: &Path) -> Result<(), LedgerError> {
        let faults = store.faults()?;
        if let Some(fault) = faults.into_iter().next() {
            return Err(StoreError::Faulty(fault).into());
        }
        let unfinished = to.with_extension("db.new");
        self.files.remove(&unfinished)?;
        // The file exists before it is written, so that nobody else may read it from the first moment on.
        self.files.append_private(&unfinished, b"")?;
        store.copy_to(&unfinished)?;
        Ok(self.files.rename(&unfinished, to)?)
    }

    /// Puts a copy in the place of the history, which is set aside. Answers where.
    pub fn restore(&self, from: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, LedgerError> {
        let copy = Store::open(from)?;
        let unfinished = self.path.with_extension("db.new");
        self.files.remove(&unfinished)?;
        self.files.append_private(&unfinished, b"")?;
        copy.copy_to(&unfinished)?;
        copy.close()?;
        let aside = self.set_aside("replaced", now)?;
        self.files.rename(&unfinished, &self.path)?;
        Ok(aside)
    }

    /// Moves the history away with all that belongs to it; `None` where there is none.
    fn set_aside(&self, why: &str, now: DateTime<Utc>) -> Result<Option<PathBuf>, LedgerError> {
        if !self.files.is_file(&self.path) {
            return Ok(None);
        }
        let aside = self.path.with_extension(format!("{why}-{}.db", now.format("%Y%m%dT%H%M%S")));
        for suffix in BESIDE {
            let (from, to) = (beside(&self.path, suffix), beside(&aside, suffix));
            if self.files.is_file(&from) {
                self.files.rename(&from, &to)?;
            }
        }
        self.files.rename(&self.path, &aside)?;
        Ok(Some(aside))
    }

    /// Sets a damaged history aside and puts the newest sound copy in its place; the logs then tell what is missing. Answers
    /// where the damaged one is, and which copy was taken.
    pub fn mend(
        &self,
        now: DateTime<Utc>,
    ) -> Result<(Option<PathBuf>, Option<PathBuf>), LedgerError> {
        let aside = self.set_aside("damaged", now)?;
        for copy in self.copies() {
            match self.restore(&copy, now) {
                Ok(_) => return Ok((aside, Some(copy))),
                Err(error) => tracing::warn!(%error, "a copy of the history cannot be used either"),
            }
        }
        Ok((aside, None))
    }

    /// Makes the history anew from the logs, and takes over from the old one what the logs do not have any more.
    pub fn rebuild(
        &self,
        ledger: &Ledger<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<PathBuf>, LedgerError> {
        let unfinished = self.path.with_extension("db.new");
        for suffix in ["", "-wal", "-shm"] {
            self.files.remove(&beside(&unfinished, suffix))?;
        }
        self.files.append_private(&unfinished, b"")?;
        let mut anew = Store::open(&unfinished)?;
        let mut old = self.files.is_file(&self.path).then(|| Store::open(&self.path));
        if let Some(Ok(old)) = &old
            && let Ok(Some(before)) = old.pruned_before()
        {
            anew.keep_from(before)?;
        }
        ledger.ingest(&mut anew)?;
        let rescued = match &mut old {
            Some(Ok(old)) => take_over(ledger, old, &mut anew).err().map(|error| error.to_string()),
            Some(Err(error)) => Some(error.to_string()),
            None => None,
        };
        if let Some(error) = rescued {
            tracing::warn!(error, "not all of the old history could be read");
        }
        drop(old);
        anew.close()?;
        let aside = self.set_aside("replaced", now)?;
        self.files.rename(&unfinished, &self.path)?;
        Ok(aside)
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Adds to one store what only another has.
fn take_over(ledger: &Ledger<'_>, from: &mut Store, to: &mut Store) -> Result<(), LedgerError> {
    let mut known: HashSet<Key> = HashSet::new();
    to.responses(None, None, &mut |stored| {
        known.insert(stored.response.key);
    })?;
    let mut batches = vec![Batch::default()];
    let read = from.responses(None, None, &mut |stored: Stored| {
        if known.contains(&stored.response.key) {
            return;
        }
        if batches.last().is_some_and(|batch| batch.len() >= AT_ONCE) {
            batches.push(Batch::default());
        }
        if let Some(batch) = batches.last_mut() {
            ledger.add(batch, &stored.agent, &stored.device, &stored.response);
        }
    });
    // What was read before a fault counts too.
    for batch in batches {
        ledger.keep(to, batch)?;
    }
    Ok(read?)
}

/// Reads every log anew and compares.
pub fn verify(ledger: &Ledger<'_>, store: &mut Store) -> Result<Verdict, LedgerError> {
    let mut told = Store::in_memory()?;
    ledger.ingest(&mut told)?;
    let mut left: HashMap<Key, Stored> = HashMap::new();
    told.responses(None, None, &mut |stored| {
        left.insert(stored.response.key, stored);
    })?;
    let mut verdict =
        Verdict { faults: store.faults()?, told: left.len() as u64, ..Verdict::default() };
    store.responses(None, None, &mut |stored| match left.remove(&stored.response.key) {
        Some(log) if log.response.tokens.total() > stored.response.tokens.total() => {
            verdict.different += 1;
        }
        Some(_) => {}
        None => verdict.kept += 1,
    })?;
    verdict.missing = left.len() as u64;
    Ok(verdict)
}

impl From<io::Error> for LedgerError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}
