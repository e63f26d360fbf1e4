//! Watching files for change: event-driven, no polling.

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _, event::EventKind};
use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// Watches a set of paths. A file that is not there (yet) is watched through its nearest folder.
#[derive(Debug)]
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    /// Each with what the file system calls it: one that was removed and made again is another one, and not watched.
    folders: BTreeMap<PathBuf, Option<u64>>,
    depth: RecursiveMode,
}

impl Watch {
    /// A watch that watches nothing yet. Paths that changed come out of the receiver; where the system cannot watch,
    /// nothing ever does, and the regular polls have to do.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<PathBuf>) {
        let (changed, receiver) = mpsc::unbounded_channel();
        let tell = move |event: notify::Result<notify::Event>| {
            let Ok(event) = event else { return };
            if matches!(
                event.kind,
                EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
            ) {
                for path in event.paths {
                    changed.send(path).ok(); // nobody listens any more: the program is ending
                }
            }
        };
        let watcher = notify::recommended_watcher(tell)
            .inspect_err(|error| tracing::warn!(%error, "files cannot be watched; changes are noticed at the next poll"))
            .ok();
        (Self { watcher, folders: BTreeMap::new(), depth: RecursiveMode::NonRecursive }, receiver)
    }

    /// A watch of whole trees: of folders with everything below them.
    pub fn of_trees() -> (Self, mpsc::UnboundedReceiver<PathBuf>) {
        let (watch, receiver) = Self::new();
        (Self { depth: RecursiveMode::Recursive, ..watch }, receiver)
    }

    /// Watches exactly `paths` from now on: folders for what appears in them, files through their folder. False where one of
    /// them cannot be watched.
    pub fn set(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> bool {
        let Some(watcher) = &mut self.watcher else { return false };
        let wanted: BTreeSet<PathBuf> =
            paths.into_iter().filter_map(|path| nearest_folder(&path)).collect();
        let mut watched = BTreeMap::new();
        let all = wanted.len();
        for (folder, id) in &self.folders {
            if wanted.contains(folder) && id.is_some() && *id == identity(folder) {
                watched.insert(folder.clone(), *id);
            } else {
                watcher.unwatch(folder).ok(); // a folder that was removed is not watched any more
            }
        }
        for folder in wanted {
            if watched.contains_key(&folder) {
                continue;
            }
            let id = identity(&folder);
            match watcher.watch(&folder, self.depth) {
                Ok(()) => {
                    watched.insert(folder, id);
                }
                Err(error) => tracing::debug!(%error, "a folder cannot be watched"),
            }
        }
        self.folders = watched;
        self.folders.len() == all
    }
}

fn identity(folder: &Path) -> Option<u64> {
    std::fs::metadata(folder).ok().map(|data| data.ino())
}

/// The folder to watch for changes of `path`: itself if it is one, else the nearest one above that exists.
fn nearest_folder(path: &Path) -> Option<PathBuf> {
    path.ancestors().find(|above| above.is_dir()).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_file_that_appears_and_one_that_is_replaced_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials.json");
        let (mut watch, mut changed) = Watch::new();
        watch.set([file.clone()]);
        let mut next = async || {
            let wait = async { while changed.recv().await.unwrap() != file {} };
            tokio::time::timeout(Duration::from_secs(5), wait).await.unwrap();
        };
        fs_err::write(&file, b"one").unwrap();
        next().await;
        fs_err::write(folder.path().join("new"), b"two").unwrap();
        fs_err::rename(folder.path().join("new"), &file).unwrap();
        next().await;
    }

    #[tokio::test]
    async fn a_folder_that_was_removed_and_made_again_is_watched_again() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("logs");
        fs_err::create_dir(&folder).unwrap();
        let (mut watch, mut changed) = Watch::of_trees();
        assert!(watch.set([folder.clone()]));
        // Made before the old one goes, so that it cannot get the same number.
        fs_err::create_dir(above.path().join("new")).unwrap();
        fs_err::remove_dir(&folder).unwrap();
        fs_err::rename(above.path().join("new"), &folder).unwrap();
        assert!(watch.set([folder.clone()]));
        let file = folder.join("a.jsonl");
        fs_err::write(&file, b"one").unwrap();
        let wait = async { while changed.recv().await.unwrap() != file {} };
        tokio::time::timeout(Duration::from_secs(5), wait).await.unwrap();
    }
}
