//! The history of use with everything that it is read by: logs, prices, zone, the name of this machine.

use crate::{
    args::Args,
    exit::Exit,
    out,
    reading::Picture,
    setup::{self, Refusal},
};
use claudometer_core::Settings;
use claudometer_desk::{context_of, logs, settings_file::SettingsFile};
use claudometer_host::{Host, clock::Zone, paths::Paths, process::machine_name};
use claudometer_ledger::{
    Ingest, Ledger, LedgerError, Opened, Shelf, Unread, prices, upkeep::Mended,
};
use claudometer_pricing::Catalog;
use claudometer_store::{KnownFile, Sessions, StoreError};
use claudometer_view::{Context, table::cost::Names, text::Money, unread};
use claudometer_wire::diagnosis::LogDiagnosis;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// Files of a log that `doctor` names.
const MOST_ODD: usize = 3;

/// All that a report needs.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) host: Host,
    pub(crate) paths: Paths,
    pub(crate) settings: Settings,
    pub(crate) prices: Catalog,
    /// The system's zone, in which the sums of the store are kept.
    pub(crate) zone: (String, Zone),
    homes: Vec<(&'static str, Host)>,
    picture: Picture,
    /// Whether the resident says that the store holds all that the logs tell.
    pub(crate) is_current: bool,
}

impl Books {
    /// As the settings say.
    pub(crate) fn of(args: &Args, host: Host) -> Result<Self, Refusal> {
        let paths = setup::paths(args, &host)?;
        let overrides = setup::overrides(args, &host)?;
        let file = SettingsFile::load(host.files.clone(), paths.settings(), overrides);
        let settings = file.effective().clone();
        Ok(Self {
            prices: prices::catalog(&settings.cost, prices::list(&host.files, &paths.prices())),
            zone: Zone::of_system(&host.env),
            homes: logs::homes(&settings, &host),
            picture: Picture::new(),
            host,
            paths,
            settings,
            is_current: false,
        })
    }

    /// The store with everything that the logs tell by now. A damaged one is set aside, and made again from the newest copy
    /// and from the logs.
    pub(crate) fn store(&self) -> Result<Opened, Refusal> {
        self.sound().map(|(store, _)| store).map_err(refusal)
    }

    /// The same to be read only. Where the history cannot be written, what can be read is shown all the same, and it is said
    /// that nothing of it is kept; so are files that could not be read.
    pub(crate) fn readable(&self) -> Result<(Opened, Ingest), Refusal> {
        let (store, done) = match self.sound() {
            Err(error) if error.is_about_writing() => self.in_memory(&error).map_err(refusal)?,
            other => other.map_err(refusal)?,
        };
        if !done.unread.is_empty() {
            out::say(&self.unread(&done.unread));
        }
        Ok((store, done))
    }

    /// Files and folders that could not be read, in a sentence.
    pub(crate) fn unread(&self, unread: &[Unread]) -> String {
        let places = unread.iter().map(|one| (self.host.tilde(&one.path), one.why.as_str()));
        unread::sentence(&places.collect::<Vec<_>>())
    }

    fn sound(&self) -> Result<(Opened, Ingest), LedgerError> {
        match self.open_and_read() {
            Err(LedgerError::Store(StoreError::Damaged(_) | StoreError::Faulty(_))) => {
                self.mend()?;
                self.open_and_read()
            }
            other => other,
        }
    }

    fn in_memory(&self, why: &LedgerError) -> Result<(Opened, Ingest), LedgerError> {
        let mut store = self.shelf().in_memory()?;
        let done = self.ledger().ingest(&mut store)?;
        let why = sentence(why);
        out::say(&format!("{why} All that can be read is shown; what is new of it is not kept."));
        Ok((store, done))
    }

    /// Ids of the assistants that the history knows.
    pub(crate) fn agents(&self) -> Result<BTreeSet<String>, Refusal> {
        let (mut store, _) = self.readable()?;
        let mut agents = BTreeSet::new();
        let days = store.days(None, None, Sessions::Nameless, &mut |key, _| {
            if !agents.contains(&*key.agent) {
                agents.insert(key.agent.to_string());
            }
        });
        days.map_err(|error| refusal(error.into()))?;
        Ok(agents)
    }

