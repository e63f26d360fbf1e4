//! Watching files for change: event-driven, no polling.

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _, event::EventKind};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// Watches a set of paths. A file that is not there (yet) is watched through its nearest folder.
#[derive(Debug)]
pub struct Watch {
    watcher: Option<RecommendedWatcher>,
    folders: BTreeSet<PathBuf>,
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
        (Self { watcher, folders: BTreeSet::new(), depth: RecursiveMode::NonRecursive }, receiver)
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
        for gone in self.folders.difference(&wanted) {
            watcher.unwatch(gone).ok(); // a folder that was removed is not watched any more
        }
        let mut watched = BTreeSet::new();
        let all = wanted.len();
        for folder in wanted {
            if self.folders.contains(&folder) && folder.is_dir() {
                watched.insert(folder);
                continue;
            }
            match watcher.watch(&folder, self.depth) {
                Ok(()) => {
                    watched.insert(folder);
                }
                Err(error) => tracing::debug!(%error, "a folder cannot be watched"),
            }
        }
        self.folders = watched;
        self.folders.len() == all
    }
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
}
