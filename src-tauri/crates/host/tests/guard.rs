//! Nothing that we started outlives us, however we end.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts its own programs"
)]

use rustix::process::{Pid, Signal, kill_process};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

const PROBE: &str = env!("CARGO_BIN_EXE_host-probe");
/// How long anything may outlive us.
const LONGEST: Duration = Duration::from_secs(5);

/// A program that ignores every polite signal, with one below it, and one that also left its group and its parent.
const STUBBORN: &str = r#"
    trap '' TERM HUP INT
    sleep 120 & first=$!
    setsid -f sh -c 'trap "" TERM HUP INT; echo $$ > "$MARK.new"; mv "$MARK.new" "$MARK"; sleep 120'
    while ! [ -e "$MARK" ]; do :; done
    echo $$ $first $(cat "$MARK")
    wait
"#;

/// A process of ours, and those it has started.
struct Ours {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    below: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Ours {
    fn start(word: &str, script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut process = Command::new(PROBE)
            .args([word, script])
            .env("MARK", folder.path().join("mark"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Self { process, commands, answers, below: Vec::new(), _folder: folder }
    }

    fn stubborn(word: &str) -> Self {
        let mut ours = Self::start(word, STUBBORN);
        ours.below = ours.ask("read").split(' ').map(str::to_owned).collect();
        assert_eq!(ours.below.len(), 3, "{:?}", ours.below);
        assert!(ours.below.iter().all(|pid| lives(pid)));
        ours
    }

    fn tell(&mut self, command: &str) {
        writeln!(self.commands, "{command}").unwrap();
    }

    fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn guard(&self) -> String {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.process.id())).unwrap();
        let children = threads.map(|thread| {
            std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap()
        });
        children.collect::<String>().trim().to_owned()
    }

    /// Whoever is left when time is up; they are ended then.
    fn left_over(&self, guard: &str) -> Vec<String> {
        let deadline = Instant::now() + LONGEST;
        let all = || self.below.iter().map(String::as_str).chain([guard]);
        while all().any(lives) && Instant::now() < deadline {
            std::thread::yield_now();
        }
        let left: Vec<String> = all().filter(|pid| lives(pid)).map(str::to_owned).collect();
        for pid in &left {
            signal(pid, Signal::KILL);
        }
        left
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.process.kill().ok(); // it may have ended
        self.process.wait().ok();
        for pid in &self.below {
            signal(pid, Signal::KILL);
        }
    }
}

fn lives(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z"))
}

fn signal(pid: &str, signal: Signal) {
    if let Some(pid) = pid.parse().ok().and_then(Pid::from_raw) {
        kill_process(pid, signal).ok(); // it may have ended
    }
}

#[test]
fn after_kill_9_not_even_a_stubborn_daemon_is_left() {
    let mut ours = Ours::stubborn("session");
    let guard = ours.guard();
    ours.process.kill().unwrap();
    ours.process.wait().unwrap();
    assert_eq!(ours.left_over(&guard), [""; 0]);
}

#[test]
fn after_a_quit_that_waits_for_nobody_none_is_left() {
    let mut ours = Ours::stubborn("session");
    let guard = ours.guard();
    ours.tell("quit");
    assert!(ours.process.wait().unwrap().success());
    assert_eq!(ours.left_over(&guard), [""; 0]);
}

#[test]
fn a_session_that_was_ended_has_left_nobody() {
    let mut ours = Ours::stubborn("session");
    let guard = ours.guard();
    assert_eq!(ours.ask("end"), "ended");
    assert!(!ours.below.iter().any(|pid| lives(pid)));
    assert!(!lives(&guard));
}

#[test]
fn a_program_that_ends_by_itself_takes_along_what_it_left_running() {
    let mut ours = Ours::start("session", "sleep 120 & echo $!");
    ours.below = vec![ours.ask("read")];
    let guard = ours.guard();
    assert_eq!(ours.left_over(&guard), [""; 0]);
    assert_eq!(ours.ask("running"), "no");
}

#[test]
fn the_end_of_the_thread_that_started_a_session_is_not_our_end() {
    let mut ours = Ours::start("session-of-a-thread", "echo $$; exec sleep 120");
    ours.below = vec![ours.ask("read")];
    let guard = ours.guard();
    assert_eq!(ours.ask("leave"), "left");
    assert_eq!(ours.ask("silence"), "Err(Timeout)", "the guard took it for our end");
    ours.process.kill().unwrap();
    ours.process.wait().unwrap();
    assert_eq!(ours.left_over(&guard), [""; 0]);
}

#[test]
fn the_guard_passes_on_the_code_and_refuses_a_parent_that_is_not_its_own() {
    let own = std::process::id().to_string();
    for (parent, program, code) in
        [(own.as_str(), "/bin/sh", 7), ("1", "/bin/sh", 143), (own.as_str(), "/no/such", 127)]
    {
        let mut guard = Command::new(PROBE);
        let status = guard.args(["__guard", parent, program, "-c", "exit 7"]).status().unwrap();
        assert_eq!(status.code(), Some(code), "{parent} {program}");
    }
}
