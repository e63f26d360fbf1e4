//! An update on its way into place: downloaded beside what runs, verified, unpacked, exchanged; and taken back when it does
//! not run.

use crate::{Key, Offer, UpdateError, place::PROGRAMS, verify};
use claudometer_host::{Files, Host};
use flate2::read::GzDecoder;
use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

/// A release is smaller than this.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Where what ran before waits until the new one has run for a while.
const PREVIOUS: &str = ".claudometer-previous";
/// Says that the new one was started once.
const STARTED: &str = "started";

/// What was put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The resident's executable.
    pub program: PathBuf,
}

/// Downloads the file of an offer and verifies it; `progress` is told bytes and, where it is known, their sum. What came of a
/// download that broke off is gone on with.
pub async fn download(
    host: &Host,
    folder: &Path,
    offer: &Offer,
    key: &Key,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Vec<u8>, UpdateError> {
    // Of each version its own, so that one is never gone on with from the middle of another.
    let part = folder.join(format!(".claudometer-{}.part", offer.version));
    let status = host.http.download(&offer.url, &part, LARGEST, progress).await?;
    if !(200..300).contains(&status) {
        return Err(UpdateError::NoRelease(status));
    }
    let mut bytes = Vec::new();
    if let Some(stream) = host.files.stream(&part, 0)? {
        stream.take(LARGEST).read_to_end(&mut bytes)?;
    }
    let verified = verify(&bytes, &offer.signature, &offer.version, key);
    // Whatever it is: a good one is in memory now, and another one must not be gone on with.
    host.files.remove(&part)?;
    verified.map(|()| bytes)
}

/// Puts the executables of a verified archive in place of those in `folder`, which are kept until the new ones have run for
/// a while. All of them are exchanged, or none.
pub fn install(files: &Files, folder: &Path, archive: &[u8]) -> Result<Installed, UpdateError> {
    let programs = programs(archive)?;
    let previous = folder.join(PREVIOUS);
    files.remove_folder(&previous)?;
    let done = exchange(files, folder, &previous, &programs);
    if let Err(error) = done {
        // The first error is the one that is told.
        for name in programs.keys() {
            files.remove(&staged(folder, name)).ok();
        }
        files.remove_folder(&previous).ok();
        return Err(error.into());
    }
    Ok(Installed { program: folder.join(PROGRAMS[0]) })
}

fn staged(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.new"))
}

fn exchange(
    files: &Files,
    folder: &Path,
    previous: &Path,
    programs: &BTreeMap<&'static str, Vec<u8>>,
) -> io::Result<()> {
    // Written beside first: what has no room fails here, before anything was touched.
    for (name, bytes) in programs {
        files.write_program(&staged(folder, name), bytes)?;
    }
    files.make_folder(previous)?;
    let mut moved = Vec::new();
    for name in programs.keys() {
        let (now, old) = (folder.join(name), previous.join(name));
        let done = files.rename(&now, &old).and_then(|()| {
            moved.push((old, now.clone()));
            files.rename(&staged(folder, name), &now)
        });
        if done.is_err() {
            for (old, now) in moved.iter().rev() {
                files.rename(old, now).ok(); // the first error is the one that is told
            }
            return done;
        }
    }
    Ok(())
}

/// The executables in an archive, by name.
fn programs(archive: &[u8]) -> Result<BTreeMap<&'static str, Vec<u8>>, UpdateError> {
    let wrong = |why: &dyn std::fmt::Display| UpdateError::Archive(why.to_string());
    let mut found = BTreeMap::new();
    let mut unpacked = tar::Archive::new(GzDecoder::new(archive).take(LARGEST));
    for entry in unpacked.entries().map_err(|error| wrong(&error))? {
        let mut entry = entry.map_err(|error| wrong(&error))?;
        let path = entry.path().map_err(|error| wrong(&error))?.into_owned();
        let is_program = |name: &&'static str| path.ends_with(Path::new("bin").join(name));
        if let Some(name) = PROGRAMS.iter().copied().find(|name| is_program(name)) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).map_err(|error| wrong(&error))?;
            found.insert(name, bytes);
        }
    }
    match PROGRAMS.iter().find(|name| found.get(**name).is_none_or(Vec::is_empty)) {
        Some(missing) => Err(wrong(&format!("{missing} is not in it"))),
        None => Ok(found),
    }
}

/// What ran before an update.
#[derive(Debug)]
pub struct Previous {
    folder: PathBuf,
}

impl Previous {
    /// What ran before in this folder, while it is not certain that the new one runs.
    pub fn of(files: &Files, folder: &Path) -> Option<Self> {
        let kept = folder.join(PREVIOUS).join(PROGRAMS[0]);
        files.is_file(&kept).then(|| Self { folder: folder.to_owned() })
    }

    /// Whether the new one was started before, and did not live to say that it runs.
    pub fn has_failed(&self, files: &Files) -> bool {
        files.is_file(&self.folder.join(PREVIOUS).join(STARTED))
    }

    /// Notes that the new one is started now.
    pub fn note_start(&self, files: &Files) -> Result<(), UpdateError> {
        Ok(files.write_private(&self.folder.join(PREVIOUS).join(STARTED), b"")?)
    }

    /// Puts it back; answers the resident's executable.
    pub fn put_back(self, files: &Files) -> Result<PathBuf, UpdateError> {
        for name in PROGRAMS {
            let old = self.folder.join(PREVIOUS).join(name);
            if files.is_file(&old) {
                files.rename(&old, &self.folder.join(name))?;
            }
        }
        files.remove_folder(&self.folder.join(PREVIOUS))?;
        Ok(self.folder.join(PROGRAMS[0]))
    }

    /// Lets go of it: the new one runs.
    pub fn forget(self, files: &Files) -> Result<(), UpdateError> {
        Ok(files.remove_folder(&self.folder.join(PREVIOUS))?)
    }
}
