//! All files below a folder, with what tells whether one has changed.

use crate::Files;
use std::{
    collections::HashSet,
    fs, io,
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

/// A folder or a file that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Its path.
    pub path: PathBuf,
    /// Why not.
    pub why: String,
}

/// What a walk found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// The files, by the bytes of their paths.
    pub leaves: Vec<Leaf>,
    /// What could not be looked at.
    pub unreadable: Vec<Unreadable>,
}

impl Files {
    /// Every file below `folder` that `wanted` says yes to, by the bytes of their paths. What cannot be read is left out.
    pub fn leaves(&self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> Vec<Leaf> {
        self.walk(&[folder.to_owned()], wanted).leaves
    }

    /// Every file that `wanted` says yes to among `places`, which are files and folders, and below them. A file counts once,
    /// however many names and links lead to it.
    pub fn walk(&self, places: &[PathBuf], wanted: &dyn Fn(&Path) -> bool) -> Walk {
        let mut walking = Walking { wanted, folders: HashSet::new(), found: Found::default() };
        for place in places {
            if self.is_disk() {
                walking.place(place);
            } else {
                let below = self.in_memory_below(place).into_iter();
                let leaves = below.filter(|(path, ..)| wanted(path));
                walking.found.walk.leaves.extend(leaves.map(|(path, size, at)| Leaf {
                    path,
                    size,
                    modified_ns: at.timestamp_nanos_opt().unwrap_or_default(),
                    id: 0,
                }));
            }
        }
        walking.found.sorted()
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

/// What was found so far.
#[derive(Default)]
struct Found {
    walk: Walk,
    /// Files that may have further names, with what the file system calls them.
    named_again: Vec<((u64, u64), Leaf)>,
    /// The same of links, which give way to a name of the file itself.
    linked: Vec<((u64, u64), Leaf)>,
}

impl Found {
    fn file(&mut self, path: PathBuf, data: &fs::Metadata) {
        let leaf = of(path, data);
        if data.nlink() > 1 {
            self.named_again.push(((data.dev(), data.ino()), leaf));
        } else {
            self.walk.leaves.push(leaf);
        }
    }

    fn sorted(mut self) -> Walk {
        let leaves = &mut self.walk.leaves;
        let mut known: HashSet<(u64, u64)> = HashSet::new();
        sort(&mut self.named_again, |(_, leaf)| leaf);
        for (id, leaf) in self.named_again {
            if known.insert(id) {
                leaves.push(leaf);
            }
        }
        // Of links only those count that lead to what has no other name among these.
        let inodes: HashSet<u64> = self.linked.iter().map(|((_, inode), _)| *inode).collect();
        let perhaps = leaves.iter().filter(|leaf| inodes.contains(&leaf.id));
        known.extend(perhaps.filter_map(|leaf| id(&leaf.path)));
        sort(&mut self.linked, |(_, leaf)| leaf);
        for (id, leaf) in self.linked {
            if known.insert(id) {
                leaves.push(leaf);
            }
        }
        sort(leaves, |leaf| leaf);
        leaves.dedup_by(|one, other| one.path == other.path);
        self.walk
    }
}

fn sort<T>(all: &mut [T], leaf: impl Fn(&T) -> &Leaf) {
    // Most are in order already, which this notices.
    all.sort_by(|one, other| {
        let [one, other] = [one, other].map(|one| leaf(one).path.as_os_str().as_encoded_bytes());
        one.cmp(other)
    });
}

/// What the file system calls a file.
fn id(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|data| (data.dev(), data.ino()))
}

struct Walking<'a> {
    wanted: &'a dyn Fn(&Path) -> bool,
    /// Folders that were walked.
    folders: HashSet<(u64, u64)>,
    found: Found,
}

impl Walking<'_> {
    fn place(&mut self, place: &Path) {
        match fs::metadata(place) {
            Ok(data) if data.is_dir() => {
                if self.folders.insert((data.dev(), data.ino())) {
                    self.folder(place, DEEPEST);
                }
            }
            Ok(data) if data.is_file() && (self.wanted)(place) => {
                self.found.file(place.to_owned(), &data);
            }
            Ok(_) => {}
            Err(error) => self.unreadable(place, &error),
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        let listing = match fs::read_dir(folder) {
            Ok(listing) => listing,
            Err(error) => return self.unreadable(folder, &error),
        };
        let mut entries = Vec::new();
        for entry in listing {
            match entry {
                Ok(entry) => entries.extend(entry.file_type().ok().map(|kind| (entry, kind))),
                Err(error) => self.unreadable(folder, &error),
            }
        }
        // In the order of whole paths: what lies in a folder comes behind its name and a slash. Short names are compared much
        // quicker than whole paths that begin alike.
        entries.sort_by_cached_key(|(entry, kind)| {
            let mut name = entry.file_name().into_encoded_bytes();
            if kind.is_dir() {
                name.push(b'/');
            }
            name
        });
        for (entry, kind) in entries {
            self.entry(&entry, kind, depth);
        }
    }

    fn entry(&mut self, entry: &fs::DirEntry, kind: fs::FileType, depth: usize) {
        // Many are kept: each takes no more room than its letters.
        let path = entry.path().into_boxed_path().into_path_buf();
        if kind.is_file() {
            if (self.wanted)(&path) {
                match entry.metadata() {
                    Ok(data) => self.found.file(path, &data),
                    Err(error) => self.unreadable(&path, &error),
                }
            }
            return;
        }
        // A folder, or a link to something; one to nothing is passed over.
        match fs::metadata(&path) {
            Ok(data) if data.is_file() && (self.wanted)(&path) => {
                let id = (data.dev(), data.ino());
                self.found.linked.push((id, of(path, &data)));
            }
            Ok(data) if data.is_dir() && depth > 0 => {
                if self.folders.insert((data.dev(), data.ino())) {
                    self.folder(&path, depth - 1);
                }
            }
            Ok(_) => {}
            Err(error) => self.unreadable(&path, &error),
        }
    }

    /// What is not there any more, and a link that leads nowhere, is nothing that could not be read.
    fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let is_loop = rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP);
        let is_nothing = is_loop
            || matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory);
        if !is_nothing {
            let why = error.to_string();
            self.found.walk.unreadable.push(Unreadable { path: path.to_owned(), why });
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
        fs::create_dir(root.join("b")).unwrap();
        symlink(root.join("a/one.jsonl"), root.join("0-link.jsonl")).unwrap();
        fs::hard_link(root.join("a/one.jsonl"), root.join("b/twin.jsonl")).unwrap();
        symlink("loop.jsonl", root.join("b/loop.jsonl")).unwrap();
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
        let places = [root.join("a/one.jsonl"), root.to_owned(), root.join("a")];
        let walk = Files::disk().walk(&places, &wanted);
        assert_eq!(walk, Walk { leaves: found, unreadable: Vec::new() });
    }

    #[test]
    fn a_link_to_what_lies_elsewhere_counts_and_a_folder_that_cannot_be_read_is_named() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(elsewhere.path().join("kept.jsonl"), "1").unwrap();
        for name in ["one.jsonl", "two.jsonl"] {
            symlink(elsewhere.path().join("kept.jsonl"), folder.path().join(name)).unwrap();
        }
        let closed = folder.path().join("closed");
        fs::create_dir(&closed).unwrap();
        fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
        let walk = Files::disk().walk(&[folder.path().to_owned()], &|_| true);
        let paths: Vec<_> = walk.leaves.iter().map(|leaf| leaf.path.clone()).collect();
        assert_eq!(paths, [folder.path().join("one.jsonl")]);
        // Whoever may read everything, as root may, is refused nothing.
        if fs::read_dir(&closed).is_err() {
            assert_eq!(walk.unreadable.len(), 1);
            assert_eq!(walk.unreadable[0].path, closed);
        }
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
