//! Logs: JSON lines in a folder, bounded in size and age, redacted just before they leave.

use crate::{Environment, env, redact};
use std::{
    fs::File,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt::MakeWriter, layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

const NAME: &str = "claudometer.log";
/// A file is put aside when it is this large.
const LARGEST: u64 = 10 * 1024 * 1024;
/// How many that were put aside are kept.
const KEPT: usize = 6;
/// One is put aside every day, and none is kept longer.
const OLDEST_DAYS: u64 = 7;
const DAY_S: u64 = 24 * 60 * 60;

/// Where logs go.
#[derive(Debug, Clone)]
pub struct Options {
    /// Folder of the JSON lines; `None` for no file.
    pub log_folder: Option<PathBuf>,
    /// Whether to log more than warnings and milestones.
    pub verbose: bool,
    /// Whether people are to see lines on standard error.
    pub to_stderr: bool,
}

/// Starts logging, and routes panics there. A second call changes nothing.
pub fn init(options: &Options, environment: &Environment) {
    redact::register_home(environment.home());
    let otherwise = if options.verbose { LevelFilter::DEBUG } else { LevelFilter::INFO };
    let level = environment.get(env::LOG).and_then(|level| level.parse().ok()).unwrap_or(otherwise);
    // Of libraries only what is wrong; every crate of ours begins alike.
    let filter =
        || Targets::new().with_default(LevelFilter::WARN).with_target("claudometer", level);
    let file = options
        .log_folder
        .as_ref()
        .and_then(|folder| Rotating::open(folder, SystemTime::now).ok())
        .map(|file| Redacting(Arc::new(Mutex::new(file))));
    let to_file = file.map(|writer| {
        tracing_subscriber::fmt::layer().json().with_writer(writer).with_filter(filter())
    });
    let human = options.to_stderr.then(|| {
        let writer = Redacting(Arc::new(Mutex::new(io::stderr())));
        tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_target(false)
            .with_writer(writer)
            .with_filter(filter())
    });
    if tracing_subscriber::registry().with(to_file).with(human).try_init().is_ok() {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string).unwrap_or_default();
            let said = panic.payload_as_str().unwrap_or("no message");
            tracing::error!(place, said, "a part of Claudometer failed");
        }));
    }
}

/// A writer that redacts each event.
struct Redacting<W>(Arc<Mutex<W>>);

struct Event<'a, W: Write> {
    to: &'a Mutex<W>,
    bytes: Vec<u8>,
}

impl<'a, W: Write + 'a> MakeWriter<'a> for Redacting<W> {
    type Writer = Event<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Event { to: &self.0, bytes: Vec::new() }
    }
}

impl<W: Write> Write for Event<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Drop for Event<'_, W> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        let text = redact::scrub(&text);
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        to.write_all(text.as_bytes()).ok(); // a log that cannot be written must not stop the work
    }
}

/// A file that is put aside when it is full, or of yesterday.
struct Rotating {
    folder: PathBuf,
    file: File,
    size: u64,
    /// The day of its lines, counted from 1970 in UTC.
    day: u64,
    clock: fn() -> SystemTime,
}

impl Rotating {
    fn open(folder: &Path, clock: fn() -> SystemTime) -> io::Result<Self> {
        crate::Files::disk().make_folder(folder)?;
        let file = append(&folder.join(NAME))?;
        let data = file.metadata()?;
        let day = data.modified().map_or(0, day_of);
        Ok(Self { folder: folder.to_owned(), file, size: data.len(), day, clock })
    }

    fn rotate(&mut self, today: u64) -> io::Result<()> {
        let numbered = |n: usize| self.folder.join(format!("{NAME}.{n}"));
        for n in (1..KEPT).rev() {
            std::fs::rename(numbered(n), numbered(n + 1)).ok(); // there may be fewer than are kept
        }
        std::fs::rename(self.folder.join(NAME), numbered(1))?;
        for n in 1..=KEPT {
            let last_line = numbered(n).metadata().and_then(|data| data.modified());
            if last_line.is_ok_and(|last_line| day_of(last_line) + OLDEST_DAYS < today) {
                std::fs::remove_file(numbered(n)).ok(); // it is tried again tomorrow
            }
        }
        self.file = append(&self.folder.join(NAME))?;
        self.size = 0;
        Ok(())
    }
}

fn day_of(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() / DAY_S)
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let today = day_of((self.clock)());
        let is_due = today != self.day || self.size + bytes.len() as u64 > LARGEST;
        if self.size > 0 && is_due {
            self.rotate(today)?;
        }
        self.day = today;
        let written = self.file.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append(path: &Path) -> io::Result<File> {
    File::options().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_put_aside_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotating::open(folder.path(), SystemTime::now).unwrap();
        for n in 0..9_u8 {
            log.size = LARGEST;
            log.write_all(&[b'0' + n]).unwrap();
        }
        let read =
            |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        assert_eq!(read(NAME), "8");
        assert_eq!(read("claudometer.log.1"), "7");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), KEPT + 1);
    }

    #[test]
    fn a_new_day_begins_a_new_file_and_what_is_too_old_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let write = |days: u64, text: &str| {
            let mut log = Rotating::open(folder.path(), SystemTime::now).unwrap();
            log.write_all(text.as_bytes()).unwrap();
            let time = SystemTime::now() - std::time::Duration::from_secs(days * DAY_S);
            log.file.set_modified(time).unwrap();
        };
        write(OLDEST_DAYS + 1, "too old");
        write(1, "yesterday");
        write(0, "today");
        write(0, ", and later");
        let read = |name: &str| std::fs::read_to_string(path(name)).unwrap_or_default();
        assert_eq!(read(NAME), "today, and later");
        assert_eq!(read("claudometer.log.1"), "yesterday");
        assert!(!path("claudometer.log.2").exists(), "the log of last week");
    }

    #[test]
    fn what_is_logged_is_redacted_last() {
        let to = Arc::new(Mutex::new(Vec::new()));
        let redacting = Redacting(Arc::clone(&to));
        let mut event = redacting.make_writer();
        event.write_all(b"token sk-ant-oat0").unwrap();
        event.write_all(b"1-SPLIT over two writes").unwrap();
        drop(event);
        let text = String::from_utf8(to.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("SPLIT"), "{text}");
    }
}
