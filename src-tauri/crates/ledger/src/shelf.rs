//! The history's file: how it is opened, and how another one takes its place without anything being lost.
//!
//! Who opens the history shares a lock for as long as it is open; who puts another file in its place holds that lock alone.
//! So no reader ever has one file open beside the newest rows of another. A file is prepared wholly, and takes the name in one
//! step.

use crate::{LedgerError, beside};
use chrono::{DateTime, Utc};
use claudometer_host::{Files, lock::Lock};
use claudometer_store::{Store, StoreError};
use std::{
    io,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a process waits for another that puts a history in its place, or that has it open.
const PATIENCE: Duration = Duration::from_mins(1);
/// Histories that were replaced and are kept, at most.
const KEPT_ASIDE: usize = 3;
/// Why a history was set aside, as its name says.
const REASONS: [&str; 2] = ["replaced", "damaged"];
/// Files that belong to a database, besides itself.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// The history's file, the folder of its copies, and the lock that guards both.
#[derive(Debug, Clone)]
pub struct Shelf {
    /// The files.
    pub files: Files,
    /// The history.
    pub path: PathBuf,
    /// Folder of the copies.
    pub backups: PathBuf,
    /// The lock.
    pub lock: PathBuf,
}

/// The history while it is open. Nobody puts another in its place meanwhile.
#[derive(Debug)]
pub struct Opened {
    // Closed before the lock is let go of.
    store: Store,
    _lock: Option<Lock>,
}

impl Deref for Opened {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

impl DerefMut for Opened {
    fn deref_mut(&mut self) -> &mut Store {
        &mut self.store
    }
}

/// The right to put another history in the place of this one.
#[derive(Debug)]
pub(crate) struct Alone(#[expect(dead_code, reason = "it is held, not read")] Lock);

impl Shelf {
    /// Opens the history; one that is not there yet is made.
    pub fn open(&self) -> Result<Opened, LedgerError> {
        if !self.files.is_file(&self.path) {
            self.begin()?;
        }
        let lock = self.share()?;
        let store = Store::open(&self.path)?;
        Ok(Opened { store, _lock: lock })
    }

    /// Opens the history if there is one; it is not changed.
    pub fn look(&self) -> Result<Option<Opened>, LedgerError> {
        let lock = self.share()?;
        if !self.files.is_file(&self.path) {
            return Ok(None);
        }
        let store = Store::open(&self.path)?;
        Ok(Some(Opened { store, _lock: lock }))
    }

    /// All that can be read, for a history that cannot be written: what is new is kept in memory alone.
    pub fn in_memory(&self) -> Result<Opened, LedgerError> {
        let lock = self.share()?;
        let mut store = Store::in_memory()?;
        if let Some(alone) = self.files.readable_alone(&self.path)
            && store.fill_from(alone.address()).is_err()
        {
            // On a disk that is read only, or beside other readers.
            store = Store::in_memory()?;
            if let Some(readable) = self.files.readable(&self.path)? {
                store.fill_from(readable.address())?;
            }
        }
        Ok(Opened { store, _lock: lock })
    }

    fn share(&self) -> Result<Option<Lock>, LedgerError> {
        Lock::share(&self.lock, PATIENCE).map_err(busy)
    }

    /// Waits until nobody has the history open.
    pub(crate) fn alone(&self) -> Result<Alone, LedgerError> {
        Ok(Alone(Lock::acquire(&self.lock, PATIENCE).map_err(busy)?))
    }

    /// Makes the file, so that nobody else may read it from the first moment on. Where an interrupted exchange left a whole
    /// history that had not got the name yet, that one is taken.
    fn begin(&self) -> Result<(), LedgerError> {
        let _alone = self.alone()?;
        if self.files.is_file(&self.path) {
            return Ok(());
        }
        let left = self.unfinished();
        if self.files.is_file(&left) && Store::open(&left).and_then(Store::close).is_ok() {
            self.files.rename(&left, &self.path)?;
            return Ok(self.files.settle(&self.path)?);
        }
        Ok(self.files.append_private(&self.path, b"")?)
    }

    fn unfinished(&self) -> PathBuf {
        self.path.with_extension("db.new")
    }

    /// Begins a history that is to take the place of this one: an empty file.
    pub(crate) fn prepare(&self, _: &Alone) -> Result<PathBuf, LedgerError> {
        let unfinished = self.unfinished();
        for suffix in BESIDE.iter().chain(&[""]) {
            self.files.remove(&beside(&unfinished, suffix))?;
        }
        self.files.append_private(&unfinished, b"")?;
        Ok(unfinished)
    }

    /// Puts what was prepared in the place of the history. Answers where the one before is kept, if there was one.
    pub(crate) fn exchange(
        &self,
        _: &Alone,
        prepared: Store,
        why: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<PathBuf>, LedgerError> {
        prepared.close()?;
        let unfinished = self.unfinished();
        self.files.sync(&unfinished)?;
        if !self.files.is_file(&self.path) {
            self.files.rename(&unfinished, &self.path)?;
            self.files.settle(&self.path)?;
            return Ok(None);
        }
        let aside = self.aside(why, now);
        self.gather(&aside)?;
        self.files.put_in_place(&unfinished, &self.path, &aside)?;
        self.forget_old()?;
        Ok(Some(aside))
    }

    /// A name that no file has yet.
    fn aside(&self, why: &str, now: DateTime<Utc>) -> PathBuf {
        let at = now.format("%Y%m%dT%H%M%S");
        let names = (0..).map(|nth: u32| match nth {
            0 => format!("{why}-{at}.db"),
            nth => format!("{why}-{at}-{nth}.db"),
        });
        let paths = names.map(|name| self.path.with_extension(name));
        let mut free = paths.filter(|path| !self.files.is_file(path));
        free.next().unwrap_or_else(|| self.path.with_extension(format!("{why}.db")))
    }

    /// Has everything in the one file of the history, and nothing beside it. What lies beside a damaged one is kept beside
    /// `aside`.
    fn gather(&self, aside: &Path) -> Result<(), LedgerError> {
        match Store::open(&self.path).and_then(Store::close) {
            Ok(()) | Err(StoreError::Damaged(_) | StoreError::Faulty(_)) => {}
            Err(error) => return Err(error.into()),
        }
        for suffix in BESIDE {
            let rest = beside(&self.path, suffix);
            if !self.files.is_file(&rest) {
                continue;
            }
            if suffix == BESIDE[0] {
                self.files.keep(&rest, &beside(aside, suffix))?;
            }
            self.files.remove(&rest)?;
        }
        Ok(())
    }

    /// Lets all but the newest go of those that were set aside.
    fn forget_old(&self) -> Result<(), LedgerError> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let is_aside = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let rest = name.strip_prefix(&*stem).and_then(|rest| rest.strip_suffix(".db"));
            rest.is_some_and(|rest| REASONS.iter().any(|why| rest.starts_with(&format!(".{why}-"))))
        };
        let files = self.files.list(folder).into_iter().filter(|entry| !entry.is_folder);
        let mut aside: Vec<_> = files
            .filter(|entry| is_aside(&entry.path))
            .map(|entry| (entry.modified, entry.path))
            .collect();
        aside.sort_unstable_by(|one, other| other.cmp(one));
        for (_, path) in aside.into_iter().skip(KEPT_ASIDE) {
            for suffix in BESIDE.iter().chain(&[""]) {
                self.files.remove(&beside(&path, suffix))?;
            }
        }
        Ok(())
    }
}

fn busy(error: io::Error) -> LedgerError {
    match error.kind() {
        io::ErrorKind::TimedOut => LedgerError::InUse,
        _ => LedgerError::File(error),
    }
}
