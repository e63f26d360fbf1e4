//! One round of reading: which files are read, from where on, and what becomes of what they told before.

use crate::{Ingest, Ledger, LedgerError, Oddity, Reading, Unread, ingest::note_unread};
use claudometer_core::{
    Tokens,
    response::{Key, Name},
};
use claudometer_host::leaves::{Leaf, Unreadable, Walk};
use claudometer_scan::{Form, Kept, LogFile, LogSource, Place, Resume, Taken};
use claudometer_store::{Batch, KnownFile, Stamp, Store};
use std::{
    collections::{BTreeSet, HashSet},
    fmt,
    path::Path,
};

/// How many responses are held before they are kept.
const MOST_HELD: usize = 120_000;
/// The same once as many were kept: keys lie anywhere, so that each time pages all over the store are written again.
const MOST_HELD_OF_MANY: usize = 240_000;
/// How many files are held before they are noted.
const MOST_FILES: usize = 16_000;

/// After so many files it is said how far the reading is.
const FILES_BETWEEN: usize = 50;

/// What was read and waits to be kept.
pub(crate) struct Round<'a> {
    ledger: &'a Ledger<'a>,
    known: Option<&'a Store>,
    batch: Batch,
    /// How many responses were kept in this round.
    kept: usize,
    buffer: Vec<u8>,
    again: Again,
    done: Ingest,
}

/// Files that are read again although nothing in them has changed: what they tell no more was never theirs.
#[derive(Default)]
struct Again {
    files: HashSet<u64>,
    told: HashSet<Key>,
}

/// What a reader may ask: the store that is read into, and the one that it is compared with.
struct KeptIn<'a>(&'a Store, Option<&'a Store>);

impl fmt::Debug for KeptIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptIn")
    }
}

impl Kept for KeptIn<'_> {
    fn tokens(&self, key: Key) -> Option<Tokens> {
        // A store that cannot be asked now knows of nothing; the round itself will fail on it.
        let ask = |store: &Store| store.tokens(key).ok().flatten();
        ask(self.0).or_else(|| self.1.and_then(ask))
    }
}

impl<'a> Round<'a> {
    /// A round; what is gone is known from `known`, where the store itself does not know it.
    pub(crate) fn of(ledger: &'a Ledger<'a>, known: Option<&'a Store>) -> Self {
        let (batch, buffer, done) = (Batch::default(), Vec::new(), Ingest::default());
        Self { ledger, known, batch, kept: 0, buffer, again: Again::default(), done }
    }

    /// Reads what is new in the log of one assistant.
    pub(crate) fn read(
        &mut self,
        store: &mut Store,
        source: &dyn LogSource,
    ) -> Result<(), LedgerError> {
        let Walk { leaves, unreadable } = self.ledger.leaves(source);
        let News { read, fresh, gone, is_again } = news(store, source, &leaves)?;
        let all = read.len() + fresh.len();
        let mut done = 0;
        let mut tell = || {
            if done % FILES_BETWEEN == 0 && done > 0 {
                let assistant = source.name();
                self.ledger.progress.files(Reading { assistant, read: done, all, is_again });
            }
            done += 1;
        };
        for nth in read {
            tell();
            let known = store.file(source.id(), &leaves[nth].path.to_string_lossy())?;
            self.file(store, source, &leaves, nth, known);
            self.keep_if_many(store)?;
        }
        for nth in fresh {
            tell();
            self.file(store, source, &leaves, nth, None);
            self.keep_if_many(store)?;
        }
        // What lies in a folder that cannot be read now is not gone.
        let is_hidden =
            |path: &str| unreadable.iter().any(|place| Path::new(path).starts_with(&place.path));
        let agent: Name = source.id().into();
        for path in gone.into_iter().filter(|path| !is_hidden(path)) {
            self.batch.forget_file(&agent, path);
        }
        for Unreadable { path, why } in unreadable {
            self.unread(source, &path, why);
        }
        Ok(())
    }

