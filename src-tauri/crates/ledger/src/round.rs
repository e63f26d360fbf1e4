//! One round of reading: which files are read, from where on, and what becomes of what they told before.

use crate::{Ingest, Ledger, LedgerError, Oddity};
use claudometer_core::{
    Tokens,
    response::{Key, Name},
};
use claudometer_host::leaves::Leaf;
use claudometer_scan::{Kept, LogFile, LogSource, Place, Resume, Taken};
use claudometer_store::{Batch, KnownFile, Store};
use std::{collections::HashMap, fmt};

/// How many responses are held before they are kept.
const MOST_HELD: usize = 120_000;
/// The same once as many were kept: keys lie anywhere, so that each time pages all over the store are written again.
const MOST_HELD_OF_MANY: usize = 240_000;

/// What was read and waits to be kept.
pub(crate) struct Round<'a> {
    ledger: &'a Ledger<'a>,
    batch: Batch,
    /// How many responses were kept in this round.
    kept: usize,
    buffer: Vec<u8>,
    done: Ingest,
}

/// A store that a reader may ask.
struct KeptIn<'a>(&'a Store);

impl fmt::Debug for KeptIn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeptIn")
    }
}

impl Kept for KeptIn<'_> {
    fn tokens(&self, key: Key) -> Option<Tokens> {
        // A store that cannot be asked now knows of nothing; the round itself will fail on it.
        self.0.tokens(key).ok().flatten()
    }
}

impl<'a> Round<'a> {
    pub(crate) fn of(ledger: &'a Ledger<'a>) -> Self {
        let (batch, buffer, done) = (Batch::default(), Vec::new(), Ingest::default());
        Self { ledger, batch, kept: 0, buffer, done }
    }

    /// Reads what is new in the log of one assistant.
    pub(crate) fn read(
        &mut self,
        store: &mut Store,
        source: &dyn LogSource,
    ) -> Result<(), LedgerError> {
        let leaves = self.ledger.leaves(source);
        let mut known = store.files(source.id())?;
        woken(source, &leaves, &mut known);
        for leaf in &leaves {
            let path = leaf.path.to_string_lossy().into_owned();
            let before = known.remove(&path);
            let is_unchanged = |before: &KnownFile| is_unchanged(before, leaf, source);
            if before.as_ref().is_some_and(is_unchanged) {
                continue;
            }
            let host = self.ledger.host;
            let file = LogFile { leaf, others: &leaves, host, kept: &KeptIn(store) };
            let goes_on = |before: &&KnownFile| goes_on(before, leaf, source);
            let resume = before.as_ref().filter(goes_on).map(resume);
            match (Place { source, file }).read(resume.as_ref(), &mut self.buffer) {
                Ok((taken, resume)) => {
                    let known = of(source, leaf, before.as_ref(), &taken, resume);
                    self.take(source, leaf, path, known, taken);
                }
                Err(error) => self.done.oddities.push(Oddity {
                    path: leaf.path.clone(),
                    malformed: 0,
                    undated: 0,
                    error: Some(error.to_string()),
                }),
            }
            self.keep_if_many(store)?;
        }
        // What is left of the known ones is gone.
        for path in known.into_keys() {
            self.batch.forget_file(path);
        }
        Ok(())
    }

    fn take(
        &mut self,
        source: &dyn LogSource,
        leaf: &Leaf,
        path: String,
        known: KnownFile,
        taken: Taken,
    ) {
        self.done.read += 1;
        if taken.malformed + taken.undated > 0 {
            self.done.oddities.push(Oddity {
                path: leaf.path.clone(),
                malformed: known.malformed,
                undated: known.undated,
                error: None,
            });
        }
        let (agent, place): (Name, Name) = (source.id().into(), path.as_str().into());
        self.batch.file(&agent, path, known);
        for mut response in taken.responses {
            (response.source, response.reader) = (Name::clone(&place), source.reader());
            self.ledger.add(&mut self.batch, &agent, &self.ledger.device, &response);
        }
        for key in taken.copies {
            self.batch.withdraw(key);
        }
    }

    fn keep_if_many(&mut self, store: &mut Store) -> Result<(), LedgerError> {
        let are_many = self.kept >= MOST_HELD_OF_MANY;
        if self.batch.len() >= if are_many { MOST_HELD_OF_MANY } else { MOST_HELD } {
            self.kept += self.batch.len();
            self.ledger.keep(store, std::mem::take(&mut self.batch))?;
        }
        Ok(())
    }

    pub(crate) fn finish(self, store: &mut Store) -> Result<Ingest, LedgerError> {
        if !self.batch.is_empty() {
            self.ledger.keep(store, self.batch)?;
        }
        store.rest()?;
        Ok(self.done)
    }
}

/// Has files that wait for the log of another session be read again where that one has come to light.
fn woken(source: &dyn LogSource, leaves: &[Leaf], known: &mut HashMap<String, KnownFile>) {
    let waiting = || known.values().filter(|file| !file.waits_for.is_empty());
    if waiting().next().is_none() {
        return;
    }
    let fresh: Vec<&Leaf> =
        leaves.iter().filter(|leaf| !known.contains_key(&*leaf.path.to_string_lossy())).collect();
    let has_come =
        |session: &str| fresh.iter().any(|leaf| source.is_of_session(&leaf.path, session));
    for file in known.values_mut() {
        if !file.waits_for.is_empty() && has_come(&file.waits_for) {
            file.reader = 0;
        }
    }
}

/// What is noted of a file after it was read.
fn of(
    source: &dyn LogSource,
    leaf: &Leaf,
    before: Option<&KnownFile>,
    taken: &Taken,
    resume: Resume,
) -> KnownFile {
    let goes_on = before.filter(|before| {
        goes_on(before, leaf, source) && before.offset > 0 && resume.offset >= before.offset
    });
    let (malformed, undated) = goes_on.map_or((0, 0), |before| (before.malformed, before.undated));
    KnownFile {
        size: leaf.size,
        modified_ns: leaf.modified_ns,
        file_id: leaf.id,
        offset: resume.offset,
        tail: resume.tail,
        state: resume.state,
        malformed: malformed + taken.malformed,
        undated: undated + taken.undated,
        reader: source.reader().version,
        waits_for: taken.waits_for.clone().unwrap_or_default(),
    }
}

fn is_unchanged(before: &KnownFile, leaf: &Leaf, source: &dyn LogSource) -> bool {
    (before.size, before.modified_ns, before.file_id) == (leaf.size, leaf.modified_ns, leaf.id)
        && before.reader == source.reader().version
}

/// Whether a reading can go on where the last one ended.
fn goes_on(before: &KnownFile, leaf: &Leaf, source: &dyn LogSource) -> bool {
    before.file_id == leaf.id && before.reader == source.reader().version
}

fn resume(before: &KnownFile) -> Resume {
    Resume { offset: before.offset, tail: before.tail, state: before.state.clone() }
}
