//! A program that is spoken with line by line.

use super::{Command, ProcessError, build, end_group, group_of};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{fmt, process::Stdio, time::Duration};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};

/// The longest line that is read.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;
/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(1);
/// How long a guard may take, which gives its program that time and more.
const GRACE_OF_GUARD: Duration = Duration::from_secs(3);

/// Both ends of a conversation. A real program ends with its whole group when this is dropped.
pub struct Session {
    write: Box<dyn AsyncWrite + Send + Sync + Unpin>,
    read: BufReader<Box<dyn AsyncRead + Send + Sync + Unpin>>,
    running: Option<Running>,
    partial: Vec<u8>,
}

/// A program, and the group that ends with it.
struct Running {
    child: tokio::process::Child,
    group: Option<Pid>,
    /// Whether it is the guard of the program. A guard is asked to end and never killed: it has the others to end first.
    guarded: bool,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = self.running.as_ref().and_then(|running| running.group);
        f.debug_struct("Session").field("group", &group).finish_non_exhaustive()
    }
}

impl Session {
    /// A conversation over any pair of streams, for scripts.
    pub fn over(
        read: impl AsyncRead + Send + Sync + Unpin + 'static,
        write: impl AsyncWrite + Send + Sync + Unpin + 'static,
    ) -> Self {
        Self {
            write: Box::new(write),
            read: BufReader::new(Box::new(read)),
            running: None,
            partial: Vec::new(),
        }
    }

    /// A conversation in which everything that is said is known beforehand, for scripts.
    pub fn saying(lines: Vec<u8>) -> Self {
        Self::over(std::io::Cursor::new(lines), tokio::io::sink())
    }

    pub(super) fn start(command: &Command, guarded: bool) -> Result<Self, ProcessError> {
        let mut child = build(command)
            .kill_on_drop(!guarded)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(write), Some(read)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ProcessError::Ended);
        };
        let group = group_of(&child);
        Ok(Self {
            write: Box::new(write),
            read: BufReader::new(Box::new(read)),
            running: Some(Running { child, group, guarded }),
            partial: Vec::new(),
        })
    }

    /// Sends one line.
    pub async fn write_line(&mut self, line: &str) -> Result<(), ProcessError> {
        let mut bytes = line.as_bytes().to_vec();
        bytes.push(b'\n');
        self.write.write_all(&bytes).await.map_err(|_| ProcessError::Ended)?;
        self.write.flush().await.map_err(|_| ProcessError::Ended)
    }

    /// The next line, without its end. What had arrived of a line when time ran out is not lost.
    pub async fn read_line(&mut self, within: Duration) -> Result<String, ProcessError> {
        let mut bounded = (&mut self.read).take(LONGEST_LINE);
        let read = tokio::time::timeout(within, bounded.read_until(b'\n', &mut self.partial)).await;
        match read {
            Err(_) => Err(ProcessError::Timeout),
            Ok(Ok(_)) if self.partial.ends_with(b"\n") => {
                let line = std::mem::take(&mut self.partial);
                Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
            }
            Ok(_) => Err(ProcessError::Ended),
        }
    }

    /// Whether the program still runs; a script always does.
    pub fn is_running(&mut self) -> bool {
        self.running.as_mut().is_none_or(Running::lives)
    }

    /// Ends the program and everything it started, and waits until that is done, at most a few seconds. Dropping a session
    /// does the same without waiting.
    pub async fn end(mut self) {
        if let Some(mut running) = self.running.take()
            && running.lives()
        {
            running.ask_to_end();
            running.see_to_its_end().await;
        }
    }
}

impl Running {
    fn lives(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    fn ask_to_end(&self) {
        if let Some(group) = self.group {
            kill_process_group(group, Signal::TERM).ok(); // it may just have ended
        }
    }

    async fn see_to_its_end(&mut self) {
        let grace = if self.guarded { GRACE_OF_GUARD } else { GRACE };
        let ended = tokio::time::timeout(grace, self.child.wait()).await.is_ok();
        if !self.guarded {
            end_group(self.group); // also those that outlived the program
            if !ended {
                self.child.wait().await.ok(); // reaped, however it ended
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        if !running.lives() {
            return;
        }
        running.ask_to_end();
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move { running.see_to_its_end().await })),
            Err(_) if !running.guarded => end_group(running.group),
            Err(_) => (),
        }
    }
}