    /// Reads one file.
    fn file(
        &mut self,
        store: &Store,
        source: &dyn LogSource,
        leaves: &[Leaf],
        nth: usize,
        before: Option<KnownFile>,
    ) {
        let leaf = &leaves[nth];
        let file = LogFile {
            leaf,
            others: leaves,
            host: self.ledger.host,
            kept: &KeptIn(store, self.known),
        };
        let place = Place { source, file };
        let is_continued = before.as_ref().is_some_and(|before| {
            before.reader == source.reader().version && before.file_id == leaf.id
        });
        let resume = before.as_ref().map(resume);
        let holds_all = resume.as_ref().is_none_or(|resume| {
            let is_same = before.as_ref().is_some_and(|before| is_same_file(before, leaf));
            is_same || place.has_only_grown(resume)
        });
        match place.read(resume.as_ref().filter(|_| is_continued), &mut self.buffer) {
            Ok((taken, resume)) => {
                let goes_on = before.as_ref().filter(|before| {
                    let is_whole = source.form(&leaf.path) == Some(Form::Whole);
                    let goes_on = is_continued && holds_all && !is_whole;
                    goes_on && before.offset > 0 && !before.state.is_empty()
                });
                let odd = goes_on.map_or((0, 0), |before| (before.malformed, before.undated));
                let known = KnownFile {
                    id: before.as_ref().map_or(0, |before| before.id),
                    size: leaf.size,
                    modified_ns: leaf.modified_ns,
                    file_id: leaf.id,
                    offset: resume.offset,
                    tail: resume.tail,
                    unended: resume.unended,
                    state: resume.state,
                    malformed: odd.0 + taken.malformed,
                    undated: odd.1 + taken.undated,
                    reader: source.reader().version,
                    waits_for: taken.waits_for.clone().unwrap_or_default(),
                    rewritten: !holds_all || before.as_ref().is_some_and(|known| known.rewritten),
                };
                let is_again = before.is_some_and(|before| before.reader != known.reader);
                let known = KnownFile {
                    // What it does not tell any more is found out when all files have been read.
                    reader: if is_again { KnownFile::PENDING } else { known.reader },
                    ..known
                };
                self.take(source, leaf, known, taken, is_again);
            }
            Err(error) => {
                self.unread(source, &leaf.path, error.to_string());
            }
        }
    }

    fn unread(&mut self, source: &dyn LogSource, path: &Path, why: String) {
        let agent = source.id().to_owned();
        self.done.unread.push(Unread { agent, path: path.to_owned(), why });
    }

    fn take(
        &mut self,
        source: &dyn LogSource,
        leaf: &Leaf,
        known: KnownFile,
        taken: Taken,
        is_again: bool,
    ) {
        self.done.read += 1;
        if taken.malformed + taken.undated > 0 {
            self.done.oddities.push(Oddity {
                path: leaf.path.clone(),
                malformed: known.malformed,
                undated: known.undated,
            });
        }
        let path = leaf.path.to_string_lossy();
        let agent: Name = source.id().into();
        if is_again && !known.rewritten {
            self.again.files.insert(known.id);
        }
        let place = self.batch.file(&agent, path.into_owned(), known);
        for mut response in taken.responses {
            (response.source, response.reader) = (place, source.reader());
            if is_again {
                self.again.told.insert(response.key);
            }
            self.ledger.add(&mut self.batch, &agent, &self.ledger.device, &response);
        }
        for key in taken.copies {
            self.batch.withdraw(key);
        }
    }

