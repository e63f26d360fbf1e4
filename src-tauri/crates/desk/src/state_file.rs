//! What is remembered between runs: the last snapshots and what has been told already.

use claudometer_core::{ProviderId, SeatState, notice::Markers};
use claudometer_host::Files;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Version of the file's form.
const VERSION: u32 = 1;

/// Last snapshots and alert markers. Losing it loses no choice of the person's.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    version: u32,
    /// Last state of every live seat.
    pub seats: Vec<SeatState>,
    /// What has been told.
    pub markers: Markers,
}

/// The file that holds it.
#[derive(Debug, Clone)]
pub struct StateFile {
    files: Files,
    path: PathBuf,
}

impl StateFile {
    /// The file at `path`.
    pub const fn new(files: Files, path: PathBuf) -> Self {
        Self { files, path }
    }

    /// What was remembered; a file of another version or a damaged one is set aside and counts as nothing.
    pub fn load(&self) -> Remembered {
        let Ok(Some(bytes)) = self.files.read(&self.path) else { return Remembered::default() };
        match serde_json::from_slice::<Remembered>(&bytes) {
            Ok(remembered) if remembered.version == VERSION => remembered,
            other => {
                tracing::warn!(
                    understood = other.is_ok(),
                    "the remembered snapshots are of another version or damaged; set aside"
                );
                if let Err(error) =
                    self.files.rename(&self.path, &self.path.with_extension("json.damaged"))
                {
                    tracing::warn!(%error, "and could not be set aside");
                }
                Remembered::default()
            }
        }
    }

    /// Remembers. A failure is logged: the numbers on the screen do not depend on it.
    pub fn save(&self, seats: &[SeatState], markers: &Markers) {
        let remembered =
            Remembered { version: VERSION, seats: seats.to_vec(), markers: markers.clone() };
        let written = serde_json::to_vec(&remembered)
            .map_err(std::io::Error::from)
            .and_then(|bytes| self.files.write_private(&self.path, &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "the snapshots could not be remembered");
        }
    }

    /// Lets go of every seat; what has been told stays told.
    pub fn clear(&self) {
        self.save(&[], &self.load().markers);
    }

    /// Lets go of every seat of a provider.
    pub fn forget(&self, provider: &ProviderId) {
        let Remembered { mut seats, markers, .. } = self.load();
        seats.retain(|state| state.seat.provider != *provider);
        self.save(&seats, &markers);
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
