//! Keeping the history whole: copies, and another one in the place of one that is damaged or wrong.

use crate::{
    Ledger, LedgerError,
    shelf::{Alone, Shelf},
};
use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::Response;
use claudometer_host::Files;
use claudometer_store::{Batch, Store, StoreError, Stored};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Copies by day that are kept.
const KEPT: usize = 7;
/// Responses that are moved at a time.
const AT_ONCE: usize = 20_000;

/// What was done about a damaged history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// Where the damaged one is kept.
    pub aside: Option<PathBuf>,
    /// The copy that took its place; `None` where there was none that could be used.
    pub copy: Option<PathBuf>,
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
            if self.holds_no_more(&old, store)? {
                self.files.remove(&old)?;
            }
        }
        Ok(Some(path))
    }

    /// Whether an old copy holds nothing that the history lost other than by a person's wish. One that cannot be read
    /// holds nothing.
    fn holds_no_more(&self, old: &Path, store: &Store) -> Result<bool, LedgerError> {
        let mut count = None;
        let before = store.pruned_before()?.map_or(i64::MIN, |before| before.timestamp_millis());
        let read = self.files.database(old, &mut |database| {
            let text = "SELECT count(*) FROM responses WHERE at >= ?1";
            database.rows(text, &[before], &mut |row| count = row.integer(0))
        });
        if let Err(error) = read {
            tracing::debug!(%error, "an old copy of the history cannot be read");
            return Ok(true);
        }
        Ok(count.is_none_or(|count| count.unsigned_abs() <= store.len().unwrap_or(0)))
    }

    /// Copies the history to a file that does not exist yet. The copy is whole or not there.
    pub fn back_up(&self, store: &Store, to: &Path) -> Result<(), LedgerError> {
        if let Some(fault) = store.faults()?.into_iter().next() {
            return Err(StoreError::Faulty(fault).into());
        }
        let unfinished = to.with_extension("db.new");
        self.files.remove(&unfinished)?;
        // The file exists before it is written, so that nobody else may read it from the first moment on.
        self.files.append_private(&unfinished, b"")?;
        let copied = store.copy_to(&unfinished).map_err(LedgerError::from);
        let kept = copied.and_then(|()| {
            self.files.sync(&unfinished)?;
            Ok(self.files.rename(&unfinished, to)?)
        });
        if kept.is_err() {
            self.files.remove(&unfinished).ok(); // the first error is the one that is told
        }
        kept
    }

    /// Puts a copy in the place of the history, which is set aside. Answers where. What is no history of ours is refused, and
    /// left as it is.
    pub fn restore(&self, from: &Path, now: DateTime<Utc>) -> Result<Option<PathBuf>, LedgerError> {
        let alone = self.alone()?;
        let copy = self.copy_of(&alone, from)?;
        self.exchange(&alone, copy, "replaced", now)
    }

    /// A copy of a history, prepared to take the place of this one.
    fn copy_of(&self, alone: &Alone, from: &Path) -> Result<Store, LedgerError> {
        let prepared = self.prepare(alone)?;
        let copied = copied(&self.files, from, &prepared);
        if copied.is_err() {
            self.files.remove(&prepared)?;
        }
        copied
    }

    /// Puts the newest sound copy in the place of a damaged history, which is set aside; the logs then tell what is missing.
    /// Answers where the damaged one is, and which copy was taken; `None` where another process has mended it meanwhile.
    pub fn mend(&self, now: DateTime<Utc>) -> Result<Option<Mended>, LedgerError> {
        let alone = self.alone()?;
        match Store::open(&self.path).and_then(|store| store.faults()) {
            Ok(faults) if faults.is_empty() => return Ok(None),
            Ok(_) | Err(StoreError::Damaged(_) | StoreError::Faulty(_)) => {}
            Err(error) => return Err(error.into()),
        }
        for copy in self.copies() {
            match self.copy_of(&alone, &copy) {
                Ok(sound) => {
                    let aside = self.exchange(&alone, sound, "damaged", now)?;
                    return Ok(Some(Mended { aside, copy: Some(copy) }));
                }
                Err(error) if error.is_damage() || matches!(error, LedgerError::Foreign) => {
                    tracing::warn!(%error, "a copy of the history cannot be used either");
                }
                Err(error) => return Err(error),
            }
        }
        let empty = Store::open(&self.prepare(&alone)?)?;
        Ok(Some(Mended { aside: self.exchange(&alone, empty, "damaged", now)?, copy: None }))
    }

    /// Makes the history anew: every log that is there is read again and replaces what it told before; what the logs do not
    /// have any more is taken over. Answers where the one before is kept.
    pub fn rebuild(
        &self,
        ledger: &Ledger<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<PathBuf>, LedgerError> {
        let alone = self.alone()?;
        let mut anew = Store::open(&self.prepare(&alone)?)?;
        if !self.take_over(ledger, &mut anew)? {
            // What can be read of a damaged one has been taken over; the newest copy knows what cannot.
            tracing::warn!("the old history is damaged, and not all of it could be read");
            self.take_over_from_copy(ledger, &mut anew)?;
        }
        anew.read_again()?;
        ledger.ingest(&mut anew)?;
        self.exchange(&alone, anew, "replaced", now)
    }

    /// Takes over all that the history holds; of a damaged one what can be read. Answers whether it was all.
    fn take_over(&self, ledger: &Ledger<'_>, anew: &mut Store) -> Result<bool, LedgerError> {
        if !self.files.is_file(&self.path) {
            return Ok(true);
        }
        // With everything in one file it can be read as it is.
        let whole = Store::open(&self.path).and_then(Store::close).map_err(LedgerError::from);
        match whole.and_then(|()| fill(&self.files, anew, &self.path)) {
            Ok(()) => Ok(true),
            Err(error) if error.is_damage() => {
                self.rescue(ledger, anew)?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Takes over what can be read of a damaged history.
    fn rescue(&self, ledger: &Ledger<'_>, anew: &mut Store) -> Result<(), LedgerError> {
        let mut old = match Store::open(&self.path).map_err(LedgerError::from) {
            Err(error) if error.is_damage() => return Ok(()),
            old => old?,
        };
        if let Ok(Some(before)) = old.pruned_before() {
            anew.keep_from(before)?;
        }
        match add(ledger, &mut old, anew) {
            Err(error) if error.is_damage() => Ok(()),
            added => added,
        }
    }

    fn take_over_from_copy(
        &self,
        ledger: &Ledger<'_>,
        anew: &mut Store,
    ) -> Result<(), LedgerError> {
        for copy in self.copies() {
            let mut sound = Store::in_memory()?;
            if fill(&self.files, &mut sound, &copy).is_ok() {
                return add(ledger, &mut sound, anew);
            }
        }
        Ok(())
    }
}

/// Copies a history of ours into an empty file, and opens that.
fn copied(files: &Files, from: &Path, to: &Path) -> Result<Store, LedgerError> {
    let mut is_ours = false;
    let read = files.database(from, &mut |database| {
        is_ours = is_history(&database.parts()?);
        if is_ours { database.copy_to(to) } else { Ok(()) }
    });
    match read {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            tracing::debug!(%error, "no database that can be read");
            return Err(LedgerError::Foreign);
        }
        read => read?,
    }
    if !is_ours {
        return Err(LedgerError::Foreign);
    }
    let copy = Store::open(to)?;
    match copy.faults()?.into_iter().next() {
        Some(fault) => Err(StoreError::Faulty(fault).into()),
        None => Ok(copy),
    }
}

/// Whether a database is made of the parts of a history, and of nothing that would do something by itself.
fn is_history(parts: &[(String, String)]) -> bool {
    let has =
        |kind: &str, name: &str| parts.iter().any(|(is, called)| is == kind && called == name);
    let is_harmless = parts.iter().all(|(kind, _)| kind == "table" || kind == "index");
    is_harmless && Store::FIRST_TABLES.iter().all(|table| has("table", table))
}

fn fill(files: &Files, store: &mut Store, from: &Path) -> Result<(), LedgerError> {
    match files.readable(from)? {
        Some(readable) => Ok(store.fill_from(readable.address())?),
        None => Ok(()),
    }
}

/// The path of a file that belongs to a database, besides itself.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Adds to one history what another holds, as far as that can be read.
fn add(ledger: &Ledger<'_>, from: &mut Store, to: &mut Store) -> Result<(), LedgerError> {
    let mut batches = vec![Batch::default()];
    let read = from.responses(None, None, &mut |stored: Stored| {
        if batches.last().is_some_and(|batch| batch.len() >= AT_ONCE) {
            batches.push(Batch::default());
        }
        if let Some(batch) = batches.last_mut() {
            // The number of its file is one of the other history.
            let response = Response { source: 0, ..stored.response };
            ledger.add(batch, &stored.agent, &stored.device, &response);
        }
    });
    // What was read before a fault counts too.
    for batch in batches {
        ledger.keep(to, batch)?;
    }
    Ok(read?)
}

impl From<io::Error> for LedgerError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}