    /// The logs that were read, and what in them is odd. Nothing where there is no history yet, or it cannot be read.
    pub(crate) fn logs(&self) -> Vec<LogDiagnosis> {
        let shelf = self.shelf();
        let looked = match shelf.look() {
            Err(error) if error.is_about_writing() => shelf.in_memory().map(Some),
            other => other,
        };
        let store = looked.unwrap_or_else(|error| {
            tracing::warn!(%error, "the history cannot be looked at");
            None
        });
        let unread = store.as_ref().and_then(|store| claudometer_ledger::unread(store).ok());
        let unread = unread.unwrap_or_default();
        let read = claudometer_providers::LOGS
            .iter()
            .filter_map(|source| Some((source, store.as_ref()?.files(source.id()).ok()?)))
            .filter(|(source, files)| {
                !files.is_empty() || unread.iter().any(|one| one.agent == source.id())
            });
        read.map(|(source, files)| {
            let odd = |file: &KnownFile| file.malformed + file.undated;
            let mut odd_files: Vec<(u64, &String)> = files
                .iter()
                .map(|(path, file)| (odd(file), path))
                .filter(|(odd, _)| *odd > 0)
                .collect();
            odd_files.sort_unstable_by(|one, other| other.cmp(one));
            LogDiagnosis {
                agent: source.id().to_owned(),
                name: source.name().to_owned(),
                files: files.len() as u64,
                bytes: files.iter().map(|(_, file)| file.size).sum(),
                malformed: files.iter().map(|(_, file)| file.malformed).sum(),
                undated: files.iter().map(|(_, file)| file.undated).sum(),
                odd_files: odd_files
                    .iter()
                    .take(MOST_ODD)
                    .map(|(_, path)| self.host.tilde(Path::new(path)))
                    .collect(),
                unreadable: unread
                    .iter()
                    .filter(|one| one.agent == source.id())
                    .map(|one| format!("{} ({})", self.host.tilde(&one.path), one.why))
                    .collect(),
            }
        })
        .collect()
    }

    /// What texts depend on.
    pub(crate) fn context(&self) -> Context {
        context_of(&self.host.env, &self.settings, self.host.now())
    }

    /// Hands `print` the names that reports are told with.
    pub(crate) fn with_names(&self, print: impl FnOnce(&Names<'_>)) {
        let home = self.host.home().to_string_lossy();
        let money = Money::of(&self.settings.cost);
        print(&Names { agent: &logs::name, home: &home, money: &money });
    }

    /// Sets a damaged history aside and puts the newest sound copy in its place.
    pub(crate) fn mend(&self) -> Result<(), LedgerError> {
        let Some(Mended { aside, copy }) = self.shelf().mend(self.host.now())? else {
            return Ok(());
        };
        let aside =
            aside.map(|path| format!(" and lies in {}", path.display())).unwrap_or_default();
        let copy = copy.map(|path| format!("the copy {}", path.display()));
        let from = copy.as_deref().unwrap_or("the logs alone, since there is no copy");
        out::say(&format!("The history was damaged{aside}. It is made again from {from}."));
        Ok(())
    }

    /// The folder over which machines tell each other what they used.
    pub(crate) fn sync_folder(&self) -> Option<PathBuf> {
        let folder = self.settings.cost.sync_folder.as_deref()?;
        let below = folder.strip_prefix("~/").map(|below| self.host.home().join(below));
        Some(below.unwrap_or_else(|| folder.into()))
    }

    /// The history's file and its copies.
    pub(crate) fn shelf(&self) -> Shelf {
        Shelf {
            files: self.host.files.clone(),
            path: self.paths.history(),
            backups: self.paths.backups(),
            lock: self.paths.history_lock(),
        }
    }

    fn open_and_read(&self) -> Result<(Opened, Ingest), LedgerError> {
        let mut store = self.shelf().open()?;
        let ledger = self.ledger();
        if self.is_current && ledger.is_settled(&store)? {
            let unread = claudometer_ledger::unread(&store)?;
            return Ok((store, Ingest { unread, ..Ingest::default() }));
        }
        if store.is_empty()? && out::is_error_terminal() {
            out::say("Reading the logs for the first time; this is done once.");
        }
        let done = ledger.ingest(&mut store);
        self.picture.clear();
        Ok((store, done?))
    }

    pub(crate) fn ledger(&self) -> Ledger<'_> {
        let device = self.settings.cost.device.clone().unwrap_or_else(machine_name);
        Ledger {
            host: &self.host,
            homes: &self.homes,
            sources: claudometer_providers::LOGS,
            prices: &self.prices,
            zone: &self.zone.1,
            zone_name: &self.zone.0,
            device: device.into(),
            progress: &self.picture,
        }
    }
}

/// An error of the history as a refusal, with what to do.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
pub(crate) fn refusal(error: LedgerError) -> Refusal {
    let remedy = match &error {
        LedgerError::Store(StoreError::Damaged(_) | StoreError::Faulty(_)) => {
            " `claudometer history rebuild` makes it anew and keeps what can be read."
        }
        LedgerError::Store(StoreError::Full(_)) => " Make room and run it again: nothing is lost.",
        LedgerError::Store(StoreError::Busy(_)) | LedgerError::InUse => {
            " Run it again when that one has ended."
        }
        LedgerError::Store(
            StoreError::Newer(_) | StoreError::Unwritable(_) | StoreError::Other(_),
        )
        | LedgerError::Foreign
        | LedgerError::File(_) => "",
    };
    (format!("{}{remedy}", sentence(&error)), Exit::Other)
}

fn sentence(error: &LedgerError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    format!("{}.", first.chain(letters).collect::<String>())
}
