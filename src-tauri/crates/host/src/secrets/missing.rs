//! What the keychain said that it has not: believed for a while, also by the next process, so that a command that shows
//! remembered numbers does not ask it thirty questions first. Names only.

use super::SecretKey;
use crate::{Clock, Files};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How long it is believed. Whoever keeps a secret tells us, so this only bounds the wait for what was put there behind our
/// back.
pub(super) const OURS: TimeDelta = TimeDelta::minutes(10);
/// An item of another program comes without a word to us.
pub(super) const FOREIGN: TimeDelta = TimeDelta::minutes(1);

/// Names and when the keychain denied them.
#[derive(Debug, Default)]
pub(super) struct Missing {
    file: Option<(Files, PathBuf)>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    since: BTreeMap<String, DateTime<Utc>>,
    read: bool,
    changed: bool,
}

impl Missing {
    /// Believed by the next process too, by way of a file.
    pub(super) fn at(files: Files, path: PathBuf) -> Self {
        Self { file: Some((files, path)), ..Self::default() }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.read {
            known.read = true;
            let read = self.file.as_ref().and_then(|(files, path)| files.read(path).ok()?);
            // A damaged file says nothing.
            known.since =
                read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        }
        known
    }

    /// Whether the keychain has said so no longer ago than it is believed.
    pub(super) fn is(&self, key: &SecretKey, believed_for: TimeDelta) -> bool {
        let now = Clock::default().now();
        let since = self.known().since.get(&key.to_string()).copied();
        since.is_some_and(|at| at <= now && now - at < believed_for)
    }

    /// The keychain says so now.
    pub(super) fn note(&self, key: &SecretKey) {
        let mut known = self.known();
        known.since.insert(key.to_string(), Clock::default().now());
        known.changed = true;
    }

    /// It will be there: the next process must not believe otherwise.
    pub(super) fn forget(&self, key: &SecretKey) {
        let mut known = self.known();
        known.changed |= known.since.remove(&key.to_string()).is_some();
        drop(known);
        self.write();
    }

    /// Writes what is new for the next process.
    pub(super) fn write(&self) {
        let mut known = self.known();
        let Some((files, path)) = self.file.as_ref().filter(|_| known.changed) else { return };
        known.changed = false;
        let written = serde_json::to_vec(&known.since)
            .map_err(std::io::Error::from)
            .and_then(|bytes| files.write_private(path, &bytes));
        if let Err(error) = written {
            tracing::debug!(%error, "what the keychain has not cannot be noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(provider: &str) -> SecretKey {
        SecretKey { provider: provider.into(), account: "default".into(), field: "key".into() }
    }

    #[test]
    fn the_next_process_believes_it_for_a_while_unless_the_secret_was_kept_since() {
        let files = Files::memory();
        let path = PathBuf::from("/state/missing.json");
        let one = Missing::at(files.clone(), path.clone());
        assert!(!one.is(&key("acme"), OURS));
        one.note(&key("acme"));
        one.note(&key("zeta"));
        one.write();
        let next = Missing::at(files.clone(), path.clone());
        assert!(next.is(&key("acme"), OURS) && next.is(&key("zeta"), OURS));
        next.forget(&key("zeta"));
        let last = Missing::at(files.clone(), path.clone());
        assert!(last.is(&key("acme"), OURS) && !last.is(&key("zeta"), OURS));
        let old = Clock::default().now() - OURS - TimeDelta::seconds(1);
        let later = Clock::default().now() + TimeDelta::hours(1);
        for at in [old, later] {
            let text = serde_json::json!({"acme/default/key": at}).to_string();
            files.write_private(&path, text.as_bytes()).unwrap();
            assert!(!Missing::at(files.clone(), path.clone()).is(&key("acme"), OURS), "{at}");
        }
        files.write_private(&path, b"{damaged").unwrap();
        assert!(!Missing::at(files, path).is(&key("acme"), OURS));
    }
}
