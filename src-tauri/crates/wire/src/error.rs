//! How a command fails.

use claudometer_core::settings::Problem;
use serde::{Deserialize, Serialize};
use std::fmt;
use ts_rs::TS;

/// Kinds that a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A value cannot be used; `problems` names the fields.
    Validation,
    /// The vendor could not be reached.
    Network,
    /// The vendor refused the secret.
    Unauthorized,
    /// The vendor asks to wait.
    RateLimited,
    /// The keychain is locked or absent.
    Keyring,
    /// A file could not be read or written.
    Storage,
    /// The resident is not running, or went away.
    Disconnected,
    /// The command is not known to this version.
    UnknownCommand,
    /// Anything else.
    Other,
}

/// A failed command: a kind, and a sentence with its remedy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct IpcError {
    /// Kind.
    pub code: ErrorCode,
    /// What happened and what to do, without secrets.
    pub message: String,
    /// Fields at which the message belongs.
    #[serde(default)]
    pub problems: Vec<Problem>,
}

impl IpcError {
    /// An error about no field in particular.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), problems: Vec::new() }
    }

    /// Values that cannot be used.
    pub fn invalid(problems: Vec<Problem>) -> Self {
        let message = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        Self { code: ErrorCode::Validation, message, problems }
    }
}

impl fmt::Display for IpcError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for IpcError {}
