//! All files below a folder, with what tells whether one has changed.

use crate::Files;
use std::{
    collections::HashSet,
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// How deep folders are followed.
const DEEPEST: usize = 16;

/// A file, as it was when it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Its path.
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Its last change, in nanoseconds since 1970 in UTC.
    pub modified_ns: i64,
    /// What the file system calls it: another file under the same name has another one. 0 in memory.
    pub id: u64,
}

impl Files {
    /// Every file below `folder` that `wanted` says yes to, by path. What cannot be read is left out; a folder that is
    /// reached twice by links counts once.
    pub fn leaves(&self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<Leaf> {
        let mut leaves = Vec::new();
        if self.is_disk() {
            let mut seen = HashSet::new();
            if let Ok(data) = fs::metadata(folder) {
                seen.insert((data.dev(), data.ino()));
                walk(folder, wanted, DEEPEST, &mut seen, &mut leaves);
            }
        } else {
            let below = self.in_memory_below(folder).into_iter();
            leaves.extend(below.filter(|(path, ..)| wanted(path)).map(|(path, size, at)| Leaf {
                path,
                size,
                modified_ns: at.timestamp_nanos_opt().unwrap_or_default(),
                id: 0,
            }));
        }
        leaves.sort_unstable_by(|one, other| one.path.cmp(&other.path));
        leaves
    }

    /// A single file as a leaf.
    pub fn leaf(&self, path: &Path) -> Option<Leaf> {
        if !self.is_disk() {
            return self.leaves(path, &|_| true).into_iter().find(|leaf| leaf.path == path);
        }
        let data = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        Some(of(path.to_owned(), &data))
    }
}

fn of(path: PathBuf, data: &fs::Metadata) -> Leaf {
    let modified_ns = data.mtime().saturating_mul(1_000_000_000).saturating_add(data.mtime_nsec());
    Leaf { path, size: data.len(), modified_ns, id: data.ino() }
}

fn walk(
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    depth: usize,
    seen: &mut HashSet<(u64, u64)>,
    leaves: &mut Vec<Leaf>,
) {
    let Ok(listing) = fs::read_dir(folder) else { return };
    for entry in listing.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_file() {
            if wanted(&path)
                && let Ok(data) = entry.metadata()
            {
                leaves.push(of(path, &data));
            }
            continue;
        }
        let Ok(data) = fs::metadata(&path) else { continue };
        if data.is_file() && wanted(&path) {
            leaves.push(of(path, &data));
        } else if data.is_dir() && depth > 0 && seen.insert((data.dev(), data.ino())) {
            walk(&path, wanted, depth - 1, seen, leaves);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn files_below_a_folder_are_found_once_however_links_lead() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("a/dir.jsonl")).unwrap();
        fs::write(root.join("a/one.jsonl"), "12345").unwrap();
        fs::write(root.join("a/two.txt"), "").unwrap();
        fs::write(root.join("a/dir.jsonl/three.jsonl"), "").unwrap();
        symlink(root, root.join("a/loop")).unwrap();
        symlink(root.join("nowhere"), root.join("a/dangling.jsonl")).unwrap();
        let wanted = |path: &Path| path.extension().is_some_and(|end| end == "jsonl");
        let found = Files::disk().leaves(root, &wanted);
        let names: Vec<_> = found
            .iter()
            .map(|leaf| leaf.path.strip_prefix(root).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a/dir.jsonl/three.jsonl", "a/one.jsonl"]);
        assert_eq!(found[1].size, 5);
        assert_eq!(Files::disk().leaf(&found[1].path), Some(found[1].clone()));
        assert_eq!(Files::disk().leaves(&root.join("none"), &wanted), []);
    }

    #[test]
    fn a_tree_in_memory_is_walked_alike() {
        let files = Files::memory();
        let (inside, outside) = (Path::new("/a/b/c.jsonl"), Path::new("/z.jsonl"));
        files.write_private(inside, b"xy").unwrap();
        files.write_private(outside, b"").unwrap();
        let found = files.leaves(Path::new("/a"), &|_| true);
        assert_eq!((found.len(), found[0].size), (1, 2));
        assert_eq!(files.leaf(outside).map(|leaf| leaf.size), Some(0));
        assert_eq!(files.leaf(Path::new("/a")), None);
    }
}
