//! The guard: parent of every long-lived child. When we end, however we end, it ends the child and all that came of it.

use crate::process::Command;
use rustix::process::{
    Pid, Signal, getppid, kill_process, kill_process_group, test_kill_process_group,
};
use std::{
    ffi::OsString,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};
use tokio::signal::unix::{SignalKind, signal};

/// The first argument that makes our executable a guard.
pub const WORD: &str = "__guard";
/// How long a child may take to end by itself.
const GRACE: Duration = Duration::from_secs(1);
/// Where the system cannot tell of the parent's end, the guard looks this often.
const LOOK: Duration = Duration::from_secs(2);
/// Ended by us.
const CODE_ENDED: u8 = 143;
/// Not started.
const CODE_NOT_STARTED: u8 = 127;

/// The command that runs `command` under the guard.
pub(crate) fn wrap(own: &Path, command: &Command) -> Command {
    let words =
        [WORD.to_owned(), std::process::id().to_string(), command.program.display().to_string()];
    Command {
        program: own.to_owned(),
        args: words.into_iter().chain(command.args.iter().cloned()).collect(),
        ..command.clone()
    }
}

/// Runs as the guard. `words`: pid of the parent, program, arguments.
pub fn main(mut words: impl Iterator<Item = OsString>) -> ExitCode {
    let parent =
        words.next().and_then(|word| word.to_str()?.parse::<i32>().ok()).and_then(Pid::from_raw);
    let (Some(parent), Some(program)) = (parent, words.next()) else { return ExitCode::from(2) };
    let args: Vec<OsString> = words.collect();
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    ExitCode::from(runtime.block_on(watch_over(parent, program, args)))
}

async fn watch_over(parent: Pid, program: OsString, args: Vec<OsString>) -> u8 {
    let Ok(mut signals) = Signals::listen() else { return CODE_NOT_STARTED };
    follow_parent();
    // The parent may have ended before the system was asked to tell.
    if getppid() != Some(parent) {
        return CODE_ENDED;
    }
    // Its own group: the signal that ends the guard's group must reach the guard first.
    let child = tokio::process::Command::new(program).args(args).process_group(0).spawn();
    let Ok(mut child) = child else { return CODE_NOT_STARTED };
    let group = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
    let code = tokio::select! {
        status = child.wait() => status.ok().and_then(|status| u8::try_from(status.code()?).ok()).unwrap_or(CODE_ENDED),
        () = signals.until_told_to_end(parent) => CODE_ENDED,
    };
    end_all(group);
    code
}

/// What the guard listens to.
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
    parent: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            parent: signal(SignalKind::user_defined1())?,
        })
    }

    /// Ends when somebody asks the guard to end, or its parent has ended.
    async fn until_told_to_end(&mut self, parent: Pid) {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => return,
                _ = self.interrupt.recv() => return,
                // The system tells of the end of the parent's thread; the parent may go on.
                _ = self.parent.recv() => (),
                () = tokio::time::sleep(LOOK), if !cfg!(target_os = "linux") => (),
            }
            if getppid() != Some(parent) {
                return;
            }
        }
    }
}

/// Ends the child's group and every descendant that left it, politely first.
fn end_all(group: Option<Pid>) {
    let tell = |signal: Signal| {
        if let Some(group) = group {
            kill_process_group(group, signal).ok(); // an empty group is what is wanted
        }
        for pid in descendants() {
            kill_process(pid, signal).ok(); // it may just have ended
        }
    };
    let anybody_lives = || {
        reap();
        !descendants().is_empty()
            || group.is_some_and(|group| test_kill_process_group(group).is_ok())
    };
    if !anybody_lives() {
        return;
    }
    tell(Signal::TERM);
    let deadline = Instant::now() + GRACE;
    while anybody_lives() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    while anybody_lives() && Instant::now() < deadline + GRACE {
        tell(Signal::KILL);
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn reap() {
    while let Ok(Some(_)) = rustix::process::wait(rustix::process::WaitOptions::NOHANG) {}
}

/// As the nearest reaper of orphans, the guard is the parent of everything below it in the end.
#[cfg(target_os = "linux")]
fn follow_parent() {
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).ok(); // groups still end without it
    rustix::process::set_parent_process_death_signal(Some(Signal::USR1)).ok(); // the race is checked by the caller
}

#[cfg(not(target_os = "linux"))]
const fn follow_parent() {}

#[cfg(target_os = "linux")]
fn descendants() -> Vec<Pid> {
    let own = std::process::id();
    let mut found = Vec::new();
    let mut open = vec![own];
    while let Some(pid) = open.pop() {
        let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
        for task in tasks {
            let children =
                std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace().filter_map(|word| word.parse::<u32>().ok()) {
                open.push(child);
                found.extend(i32::try_from(child).ok().and_then(Pid::from_raw));
            }
        }
    }
    found
}

/// Where the system keeps no list of children, the group has to do.
#[cfg(not(target_os = "linux"))]
const fn descendants() -> Vec<Pid> {
    Vec::new()
}
