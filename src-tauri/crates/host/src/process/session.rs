//! A program that is spoken with line by line.

use super::{Command, ProcessError, build, end_group};
use rustix::process::Pid;
use std::{fmt, process::Stdio, time::Duration};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader,
};

/// The longest line that is read.
const LONGEST_LINE: u64 = 4 * 1024 * 1024;

/// Both ends of a conversation. A real program ends with its whole group when this is dropped.
pub struct Session {
    write: Box<dyn AsyncWrite + Send + Sync + Unpin>,
    read: BufReader<Box<dyn AsyncRead + Send + Sync + Unpin>>,
    child: Option<tokio::process::Child>,
    group: Option<Pid>,
    partial: Vec<u8>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("group", &self.group).finish_non_exhaustive()
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
            child: None,
            group: None,
            partial: Vec::new(),
        }
    }

    pub(super) fn start(command: &Command) -> Result<Self, ProcessError> {
        let mut child = build(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(write), Some(read)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ProcessError::Ended);
        };
        let group = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        Ok(Self {
            write: Box::new(write),
            read: BufReader::new(Box::new(read)),
            child: Some(child),
            group,
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
        self.child.as_mut().is_none_or(|child| matches!(child.try_wait(), Ok(None)))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // The guard, where there is one, hears this as a wish to end everything below it, and does so; the child itself
        // is reaped by the runtime.
        if self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None))) {
            if let Some(group) = self.group {
                rustix::process::kill_process_group(group, rustix::process::Signal::TERM).ok(); // it may just have ended
            }
            if let Some(mut child) = self.child.take()
                && let Ok(runtime) = tokio::runtime::Handle::try_current()
            {
                let group = self.group;
                runtime.spawn(async move {
                    if tokio::time::timeout(Duration::from_secs(3), child.wait()).await.is_err() {
                        end_group(group);
                        child.wait().await.ok(); // reaped, however it ended
                    }
                });
            }
        }
    }
}
