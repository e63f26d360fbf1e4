//! What the page may call: the command table of `wire`, and the start of the resident.
#![expect(clippy::let_underscore_must_use, reason = "tauri's command macro writes it")]

use crate::link::Link;
use claudometer_wire::{Command, ErrorCode, IpcError};
use serde_json::{Value, json};
use tauri::State;

/// Passes a command on. What the page sent is never repeated in an error: it may hold a secret.
#[tauri::command]
pub(crate) async fn call(
    command: String,
    args: Value,
    link: State<'_, Link>,
) -> Result<Value, IpcError> {
    let known = serde_json::from_value::<Command>(json!({ "command": command, "args": args }));
    let command = known.map_err(|_| {
        let message =
            format!("This version of Claudometer does not understand this form of `{command}`.");
        IpcError::new(ErrorCode::UnknownCommand, message)
    })?;
    link.call(command).await
}

/// Starts the resident where none runs, and waits until it listens.
#[tauri::command]
pub(crate) async fn start_resident(link: State<'_, Link>) -> Result<(), IpcError> {
    link.start().await
}
