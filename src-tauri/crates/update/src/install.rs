//! An update on its way into place: downloaded beside what runs, verified, unpacked, exchanged; and taken back when it does
//! not run. Whenever this is ended, a whole release lies there.

use crate::{
    Installation, Key, Offer, UpdateError,
    place::PROGRAMS,
    unpack::{programs, unpack_bundle},
    verify,
};
use claudometer_host::{Files, Host};
use std::{
    io::{self, Read as _},
    path::PathBuf,
};

/// A release is smaller than this.
pub(crate) const LARGEST: u64 = 256 * 1024 * 1024;
/// Says that the new one was started once.
const STARTED: &str = "started";

impl Installation {
    /// Where what ran before waits until the new one has run for a while.
    fn previous(&self) -> PathBuf {
        self.folder().join(match self {
            Self::Folder(_) => ".claudometer-previous".to_owned(),
            Self::AppImage(_) | Self::Bundle(_) => format!(".{}-previous", self.pieces()[0]),
        })
    }

    /// The same folder while it is not whole, or not needed any more.
    fn aside(&self) -> PathBuf {
        self.previous().with_added_extension("part")
    }

    fn piece(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    fn staged(&self, name: &str) -> PathBuf {
        self.folder().join(format!(".{name}.new"))
    }

    fn kept(&self, name: &str) -> PathBuf {
        self.previous().join(name)
    }
}

/// Downloads the file of an offer and verifies it; `progress` is told bytes and, where it is known, their sum. What came of a
/// download that broke off is gone on with.
pub async fn download(
    host: &Host,
    installation: &Installation,
    offer: &Offer,
    key: &Key,
    progress: &mut (dyn FnMut(u64, Option<u64>) + Send),
) -> Result<Vec<u8>, UpdateError> {
    // Of each version its own, so that one is never gone on with from the middle of another.
    let part = installation.folder().join(format!(".claudometer-{}.part", offer.version));
    let fetched = host.http.download(&offer.url, &part, LARGEST, progress).await;
    let status = fetched.map_err(UpdateError::from).inspect_err(|error| {
        if error.needs_room() {
            host.files.remove(&part).ok(); // half a download is not worth the last of somebody's room
        }
    })?;
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

/// Puts a verified payload in place of what is installed, which is kept until the new one has run for a while. All of it is
/// exchanged, or nothing.
pub fn install(
    files: &Files,
    installation: &Installation,
    payload: &[u8],
) -> Result<(), UpdateError> {
    clear(files, installation)?;
    files.remove_folder(&installation.previous())?;
    // Written beside first: what has no room fails here, before anything was touched.
    let done =
        stage(files, installation, payload).and_then(|()| Ok(exchange(files, installation)?));
    if done.is_err() {
        // The first error is the one that is told.
        Previous(installation.clone()).put_back(files).ok();
        clear(files, installation).ok();
    }
    done
}

/// Removes what an update that was cut short has left, what ran before aside.
fn clear(files: &Files, installation: &Installation) -> io::Result<()> {
    files.remove_folder(&installation.aside())?;
    for name in installation.pieces() {
        let staged = installation.staged(&name);
        match installation {
            Installation::Bundle(_) => files.remove_folder(&staged)?,
            Installation::Folder(_) | Installation::AppImage(_) => files.remove(&staged)?,
        }
    }
    Ok(())
}

fn stage(files: &Files, installation: &Installation, payload: &[u8]) -> Result<(), UpdateError> {
    let name = &installation.pieces()[0];
    match installation {
        Installation::Folder(_) => {
            for (name, bytes) in programs(payload)? {
                files.write_program(&installation.staged(name), &bytes)?;
            }
        }
        Installation::AppImage(_) if payload.is_empty() => {
            return Err(UpdateError::Archive("it is empty".into()));
        }
        Installation::AppImage(_) => files.write_program(&installation.staged(name), payload)?,
        Installation::Bundle(_) => unpack_bundle(files, &installation.staged(name), payload)?,
    }
    Ok(())
}

fn exchange(files: &Files, installation: &Installation) -> io::Result<()> {
    let names = installation.pieces();
    if let Installation::Bundle(bundle) = installation {
        let staged = installation.staged(&names[0]);
        files.make_folder(&installation.previous())?;
        files.exchange(&staged, bundle)?;
        return files.rename(&staged, &installation.kept(&names[0])).inspect_err(|_| {
            files.exchange(&staged, bundle).ok(); // the first error is the one that is told
        });
    }
    let aside = installation.aside();
    files.make_folder(&aside)?;
    for name in &names {
        files.keep(&installation.piece(name), &aside.join(name))?;
    }
    files.rename(&aside, &installation.previous())?;
    // The resident is the last: while it is the old one, the update is offered.
    for name in names.iter().rev() {
        files.rename(&installation.staged(name), &installation.piece(name))?;
    }
    Ok(())
}

/// What ran before an update.
#[derive(Debug)]
pub struct Previous(Installation);

impl Previous {
    /// What ran before here, while it is not certain that the new one runs.
    pub fn of(files: &Files, installation: &Installation) -> Option<Self> {
        files.entry(&installation.previous()).map(|_| Self(installation.clone()))
    }

    /// Whether the new one was started before, and did not live to say that it runs; or was not put in place wholly.
    pub fn has_failed(&self, files: &Files) -> bool {
        let names = self.0.pieces();
        let was_cut = names.iter().any(|name| files.entry(&self.0.staged(name)).is_some());
        was_cut || self.is_on_trial(files)
    }

    /// The program for the terminal of what ran before, where that is a file that can be started.
    pub fn program(&self) -> Option<PathBuf> {
        let kept = self.0.kept(&self.0.pieces()[0]);
        match &self.0 {
            Installation::Folder(_) => Some(kept),
            Installation::Bundle(_) => Some(kept.join("Contents/MacOS").join(PROGRAMS[0])),
            Installation::AppImage(_) => None,
        }
    }

    /// Whether the new one was started.
    pub fn is_on_trial(&self, files: &Files) -> bool {
        files.is_file(&self.0.kept(STARTED))
    }

    /// Notes that the new one is started now.
    pub fn note_start(&self, files: &Files) -> Result<(), UpdateError> {
        Ok(files.write_private(&self.0.kept(STARTED), b"")?)
    }

    /// Puts it back.
    pub fn put_back(self, files: &Files) -> Result<(), UpdateError> {
        for name in self.0.pieces() {
            let (kept, piece) = (self.0.kept(&name), self.0.piece(&name));
            match &self.0 {
                _ if files.entry(&kept).is_none() => {}
                Installation::Bundle(_) => files.exchange(&kept, &piece)?,
                Installation::Folder(_) | Installation::AppImage(_) => {
                    files.rename(&kept, &piece)?;
                }
            }
        }
        self.forget(files)
    }

    /// Lets go of it: the new one runs.
    pub fn forget(self, files: &Files) -> Result<(), UpdateError> {
        // Away at once, so that half of it never counts.
        files.remove_folder(&self.0.aside())?;
        if files.entry(&self.0.previous()).is_some() {
            files.rename(&self.0.previous(), &self.0.aside())?;
        }
        Ok(clear(files, &self.0)?)
    }
}
