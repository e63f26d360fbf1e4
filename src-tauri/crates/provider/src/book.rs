//! The gates of every credential, kept on disk and shared by every process of ours.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Finding,
    gate::{Cadence, Gates, Last, Verdict},
};
use claudometer_host::{Files, lock::Lock};
use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A process that holds the lock needs milliseconds; one that hangs must not stop the others.
const LOCK_WAIT: Duration = Duration::from_secs(1);

/// Gates with a file behind them. Every change is a read, a decision and a write under one lock, so that two processes
/// cannot both find a gate open.
#[derive(Debug)]
pub struct GateBook {
    files: Files,
    path: PathBuf,
    locked: bool,
    turn: Mutex<()>,
}

impl GateBook {
    /// A book in the file `path`.
    pub const fn at(files: Files, path: PathBuf) -> Self {
        // Files in memory belong to one process.
        let locked = files.is_disk();
        Self { files, path, locked, turn: Mutex::new(()) }
    }

    /// A book that ends with the process.
    pub fn in_memory() -> Self {
        Self {
            files: Files::memory(),
            path: PathBuf::from("/gates.json"),
            locked: false,
            turn: Mutex::new(()),
        }
    }

    /// Whether a source may be asked; if so, it counts as asked from now on, before the request leaves.
    pub fn ask(&self, key: &str, cadence: Cadence, now: DateTime<Utc>) -> Verdict {
        self.change(|gates| {
            let verdict = gates.verdict(key, cadence, now);
            if verdict == Verdict::Open {
                gates.prune(now);
                gates.gate(key).asked(now);
            }
            verdict
        })
    }

    /// Notes a good answer.
    pub fn answered(&self, key: &str) {
        self.change(|gates| gates.gate(key).answered());
    }

    /// Notes that a question ended in trouble, and gives back what is kept of it.
    pub fn failed(
        &self,
        key: &str,
        found: Finding,
        retry_after: Option<TimeDelta>,
        cadence: Cadence,
    ) -> Last {
        self.change(|gates| {
            let gate = gates.gate(key);
            gate.failed(found, retry_after, cadence);
            gate.last()
        })
    }

    /// Notes a trouble that was found without asking anybody: it closes nothing. Gives back what is kept of it.
    pub fn noted(&self, key: &str, found: Finding) -> Last {
        self.change(|gates| {
            let gate = gates.gate(key);
            gate.noted(found);
            gate.last()
        })
    }

    /// Takes over for the key `new` what is known of `old`: the same login under another token.
    pub fn carry(&self, old: &str, new: &str) {
        self.change(|gates| gates.carry(old, new));
    }

    /// What the last question with the credential of `key` ended in.
    pub fn last(&self, key: &str) -> Last {
        self.gates().last(key)
    }

    /// Opens every gate whose key begins with `prefix`, but for waits that the vendor asked for.
    pub fn reopen(&self, prefix: &str, now: DateTime<Utc>) {
        self.change(|gates| gates.reopen(prefix, now));
    }

    /// All gates as they stand.
    pub fn gates(&self) -> Gates {
        let bytes = self.files.read(&self.path).unwrap_or_else(|error| {
            tracing::warn!(%error, "the gates could not be read");
            None
        });
        bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
    }

    fn change<T>(&self, decide: impl FnOnce(&mut Gates) -> T) -> T {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _lock =
            self.locked.then(|| Lock::acquire(&self.path.with_extension("lock"), LOCK_WAIT).ok());
        let before = self.gates();
        let mut gates = before.clone();
        let decided = decide(&mut gates);
        if gates != before
            && let Ok(bytes) = serde_json::to_vec(&gates)
            && let Err(error) = self.files.write_private(&self.path, &bytes)
        {
            tracing::warn!(%error, "the gates could not be kept");
        }
        decided
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::{Skip, Trouble};

    const CADENCE: Cadence = Cadence { normal_s: 300, floor_s: 60 };

    #[test]
    fn two_books_on_one_file_ask_once_and_share_a_pause_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let book = || GateBook::at(Files::disk(), folder.path().join("gates.json"));
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let (first, second) = (book(), book());
        assert_eq!(first.ask("acme/oauth/aa", CADENCE, now), Verdict::Open);
        assert!(matches!(
            second.ask("acme/oauth/aa", CADENCE, now),
            Verdict::Closed { why: Skip::Floor, .. }
        ));
        let found = Finding::new(Trouble::RateLimited, "The vendor asks to wait.", now);
        first.failed("acme/oauth/aa", found.clone(), Some(TimeDelta::seconds(600)), CADENCE);
        drop(first);
        assert_eq!(book().last("acme/oauth/aa"), Last::Troubled(found));
        assert_eq!(book().last("acme/oauth/bb"), Last::Never);
        let later = now + TimeDelta::seconds(300);
        assert!(matches!(
            book().ask("acme/oauth/aa", CADENCE, later),
            Verdict::Closed { why: Skip::ServerPause, .. }
        ));
        assert_eq!(
            book().ask("acme/oauth/bb", CADENCE, later),
            Verdict::Open,
            "another token has another bucket"
        );
    }

    #[test]
    fn a_damaged_file_closes_nothing_for_ever() {
        let book = GateBook::in_memory();
        book.files.write_private(&book.path, b"{ damaged").unwrap();
        assert_eq!(book.ask("acme/oauth/aa", CADENCE, DateTime::UNIX_EPOCH), Verdict::Open);
    }
}
