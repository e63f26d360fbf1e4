//! The lines of the local socket: one JSON object a line, questions one way, answers and events the other.

use crate::{Bundle, Command, IpcError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Version of this protocol; a client of another version is told so.
pub const PROTOCOL: u32 = 1;
/// The one event, as Tauri emits it to the window.
pub const SNAPSHOT_UPDATED: &str = "snapshot:updated";

/// A question from a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the client, comes back in the answer.
    pub id: u64,
    /// What is asked.
    #[serde(flatten)]
    pub command: Command,
}

/// A line from the resident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Message {
    /// First line of every connection.
    Hello {
        /// Version of the protocol.
        protocol: u32,
        /// Version of the resident.
        version: String,
    },
    /// A command succeeded.
    Answer {
        /// The question's id.
        id: u64,
        /// Its answer, of the type that the command table names.
        value: Value,
    },
    /// A command failed.
    Error {
        /// The question's id.
        id: u64,
        /// Why.
        error: IpcError,
    },
    /// Something changed.
    SnapshotUpdated {
        /// The new snapshot.
        bundle: Box<Bundle>,
    },
    /// The window is to show a page (a second launch, a click on a notice).
    ShowPage {
        /// Page id; `None` is the page it shows already.
        page: Option<String>,
        /// Lets the window take the focus on Wayland.
        activation_token: Option<String>,
    },
}
