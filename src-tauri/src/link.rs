//! The way to the desk: over the socket, made anew when the resident was started anew, or in memory.

use claudometer_desk::{
    Desk, launch,
    link::{self, Client},
};
use claudometer_wire::{Command, IpcError, link::Message};
use serde_json::Value;
use tokio::sync::{Mutex, broadcast};

/// The way to the desk.
#[derive(Debug)]
pub(crate) enum Link {
    /// The resident. Whoever comes while a connection is being made waits for it.
    Socket(Mutex<Option<Client>>),
    /// The desk of this process.
    Desk(Desk),
}

impl Link {
    /// A way over the socket, not yet connected.
    pub(crate) fn socket() -> Self {
        Self::Socket(Mutex::default())
    }

    /// Asks the desk.
    pub(crate) async fn call(&self, command: Command) -> Result<Value, IpcError> {
        match self {
            Self::Socket(client) => connected(client).await?.call(command).await,
            Self::Desk(desk) => desk.call(command).await,
        }
    }

    /// What changes from now on. The channel closes when the resident goes away.
    pub(crate) async fn events(&self) -> Result<broadcast::Receiver<Message>, IpcError> {
        match self {
            Self::Socket(client) => Ok(connected(client).await?.events()),
            Self::Desk(desk) => Ok(desk.events()),
        }
    }

    /// Says that this window is there, so that the resident opens no other. A resident that went away meanwhile is missed
    /// by whoever follows its events.
    pub(crate) async fn attend(&self) {
        if let Self::Socket(_) = self {
            self.call(Command::AttendWindow {}).await.ok(); // as above
        }
    }

    /// Connects, and starts the resident first where none runs.
    pub(crate) async fn start(&self) -> Result<(), IpcError> {
        if let Self::Socket(client) = self {
            let mut client = client.lock().await;
            if client.is_none() {
                *client = Some(launch::connect_or_start().await?);
            }
        }
        Ok(())
    }

    /// Lets go of a connection whose resident has gone.
    pub(crate) async fn forget(&self) {
        if let Self::Socket(client) = self {
            *client.lock().await = None;
        }
    }
}

async fn connected(client: &Mutex<Option<Client>>) -> Result<Client, IpcError> {
    let mut client = client.lock().await;
    match &*client {
        Some(client) => Ok(client.clone()),
        None => Ok(client.insert(link::connect(&launch::socket()).await?).clone()),
    }
}

/// Lets the resident open its window, or bring it to the front.
pub(crate) async fn open_window(page: Option<String>) -> Result<(), IpcError> {
    let client = launch::connect_or_start().await?;
    client.call(Command::OpenWindow { page }).await.map(drop)
}
