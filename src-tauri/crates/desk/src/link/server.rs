//! The resident's end of the link.

use claudometer_wire::{
    Command, ErrorCode, IpcError,
    link::{Message, PROTOCOL, Request},
};
use futures::future::BoxFuture;
use serde_json::Value;
use std::{
    io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{UnixListener, UnixStream, unix::OwnedReadHalf},
    sync::{broadcast, mpsc},
};
use tokio_util::sync::CancellationToken;

/// The longest question: a draft of all settings is a few kilobytes.
const LONGEST_LINE: u64 = 1024 * 1024;
/// Lines that may wait for a slow client before it is cut off.
const OUTBOX: usize = 64;

/// A window that is connected; its drop says that it went away.
pub type Attendance = Box<dyn std::any::Any + Send>;

/// What answers questions.
pub trait Serves: Send + Sync + 'static {
    /// Answers one command.
    fn answer(&self, command: Command) -> BoxFuture<'_, Result<Value, IpcError>>;
    /// Counts the client as a window until what is returned is dropped.
    fn attend(&self) -> Attendance;
    /// What changes from now on.
    fn events(&self) -> broadcast::Receiver<Message>;
    /// Our version.
    fn version(&self) -> String;
}

/// A bound socket; the file goes when it is dropped.
#[derive(Debug)]
pub struct Listener {
    socket: UnixListener,
    path: PathBuf,
}

impl Drop for Listener {
    fn drop(&mut self) {
        claudometer_host::Files::disk().remove(&self.path).ok(); // a socket file that stays is replaced at the next start
    }
}

/// Binds the socket at `path`, replacing one that a crash left. The caller holds the resident's lock, so that no living
/// resident listens there.
pub fn listen(path: &Path) -> io::Result<Listener> {
    let files = claudometer_host::Files::disk();
    if let Some(folder) = path.parent() {
        files.make_folder(folder)?;
    }
    files.remove(path)?;
    let socket = UnixListener::bind(path)?;
    claudometer_host::files::set_mode(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(Listener { socket, path: path.to_owned() })
}

impl Listener {
    /// Serves clients until `stop`.
    pub async fn serve(self, desk: Arc<dyn Serves>, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.socket.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) if is_same_user(&stream) => {
                    tokio::spawn(converse(stream, Arc::clone(&desk), stop.clone()));
                }
                Ok(_) => tracing::warn!("a connection of another user was refused"),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    }
}

fn is_same_user(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == claudometer_host::process::own_user())
}

async fn converse(stream: UnixStream, desk: Arc<dyn Serves>, stop: CancellationToken) {
    let (read, mut write) = stream.into_split();
    let (outbox, mut lines) = mpsc::channel::<Message>(OUTBOX);
    let mut events = desk.events();
    let hello = Message::Hello { protocol: PROTOCOL, version: desk.version() };
    if outbox.send(hello).await.is_err() {
        return;
    }
    let over = stop.child_token();
    let reader = tokio::spawn(read_questions(read, desk, outbox, over.clone()));
    loop {
        let message = tokio::select! {
            () = over.cancelled() => break,
            line = lines.recv() => match line {
                Some(message) => message,
                None => break,
            },
            event = events.recv() => match event {
                Ok(event) => event,
                Err(broadcast::error::RecvError::Lagged(_)) => continue,
                Err(broadcast::error::RecvError::Closed) => break,
            },
        };
        let Ok(mut line) = serde_json::to_vec(&message) else { continue };
        line.push(b'\n');
        if write.write_all(&line).await.is_err() {
            break;
        }
    }
    over.cancel();
    reader.abort();
}

async fn read_questions(
    read: OwnedReadHalf,
    desk: Arc<dyn Serves>,
    outbox: mpsc::Sender<Message>,
    over: CancellationToken,
) {
    let mut input = BufReader::new(read);
    let mut line = Vec::new();
    let mut attendance: Option<Attendance> = None;
    loop {
        line.clear();
        let mut bounded = (&mut input).take(LONGEST_LINE);
        match bounded.read_until(b'\n', &mut line).await {
            Ok(n) if n > 0 && line.ends_with(b"\n") => {}
            Ok(_) | Err(_) => break,
        }
        match serde_json::from_slice::<Request>(&line) {
            Ok(request) => {
                if matches!(request.command, Command::AttendWindow {}) {
                    attendance.get_or_insert_with(|| desk.attend());
                }
                let (desk, outbox) = (Arc::clone(&desk), outbox.clone());
                tokio::spawn(async move {
                    let id = request.id;
                    let message = match desk.answer(request.command).await {
                        Ok(value) => Message::Answer { id, value },
                        Err(error) => Message::Error { id, error },
                    };
                    outbox.send(message).await.ok(); // the client has gone
                });
            }
            Err(_) => {
                let id = serde_json::from_slice::<Value>(&line)
                    .ok()
                    .and_then(|value| value["id"].as_u64());
                let error = IpcError::new(
                    ErrorCode::UnknownCommand,
                    "This version of Claudometer does not know that command.",
                );
                if let Some(id) = id
                    && outbox.send(Message::Error { id, error }).await.is_err()
                {
                    break;
                }
            }
        }
    }
    over.cancel();
}
