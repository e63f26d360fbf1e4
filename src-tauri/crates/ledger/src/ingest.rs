//! Reading what is new in the logs, and keeping it.

use crate::round::Round;
use chrono::{DateTime, NaiveDate, Utc};
use claudometer_core::{Response, response::Name};
use claudometer_host::{
    Host,
    clock::Zone,
    leaves::{Leaf, Walk},
};
use claudometer_pricing::Catalog;
use claudometer_scan::{Form, LogSource, hash};
use claudometer_store::{Batch, Judge, Store, StoreError};
use serde::{Deserialize, Serialize};
use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// Why the history could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another process has it open, or puts another in its place, and does not end.
    #[error("another Claudometer is using the history and does not end")]
    InUse,
    /// It is no history of ours.
    #[error("it is no history of Claudometer")]
    Foreign,
    /// A file of it cannot be made, moved or removed.
    #[error("a file of the history cannot be written: {0}")]
    File(#[source] std::io::Error),
}

impl LedgerError {
    /// Whether the file of the history is damaged.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::Store(StoreError::Damaged(_) | StoreError::Faulty(_)))
    }

    /// Whether the history cannot be written, although it may be read.
    pub fn is_about_writing(&self) -> bool {
        use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
        match self {
            Self::Store(StoreError::Full(_) | StoreError::Unwritable(_)) => true,
            Self::File(error) => matches!(
                error.kind(),
                PermissionDenied | ReadOnlyFilesystem | StorageFull | QuotaExceeded
            ),
            Self::Store(_) | Self::InUse | Self::Foreign => false,
        }
    }
}

/// The history and what it is judged by.
#[derive(Debug)]
pub struct Ledger<'a> {
    /// The world.
    pub host: &'a Host,
    /// Further homes of an assistant, by the id of its log, each as a world of its own.
    pub homes: &'a [(&'static str, Host)],
    /// The logs that are read.
    pub sources: &'a [&'static dyn LogSource],
    /// What things cost.
    pub prices: &'a Catalog,
    /// Where days begin.
    pub zone: &'a Zone,
    /// The name of that zone.
    pub zone_name: &'a str,
    /// The name of this machine.
    pub device: Name,
    /// Told now and then how far a reading is.
    pub progress: &'a dyn Progress,
}

/// Whoever wants to know how far a reading is.
pub trait Progress: fmt::Debug {
    /// Some more files have been read.
    fn files(&self, reading: Reading<'_>);
}

/// How far a reading is.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The assistant's name.
    pub assistant: &'a str,
    /// Files of its log that have been read in this round.
    pub read: usize,
    /// Files that are to be read in this round.
    pub all: usize,
    /// Whether that is because an older reader read them.
    pub is_again: bool,
}

/// Nobody wants to know.
impl Progress for () {
    fn files(&self, _: Reading<'_>) {}
}

/// A file of which something could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// The file.
    pub path: PathBuf,
    /// Records that could not be read.
    pub malformed: u64,
    /// Records of responses without a time.
    pub undated: u64,
}

/// What one round of reading did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ingest {
    /// Files that were read: new ones and changed ones.
    pub read: u64,
    /// Files of which something could not be read.
    pub oddities: Vec<Oddity>,
    /// Files and folders that could not be read at all: what they tell is not among the sums.
    pub unread: Vec<Unread>,
}

/// A file or a folder of a log that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// Id of the assistant.
    pub agent: String,
    /// Its path.
    pub path: PathBuf,
    /// Why not.
    pub why: String,
}

/// The fact that names what could not be read when the logs were last looked at.
const UNREAD: &str = "unread";

/// Notes what could not be read, for whoever need not look at the logs again.
pub(crate) fn note_unread(store: &Store, unread: &[Unread]) -> Result<(), LedgerError> {
    let text = if unread.is_empty() {
        String::new()
    } else {
        serde_json::to_string(unread).map_err(io::Error::from)?
    };
    if store.fact(UNREAD)?.unwrap_or_default() != text {
        store.set_fact(UNREAD, &text)?;
    }
    Ok(())
}

/// What could not be read when the logs were last looked at.
pub fn unread(store: &Store) -> Result<Vec<Unread>, LedgerError> {
    let text = store.fact(UNREAD)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or_default())
}

impl Ledger<'_> {
    /// Whether sums and costs of the store are those of this zone and of this price list.
    pub fn is_settled(&self, store: &Store) -> Result<bool, LedgerError> {
        for (name, value) in &self.facts() {
            if store.fact(name)?.as_deref() != Some(value) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn facts(&self) -> [(&'static str, String); 2] {
        let prices = format!("{:016x}", hash(&[&self.prices.identity()]));
        [("zone", self.zone_name.to_owned()), ("prices", prices)]
    }

    /// Where zone or prices have changed, everything is judged again.
    fn settle(&self, store: &mut Store) -> Result<(), LedgerError> {
        if !self.is_settled(store)? {
            let facts = self.facts();
            let facts = facts.each_ref().map(|(name, value)| (*name, value.as_str()));
            let day = |at| day(self.zone, at);
            store.judge_again(Judge { price: &|one| self.prices.cost(one), day: &day }, &facts)?;
        }
        Ok(())
    }

    /// Reads what is new in all logs and keeps it.
    pub fn ingest(&self, store: &mut Store) -> Result<Ingest, LedgerError> {
        self.ingest_beside(store, None)
    }

    /// The same for a store that is compared with another, which knows what logs told that are gone.
    pub(crate) fn ingest_beside(
        &self,
        store: &mut Store,
        known: Option<&Store>,
    ) -> Result<Ingest, LedgerError> {
        self.settle(store)?;
        let mut round = Round::of(self, known);
        for source in self.sources {
            round.read(store, *source)?;
        }
        round.finish(store)
    }

    /// Has a response of an assistant on a machine wait to be kept.
    pub(crate) fn add(&self, batch: &mut Batch, agent: &Name, device: &Name, response: &Response) {
        let priced = self.prices.cost(response);
        batch.add(agent, device, response, priced);
    }

    /// Keeps what was found.
    pub(crate) fn keep(&self, store: &mut Store, batch: Batch) -> Result<(), LedgerError> {
        let judge =
            Judge { price: &|response| self.prices.cost(response), day: &|at| day(self.zone, at) };
        Ok(store.keep(batch, judge)?)
    }

    /// Every file of a log, each once, and what of it cannot be looked at.
    pub(crate) fn leaves(&self, source: &dyn LogSource) -> Walk {
        let files = &self.host.files;
        let further = self.homes.iter().filter(|(id, _)| *id == source.id());
        let worlds = std::iter::once(self.host).chain(further.map(|(_, world)| world));
        let places = worlds.flat_map(|world| source.places(world));
        let places: Vec<PathBuf> = places.map(|place| files.canonical(&place)).collect();
        let mut walk = files.walk(&places, &|path| source.form(path).is_some());
        for leaf in &mut walk.leaves {
            if source.form(&leaf.path) == Some(Form::Database) {
                with_newest_rows(files, leaf);
            }
        }
        walk
    }
}

/// The newest rows of a database lie in a file beside it.
fn with_newest_rows(files: &claudometer_host::Files, leaf: &mut Leaf) {
    let mut name = leaf.path.as_os_str().to_owned();
    name.push("-wal");
    if let Some(newest) = files.leaf(Path::new(&name)) {
        leaf.size += newest.size;
        leaf.modified_ns = leaf.modified_ns.max(newest.modified_ns);
    }
}

/// The day of a time.
pub(crate) fn day(zone: &Zone, at: DateTime<Utc>) -> NaiveDate {
    zone.wall(at).date()
}
