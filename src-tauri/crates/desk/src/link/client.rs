//! A client's end of the link.

use claudometer_wire::{
    Command, ErrorCode, IpcError,
    link::{Message, PROTOCOL, Request},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::{broadcast, oneshot},
};

/// A resident that does not greet within this time is not one of ours.
const HELLO_WAIT: Duration = Duration::from_secs(3);
/// Events that a slow reader may fall behind by; a snapshot replaces the ones before it, so losing some costs nothing.
const BACKLOG: usize = 16;

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Result<Value, IpcError>>>>>;

/// A connection to the resident. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    write: Arc<tokio::sync::Mutex<OwnedWriteHalf>>,
    waiting: Waiting,
    /// Weak, so that the channel closes when the task that reads the socket ends.
    events: broadcast::WeakSender<Message>,
    next: Arc<AtomicU64>,
    version: Arc<str>,
}

/// Connects to the resident at `path`. [`ErrorCode::Disconnected`] where none listens.
pub async fn connect(path: &Path) -> Result<Client, IpcError> {
    let stream = UnixStream::connect(path).await.map_err(|_| not_running())?;
    let (read, write) = stream.into_split();
    let mut lines = BufReader::new(read);
    let hello = tokio::time::timeout(HELLO_WAIT, next_message(&mut lines))
        .await
        .ok()
        .flatten()
        .ok_or_else(not_running)?;
    let Message::Hello { protocol, version } = hello else { return Err(not_running()) };
    if protocol != PROTOCOL {
        let message = format!(
            "Another version of Claudometer ({version}) is running. Quit it, then start this one."
        );
        return Err(IpcError::new(ErrorCode::Disconnected, message));
    }
    let waiting = Waiting::default();
    let (sender, _) = broadcast::channel(BACKLOG);
    let events = sender.downgrade();
    tokio::spawn(receive(lines, Arc::clone(&waiting), sender));
    Ok(Client {
        write: Arc::new(write.into()),
        waiting,
        events,
        next: Arc::default(),
        version: version.into(),
    })
}

impl Client {
    /// Asks the resident.
    pub async fn call(&self, command: Command) -> Result<Value, IpcError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (tell, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(id, tell);
        let mut line = serde_json::to_vec(&Request { id, command })
            .map_err(|error| IpcError::new(ErrorCode::Other, error.to_string()))?;
        line.push(b'\n');
        if self.write.lock().await.write_all(&line).await.is_err() {
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            return Err(went_away());
        }
        answer.await.unwrap_or_else(|_| Err(went_away()))
    }

    /// Asks the resident and reads the answer as the type that the command table names.
    pub async fn ask<T: DeserializeOwned>(&self, command: Command) -> Result<T, IpcError> {
        let value = self.call(command).await?;
        serde_json::from_value(value).map_err(|error| {
            IpcError::new(
                ErrorCode::Other,
                format!("The resident's answer was not understood: {error}."),
            )
        })
    }

    /// What changes from now on. The channel closes when the resident goes away.
    pub fn events(&self) -> broadcast::Receiver<Message> {
        // With the socket gone, the new channel is closed from its beginning.
        self.events.upgrade().map_or_else(|| broadcast::channel(1).1, |sender| sender.subscribe())
    }

    /// The resident's version.
    pub fn version(&self) -> &str {
        &self.version
    }
}

async fn receive(
    mut lines: BufReader<OwnedReadHalf>,
    waiting: Waiting,
    events: broadcast::Sender<Message>,
) {
    while let Some(message) = next_message(&mut lines).await {
        let (id, answer) = match message {
            Message::Answer { id, value } => (id, Ok(value)),
            Message::Error { id, error } => (id, Err(error)),
            Message::Hello { .. } | Message::SnapshotUpdated { .. } | Message::ShowPage { .. } => {
                events.send(message).ok(); // nobody listens to events right now
                continue;
            }
        };
        let asked = waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
        if let Some(asked) = asked {
            asked.send(answer).ok(); // the one who asked has given up
        }
    }
    // Dropping the senders tells everyone who waits that the resident went away.
    waiting.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

/// The next message that is understood; a line of a newer version is passed over. `None` at the end.
async fn next_message(lines: &mut BufReader<OwnedReadHalf>) -> Option<Message> {
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if let Ok(message) = serde_json::from_str(&line) {
            return Some(message);
        }
    }
}

fn not_running() -> IpcError {
    IpcError::new(
        ErrorCode::Disconnected,
        "Claudometer is not running. Start it with `claudometer`.",
    )
}

fn went_away() -> IpcError {
    IpcError::new(ErrorCode::Disconnected, "Claudometer has ended. Start it with `claudometer`.")
}
