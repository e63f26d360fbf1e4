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
        taken(file.try_lock(), file)
    }

    /// Waits for the lock, at most `wait`. [`io::ErrorKind::TimedOut`] if another process holds it longer.
    pub fn acquire(path: &Path, wait: Duration) -> io::Result<Self> {
        wait_for(wait, || Self::try_acquire(path))
    }

    /// Waits for a place beside others who share the lock, at most `wait`: as long as one holds it so, nobody acquires it.
    /// A lock in a folder that cannot be written is held by nobody.
    pub fn share(path: &Path, wait: Duration) -> io::Result<Option<Self>> {
        let shared = wait_for(wait, || {
            let file = open(path).or_else(|error| {
                // A lock of another user, or on a disk that is read only, can be shared all the same.
                File::open(path).map_err(|_| error)
            })?;
            taken(file.try_lock_shared(), file)
        });
        match shared {
            Err(error) if is_unwritable(&error) => Ok(None),
            shared => shared.map(Some),
        }
    }
}

fn is_unwritable(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | StorageFull | QuotaExceeded)
}

fn taken(tried: Result<(), TryLockError>, file: File) -> io::Result<Option<Lock>> {
    match tried {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn wait_for(wait: Duration, take: impl Fn() -> io::Result<Option<Lock>>) -> io::Result<Lock> {
    let deadline = Instant::now() + wait;
    loop {
        if let Some(lock) = take()? {
            return Ok(lock);
        }
        if Instant::now() >= deadline {
            return Err(io::ErrorKind::TimedOut.into());
        }
        std::thread::sleep(STEP);
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
    fn many_share_a_lock_and_who_wants_it_alone_waits_for_all_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("one.lock");
        let short = Duration::from_millis(10);
        let shared = [(); 2].map(|()| Lock::share(&path, short).unwrap());
        assert!(shared.iter().all(Option::is_some));
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        drop(shared);
        let alone = Lock::try_acquire(&path).unwrap();
        assert!(alone.is_some());
        assert_eq!(Lock::share(&path, short).unwrap_err().kind(), io::ErrorKind::TimedOut);
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