    fn keep_if_many(&mut self, store: &mut Store) -> Result<(), LedgerError> {
        let are_many = self.kept >= MOST_HELD_OF_MANY;
        let most = if are_many { MOST_HELD_OF_MANY } else { MOST_HELD };
        if self.batch.len() >= most || self.batch.files() >= MOST_FILES {
            self.kept += self.batch.len();
            self.ledger.keep(store, std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }

    /// Keeps what is left, and lets what was read by mistake count no more.
    pub(crate) fn finish(mut self, store: &mut Store) -> Result<Ingest, LedgerError> {
        if !self.batch.is_empty() {
            self.ledger.keep(store, std::mem::take(&mut self.batch))?;
        }
        let Again { files, told } = self.again;
        if !files.is_empty() {
            let mut untold = Batch::default();
            for source in self.ledger.sources {
                untold.confirm(&source.id().into(), source.reader().version);
            }
            store.responses(None, None, &mut |stored| {
                let one = &stored.response;
                if !one.withdrawn && files.contains(&one.source) && !told.contains(&one.key) {
                    untold.withdraw(one.key);
                }
            })?;
            self.ledger.keep(store, untold)?;
        }
        note_unread(store, &self.done.unread)?;
        store.rest()?;
        Ok(self.done)
    }
}

/// What is to be done about the files of a log.
struct News {
    /// Places among the leaves of those that are to be read on, or again.
    read: BTreeSet<usize>,
    /// Places of those that are there for the first time.
    fresh: Vec<usize>,
    /// Paths of those that are gone.
    gone: Vec<String>,
    /// Whether an older reader read some of them.
    is_again: bool,
}

/// Compares the files that are there with those that have been read; both are in the order of their paths.
fn news(store: &Store, source: &dyn LogSource, leaves: &[Leaf]) -> Result<News, LedgerError> {
    let version = source.reader().version;
    let mut news =
        News { read: BTreeSet::new(), fresh: Vec::new(), gone: Vec::new(), is_again: false };
    let mut next = 0;
    store.stamps(source.id(), &mut |path, stamp| {
        while let Some(leaf) = leaves.get(next)
            && *leaf.path.to_string_lossy() < *path
        {
            news.fresh.push(next);
            next += 1;
        }
        match leaves.get(next) {
            Some(leaf) if *leaf.path.to_string_lossy() == *path => {
                news.is_again |= stamp.reader != version;
                if stamp.reader != version || !is_same_stamp(stamp, leaf) {
                    news.read.insert(next);
                }
                next += 1;
            }
            _ => news.gone.push(path.to_owned()),
        }
    })?;
    news.fresh.extend(next..leaves.len());
    if !news.fresh.is_empty() || !news.read.is_empty() {
        let told = news.fresh.iter().chain(&news.read).copied().collect::<Vec<_>>();
        news.read.extend(woken(store, source, leaves, &told)?);
    }
    Ok(news)
}

/// Files that wait for the log of another session, where that one is among those that tell something new.
fn woken(
    store: &Store,
    source: &dyn LogSource,
    leaves: &[Leaf],
    told: &[usize],
) -> Result<Vec<usize>, LedgerError> {
    let has_come =
        |session: &str| told.iter().any(|nth| source.is_of_session(&leaves[*nth].path, session));
    let waiting = store.waiting(source.id())?.into_iter();
    let woken: HashSet<String> =
        waiting.filter(|(_, session)| has_come(session)).map(|(path, _)| path).collect();
    if woken.is_empty() {
        return Ok(Vec::new());
    }
    let is_woken = |(_, leaf): &(usize, &Leaf)| woken.contains(&*leaf.path.to_string_lossy());
    Ok(leaves.iter().enumerate().filter(is_woken).map(|(nth, _)| nth).collect())
}

fn is_same_stamp(stamp: Stamp, leaf: &Leaf) -> bool {
    (stamp.size, stamp.modified_ns, stamp.file_id) == (leaf.size, leaf.modified_ns, leaf.id)
}

fn is_same_file(before: &KnownFile, leaf: &Leaf) -> bool {
    (before.size, before.modified_ns, before.file_id) == (leaf.size, leaf.modified_ns, leaf.id)
}

fn resume(before: &KnownFile) -> Resume {
    Resume {
        offset: before.offset,
        tail: before.tail,
        unended: before.unended,
        state: before.state.clone(),
    }
}

#[cfg(test)]
mod tests;
