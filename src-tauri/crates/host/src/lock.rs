//! Advisory file locks between processes of ours.

use std::{
    fs::{File, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

/// Between two tries for a lock that another process holds.
const STEP: Duration = Duration::from_millis(5);

/// A held lock; released when dropped, and by the system when the process ends however it ends.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock, or says that another process holds it.
    pub fn try_acquire(path: &Path) -> io::Result<Option<Self>> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Waits for the lock, at most `wait`. [`io::ErrorKind::TimedOut`] if another process holds it longer.
    pub fn acquire(path: &Path, wait: Duration) -> io::Result<Self> {
        let deadline = Instant::now() + wait;
        loop {
            if let Some(lock) = Self::try_acquire(path)? {
                return Ok(lock);
            }
            if Instant::now() >= deadline {
                return Err(io::ErrorKind::TimedOut.into());
            }
            std::thread::sleep(STEP);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a program that is just being started holds a copy of the file until it runs.
        self.0.unlock().ok(); // closing does it otherwise
    }
}

fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        crate::Files::disk().make_folder(folder)?;
    }
    File::options().create(true).truncate(false).write(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_and_the_next_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("below/one.lock");
        let first = Lock::try_acquire(&path).unwrap();
        assert!(first.is_some());
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        let error = Lock::acquire(&path, Duration::from_millis(10)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(first);
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }

    #[test]
    fn a_lock_is_free_at_once_also_while_programs_are_being_started() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.lock");
        let starting = std::thread::spawn(|| {
            for _ in 0..50 {
                std::process::Command::new("/bin/true").status().unwrap();
            }
        });
        while !starting.is_finished() {
            assert!(Lock::try_acquire(&path).unwrap().is_some());
        }
        starting.join().unwrap();
    }
}
