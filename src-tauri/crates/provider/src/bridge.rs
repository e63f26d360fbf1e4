//! A bridge into an assistant's own status line: numbers that arrive without any request.

use claudometer_core::{Amount, Reading, Seat};
use claudometer_host::Host;
use std::{fmt, io};

/// How a bridge stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeState {
    /// Whether our command is the configured one.
    pub installed: bool,
    /// The command that stood there before ours, or stands there now.
    pub previous: Option<String>,
    /// What installing changes and where, one sentence.
    pub help: String,
    /// Why it cannot be installed now.
    pub obstacle: Option<String>,
}

/// What arrived on one line of the bridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrived {
    /// Whose it is: the login under which the session began. `None` where nobody can tell.
    pub seat: Option<Seat>,
    /// What it says; no windows where the assistant told none yet.
    pub reading: Reading,
    /// The model in use, for the printed line.
    pub model: Option<String>,
    /// What the session cost so far by the assistant's own count, in US dollars, for the printed line.
    pub session_cost: Option<Amount>,
}

/// Why a bridge could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The assistant's settings file is not readable as what it should be, so it is left alone.
    #[error("{0} is not valid JSON, so it was left as it is. Mend it, then try again.")]
    Unreadable(String),
    /// The file could not be read or written.
    #[error("{0} could not be changed: {1}")]
    Io(String, #[source] io::Error),
}

/// A status line of an assistant that runs a command of ours. Opt-in; changes only its own key and is undone exactly.
pub trait Bridge: fmt::Debug + Send + Sync {
    /// How it stands.
    fn state(&self, host: &Host) -> BridgeState;

    /// Makes `command` the configured one and remembers what stood there.
    fn install(&self, host: &Host, command: &str) -> Result<(), BridgeError>;

    /// Puts back exactly what stood there.
    fn remove(&self, host: &Host) -> Result<(), BridgeError>;

    /// Reads what the assistant wrote to standard input, and keeps it for the passive source of the provider; `None` where
    /// it is not understood. The reading is the newest that is known, which an idle session's line need not be.
    fn receive(&self, host: &Host, input: &[u8]) -> Option<Arrived>;
}
