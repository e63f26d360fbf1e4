//! Files, on disk or in memory.

use chrono::{DateTime, Utc};
use std::{
    collections::BTreeMap,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The largest file that is read whole: credentials, settings and snapshots are far smaller.
const LARGEST: u64 = 16 * 1024 * 1024;

/// What is known of a file without opening it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Path.
    pub path: PathBuf,
    /// Whether it is a folder.
    pub is_folder: bool,
    /// Bytes.
    pub size: u64,
    /// Last change, in UTC.
    pub modified: DateTime<Utc>,
}

type Tree = BTreeMap<PathBuf, (Vec<u8>, DateTime<Utc>)>;
type Memory = Arc<Mutex<Tree>>;

/// Where a file is written to piece by piece.
pub type Pieces<'a> = dyn io::Write + Send + 'a;

/// A tree of files. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Files(Option<Memory>);

impl Files {
    /// The disk.
    pub const fn disk() -> Self {
        Self(None)
    }

    /// A tree that lives only in memory.
    pub fn memory() -> Self {
        Self(Some(Arc::default()))
    }

    /// Whether it is the disk.
    pub const fn is_disk(&self) -> bool {
        self.0.is_none()
    }

    /// Puts a file with a given time of change into a memory tree; on disk it is an ordinary atomic write.
    pub fn place(&self, path: &Path, bytes: &[u8], modified: DateTime<Utc>) -> io::Result<()> {
        match &self.0 {
            Some(memory) => {
                held(memory).insert(path.to_owned(), (bytes.to_vec(), modified));
                Ok(())
            }
            None => self.write_private(path, bytes),
        }
    }

