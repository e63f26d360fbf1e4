//! How far the reading of logs is, while a person waits at a terminal. In a pipe nothing is drawn.

use crate::out;
use claudometer_host::clock::Stopwatch;
use claudometer_ledger::{Progress, Reading};
use std::{cell::Cell, time::Duration};

/// Between two pictures.
const STEP: Duration = Duration::from_millis(100);
/// A reading that takes less than this is not worth a picture.
const PATIENCE: Duration = Duration::from_millis(400);

/// What is drawn on standard error.
#[derive(Debug)]
pub(crate) struct Picture {
    is_watched: bool,
    begun: Stopwatch,
    drawn: Cell<Option<Duration>>,
}

impl Picture {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        let drawn = Cell::new(None);
        Self { is_watched: out::is_error_terminal(), begun: Stopwatch::start(), drawn }
    }

    /// Takes away what was drawn.
    pub(crate) fn clear(&self) {
        if self.drawn.take().is_some() {
            out::draw("\r\x1b[2K");
        }
    }
}

impl Drop for Picture {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Progress for Picture {
    fn files(&self, reading: Reading<'_>) {
        let now = self.begun.elapsed();
        let is_due = self.drawn.get().map_or(now >= PATIENCE, |last| now >= last + STEP);
        if self.is_watched && is_due {
            self.drawn.set(Some(now));
            out::draw(&format!("\r\x1b[2K{}", sentence(reading)));
        }
    }
}

/// "Reading the logs of Codex: 1200 of 3882 files".
fn sentence(Reading { assistant, read, all, is_again }: Reading<'_>) -> String {
    let why = if is_again { " again, as this version understands more of them" } else { "" };
    format!("Reading the logs of {assistant}{why}: {read} of {all} files")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_what_is_read_how_far_and_why_again() {
        let reading = Reading { assistant: "Codex", read: 50, all: 200, is_again: false };
        assert_eq!(sentence(reading), "Reading the logs of Codex: 50 of 200 files");
        let again = sentence(Reading { is_again: true, ..reading });
        assert!(again.contains("again, as this version understands more"), "{again}");
    }
}