    /// The whole file; `None` where there is none. A file over 16 MiB is an error.
    pub fn read(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        if let Some(memory) = &self.0 {
            return Ok(held(memory).get(path).map(|(bytes, _)| bytes.clone()));
        }
        let file = match fs_err::File::open(path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("{} is over 16 MiB", path.display()),
            ));
        }
        Ok(Some(bytes))
    }

    /// The file as text; `None` where there is none. Bytes that are not UTF-8 become replacement characters.
    pub fn read_text(&self, path: &Path) -> io::Result<Option<String>> {
        Ok(self.read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The last `bytes` of a file, from the first whole line on; `None` where there is none.
    pub fn read_tail(&self, path: &Path, bytes: u64) -> io::Result<Option<String>> {
        let (tail, cut) = if let Some(memory) = &self.0 {
            let Some((all, _)) = held(memory).get(path).cloned() else { return Ok(None) };
            let from = all.len().saturating_sub(bytes as usize);
            (all[from..].to_vec(), from > 0)
        } else {
            let mut file = match fs_err::File::open(path) {
                Ok(file) => file,
                Err(error) if is_absent(&error) => return Ok(None),
                Err(error) => return Err(error),
            };
            let from = file.metadata()?.len().saturating_sub(bytes);
            file.seek(SeekFrom::Start(from))?;
            let mut tail = Vec::new();
            file.take(bytes).read_to_end(&mut tail)?;
            (tail, from > 0)
        };
        let text = String::from_utf8_lossy(&tail);
        let whole = if cut { text.split_once('\n').map_or("", |(_, rest)| rest) } else { &text };
        Ok(Some(whole.to_owned()))
    }

    /// The file from byte `from` on, to be read piece by piece, however large it is; `None` where there is none.
    pub fn stream(&self, path: &Path, from: u64) -> io::Result<Option<Stream>> {
        if let Some(memory) = &self.0 {
            let bytes = held(memory).get(path).map(|(bytes, _)| bytes.clone());
            return Ok(bytes.map(|bytes| {
                let from = usize::try_from(from).unwrap_or(usize::MAX).min(bytes.len());
                Stream(Inner::Memory(bytes.into_iter().skip(from).collect()))
            }));
        }
        let mut file = match std::fs::File::open(path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        if from > 0 {
            file.seek(SeekFrom::Start(from))?;
        }
        Ok(Some(Stream(Inner::Disk(file))))
    }

    /// Paths and contents' sizes of a memory tree below a folder; nothing on disk.
    pub(crate) fn in_memory_below(&self, folder: &Path) -> Vec<(PathBuf, u64, DateTime<Utc>)> {
        let Some(memory) = &self.0 else { return Vec::new() };
        let files = held(memory);
        let below = files.iter().filter(|(path, _)| path.starts_with(folder));
        below.map(|(path, (bytes, at))| (path.clone(), bytes.len() as u64, *at)).collect()
    }

    /// What is known of `path`; `None` where there is nothing or it cannot be looked at.
    pub fn entry(&self, path: &Path) -> Option<Entry> {
        if let Some(memory) = &self.0 {
            let files = held(memory);
            let found = files.get(path).map(|(bytes, modified)| Entry {
                path: path.to_owned(),
                is_folder: false,
                size: bytes.len() as u64,
                modified: *modified,
            });
            return found.or_else(|| {
                let newest = files
                    .iter()
                    .filter(|(file, _)| file.starts_with(path))
                    .map(|(_, (_, at))| *at)
                    .max()?;
                Some(Entry { path: path.to_owned(), is_folder: true, size: 0, modified: newest })
            });
        }
        let data = fs_err::metadata(path).ok()?;
        Some(Entry {
            path: path.to_owned(),
            is_folder: data.is_dir(),
            size: data.len(),
            modified: data.modified().ok()?.into(),
        })
    }

    /// Whether a file (not a folder) is there.
    pub fn is_file(&self, path: &Path) -> bool {
        self.entry(path).is_some_and(|entry| !entry.is_folder)
    }

    /// `path` without links and detours; as it is where it does not exist or lies in memory.
    pub fn canonical(&self, path: &Path) -> PathBuf {
        match &self.0 {
            Some(_) => path.to_owned(),
            None => fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
        }
    }

    /// What a folder holds, by name; empty where it cannot be read.
    pub fn list(&self, folder: &Path) -> Vec<Entry> {
        let mut paths: Vec<PathBuf> = if let Some(memory) = &self.0 {
            let files = held(memory);
            let below = files.keys().filter_map(|file| {
                Some(folder.join(file.strip_prefix(folder).ok()?.components().next()?))
            });
            below.collect()
        } else {
            let Ok(listing) = fs_err::read_dir(folder) else { return Vec::new() };
            listing.flatten().map(|entry| entry.path()).collect()
        };
        paths.sort_unstable();
        paths.dedup();
        paths.iter().filter_map(|path| self.entry(path)).collect()
    }

    /// Replaces a file wholly or not at all; only its owner may read it. Folders are made as needed.
    pub fn write_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.write(path, bytes, 0o600)
    }

    /// Replaces a file wholly or not at all by what `fill` writes piece by piece; only its owner may read it. Folders are made
    /// as needed.
    pub fn write_private_in_pieces<T, E: From<io::Error>>(
        &self,
        path: &Path,
        fill: impl FnOnce(&mut Pieces<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.fill(path, 0o600, fill)
    }

    /// Replaces an executable wholly or not at all.
    pub fn write_program(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.write(path, bytes, 0o755)
    }

    /// Whether files can be made in a folder.
    pub fn can_write(&self, folder: &Path) -> bool {
        self.0.is_some() || rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
    }

    /// Removes a folder with all that is in it; none is as good.
    pub fn remove_folder(&self, folder: &Path) -> io::Result<()> {
        if let Some(memory) = &self.0 {
            held(memory).retain(|path, _| !path.starts_with(folder));
            return Ok(());
        }
        match fs_err::remove_dir_all(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Replaces another program's file wholly or not at all, keeping its permissions, or 0600 for a new one.
    /// A link is followed, so that it stays a link.
    pub fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if self.0.is_some() {
            return self.write(path, bytes, 0o600);
        }
        let target = fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mode = fs_err::metadata(&target).map_or(0o600, |data| {
            std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o777
        });
        self.write(&target, bytes, mode)
    }

    /// Adds to the end of a file that only its owner may read, in one piece.
    pub fn append_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        if let Some(memory) = &self.0 {
            let mut files = held(memory);
            let (text, modified) = files.entry(path.to_owned()).or_default();
            text.extend_from_slice(bytes);
            *modified = Utc::now();
            return Ok(());
        }
        self.make_folder(path.parent().unwrap_or(Path::new(".")))?;
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true).mode(0o600);
        let mut file = fs_err::OpenOptions::from_options(options).open(path)?;
        io::Write::write_all(&mut file, bytes)
    }

    fn write(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
        self.fill(path, mode, |out| out.write_all(bytes))
    }

    pub(crate) fn fill<T, E: From<io::Error>>(
        &self,
        path: &Path,
        mode: u32,
        fill: impl FnOnce(&mut Pieces<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        if let Some(memory) = &self.0 {
            let mut bytes = Vec::new();
            let told = fill(&mut bytes)?;
            held(memory).insert(path.to_owned(), (bytes, Utc::now()));
            return Ok(told);
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        self.make_folder(folder)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let part = folder.join(format!(".{name}.{}-{:x}", std::process::id(), fastrand::u32(..)));
        let written = fill_part(&part, mode, fill)
            .and_then(|told| fs_err::rename(&part, path).map(|()| told).map_err(E::from));
        if written.is_err() {
            fs_err::remove_file(&part).ok(); // what could not be written wholly is not worth a second error
        }
        written
    }

    /// Makes a folder and those above it; new ones are closed to other users.
    pub fn make_folder(&self, folder: &Path) -> io::Result<()> {
        use std::os::unix::fs::DirBuilderExt as _;
        if self.0.is_some() || folder.is_dir() {
            return Ok(());
        }
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("could not make the folder {}: {error}", folder.display()),
            )
        })
    }

    /// Moves a file within its folder, for setting a damaged one aside.
    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        match &self.0 {
            Some(memory) => {
                let mut files = held(memory);
                let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
                files.insert(to.to_owned(), file);
                Ok(())
            }
            None => fs_err::rename(from, to),
        }
    }

    /// Has a second name lead to a file, or to a copy of it where the file system knows only one name for each.
    pub fn keep(&self, file: &Path, kept: &Path) -> io::Result<()> {
        if let Some(memory) = &self.0 {
            let mut files = held(memory);
            let found = files.get(file).cloned().ok_or(io::ErrorKind::NotFound)?;
            files.insert(kept.to_owned(), found);
            return Ok(());
        }
        fs_err::hard_link(file, kept).or_else(|_| fs_err::copy(file, kept).map(drop))
    }

    /// Puts a file that was prepared beside it in the place of another, which goes `aside`. At every moment a whole file has
    /// the name.
    pub fn put_in_place(&self, prepared: &Path, path: &Path, aside: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        let exchanged = self.0.is_none()
            && renameat_with(CWD, prepared, CWD, path, RenameFlags::EXCHANGE).is_ok();
        if exchanged {
            self.rename(prepared, aside)?;
        } else {
            self.keep(path, aside)?;
            self.rename(prepared, path)?;
        }
        self.settle(path)
    }

    /// Has what was written to a file reach the disk.
    pub fn sync(&self, path: &Path) -> io::Result<()> {
        if self.0.is_some() {
            return Ok(());
        }
        fs_err::File::open(path)?.sync_all()
    }

    /// Has a folder's names reach the disk: after a power cut a file is found under the name that it was given.
    pub fn settle(&self, path: &Path) -> io::Result<()> {
        match path.parent().filter(|_| self.0.is_none()) {
            Some(folder) => fs_err::File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }

    /// Has two files or folders change places, at once where the file system can.
    pub fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if self.0.is_none() && renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok() {
            return Ok(());
        }
        let mut aside = one.as_os_str().to_owned();
        aside.push(".aside");
        let aside = Path::new(&aside);
        self.rename(one, aside)?;
        if let Err(error) = self.rename(other, one) {
            self.rename(aside, one).ok(); // the first error is the one that is told
            return Err(error);
        }
        self.rename(aside, other)
    }

    /// What a file is to the system, whatever its name: another number where another file has taken the name. `None` where
    /// there is none, or nobody can say.
    pub fn identity(&self, path: &Path) -> Option<(u64, u64)> {
        use std::os::unix::fs::MetadataExt as _;
        if self.0.is_some() {
            return None;
        }
        let data = fs_err::metadata(path).ok()?;
        Some((data.dev(), data.ino()))
    }

    /// Removes a file; one that is not there is no error.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        if let Some(memory) = &self.0 {
            held(memory).remove(path);
            return Ok(());
        }
        match fs_err::remove_file(path) {
            Err(error) if is_absent(&error) => Ok(()),
            other => other,
        }
    }
}

/// A file that is read piece by piece.
#[derive(Debug)]
pub struct Stream(Inner);

#[derive(Debug)]
enum Inner {
    Disk(std::fs::File),
    Memory(std::collections::VecDeque<u8>),
}

impl io::Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Disk(file) => file.read(buffer),
            Inner::Memory(bytes) => bytes.read(buffer),
        }
    }
}

/// Sets who may do what with a file of ours, such as a socket.
pub fn set_mode(path: &Path, permissions: std::fs::Permissions) -> io::Result<()> {
    fs_err::set_permissions(path, permissions)
}

fn fill_part<T, E: From<io::Error>>(
    part: &Path,
    mode: u32,
    fill: impl FnOnce(&mut Pieces<'_>) -> Result<T, E>,
) -> Result<T, E> {
    use fs_err::os::unix::fs::OpenOptionsExt as _;
    let file = fs_err::OpenOptions::new().write(true).create_new(true).mode(mode).open(part)?;
    let mut out = io::BufWriter::new(file);
    let told = fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    Ok(told)
}

fn held(memory: &Memory) -> MutexGuard<'_, Tree> {
    memory.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn both(test: impl Fn(Files, &Path)) {
        let folder = tempfile::tempdir().unwrap();
        test(Files::disk(), folder.path());
        test(Files::memory(), Path::new("/memory"));
    }

    #[test]
    fn disk_and_memory_read_write_list_and_remove_alike() {
        both(|files, root| {
            let path = root.join("a/b.json");
            assert_eq!(files.read(&path).unwrap(), None);
            files.write_private(&path, b"one\ntwo\n").unwrap();
            assert_eq!(files.read_text(&path).unwrap().as_deref(), Some("one\ntwo\n"));
            assert_eq!(files.read_tail(&path, 5).unwrap().as_deref(), Some("two\n"));
            assert!(files.is_file(&path) && !files.is_file(root.join("a").as_path()));
            let names: Vec<_> = files.list(&root.join("a")).into_iter().map(|e| e.path).collect();
            assert_eq!(names, std::slice::from_ref(&path));
            files.rename(&path, &root.join("a/c.json")).unwrap();
            files.remove(&path).unwrap();
            assert!(files.is_file(&root.join("a/c.json")));
        });
    }

    #[test]
    fn two_files_change_places_and_one_can_be_kept_under_another_name() {
        both(|files, root| {
            let (one, other) = (root.join("one"), root.join("other"));
            files.write_program(&one, b"1").unwrap();
            files.write_program(&other, b"2").unwrap();
            files.keep(&one, &root.join("kept")).unwrap();
            files.exchange(&one, &other).unwrap();
            let text = |name: &str| files.read_text(&root.join(name)).unwrap().unwrap();
            assert_eq!([text("one"), text("other"), text("kept")], ["2", "1", "1"]);
            assert!(files.exchange(&one, &root.join("none")).is_err());
            assert_eq!(text("one"), "2");
            assert_eq!(files.list(root).len(), 3, "nothing is left beside them");
        });
        let folder = tempfile::tempdir().unwrap();
        let (files, file) = (Files::disk(), folder.path().join("program"));
        assert_eq!(files.identity(&file), None);
        files.write_program(&file, b"1").unwrap();
        let before = files.identity(&file);
        assert!(before.is_some() && files.identity(&file) == before);
        files.keep(&file, &folder.path().join("kept")).unwrap();
        files.write_program(&file, b"1").unwrap();
        assert!(files.identity(&file) != before, "another file has taken its name");
    }

    #[test]
    fn a_private_file_is_closed_to_others_and_a_replaced_one_keeps_its_mode_and_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real.json"), folder.path().join("link.json"));
        Files::disk().write_private(&file, b"{}").unwrap();
        let mode = |path: &Path| fs_err::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        fs_err::os::unix::fs::symlink(&file, &link).unwrap();
        Files::disk().replace(&link, b"{\"a\":1}").unwrap();
        assert_eq!(mode(&file), 0o644);
        assert!(fs_err::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(Files::disk().read_text(&file).unwrap().as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_file_and_no_litter() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("name");
        fs_err::create_dir(&target).unwrap();
        fs_err::write(target.join("inside"), b"x").unwrap();
        assert!(Files::disk().write_private(&target, b"y").is_err());
        assert_eq!(Files::disk().list(folder.path()).len(), 1);
    }

    #[test]
    fn a_file_in_pieces_is_there_when_the_last_one_is_and_not_at_all_where_one_fails() {
        both(|files, root| {
            let path = root.join("a/pieces");
            let count = files.write_private_in_pieces(&path, |out| {
                for nth in 0..1000 {
                    writeln!(out, "{nth}")?;
                }
                assert!(!files.is_file(&path));
                Ok::<_, io::Error>(1000)
            });
            assert_eq!(count.unwrap(), 1000);
            assert_eq!(files.read_text(&path).unwrap().unwrap().lines().count(), 1000);
            let failed = files.write_private_in_pieces(&path, |out| {
                out.write_all(b"half")?;
                Err::<(), _>(io::Error::other("no more"))
            });
            assert!(failed.is_err());
            assert_eq!(files.read_text(&path).unwrap().unwrap().lines().count(), 1000);
            assert_eq!(files.list(&root.join("a")).len(), 1);
        });
    }
}
