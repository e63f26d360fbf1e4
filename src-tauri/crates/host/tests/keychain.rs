//! Secrets in a real keyring on a bus of its own: there, absent, late, locked, restarted.

#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts its own programs"
)]

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::UnboundedSender;
use zbus::{
    Connection, connection, fdo::DBusProxy, names::WellKnownName, zvariant::OwnedObjectPath,
};

const PROBE: &str = env!("CARGO_BIN_EXE_host-probe");
const PASSWORD: &str = "test";
const SERVICE: &str = "org.freedesktop.secrets";
/// Longer than any daemon needs.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longer than any call takes that waits for nobody, also on a busy machine.
const QUICK_MS: u64 = 2_000;
/// How long a caller waits for a dialog, and a little more.
const DIALOG_MS: std::ops::Range<u64> = 4_500..7_000;

/// A session bus that can start nothing by itself, and a home folder.
struct Session {
    folder: tempfile::TempDir,
    bus: Child,
    address: String,
    keyring: Option<Child>,
}

impl Session {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display();
        let config = folder.path().join("bus.conf");
        std::fs::create_dir(folder.path().join("services")).unwrap();
        let text = format!(
            r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type><listen>unix:dir={at}</listen><auth>EXTERNAL</auth><servicedir>{at}/services</servicedir>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>"#
        );
        std::fs::write(&config, text).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        assert!(!address.is_empty(), "the bus did not start");
        Self { folder, bus, address, keyring: None }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// A program of this session.
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("HOME", self.folder.path());
        for (name, below) in [
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            std::fs::create_dir_all(self.path(below)).unwrap();
            command.env(name, self.path(below));
        }
        command
    }

    async fn connection(&self) -> Connection {
        connection::Builder::address(self.address.as_str()).unwrap().build().await.unwrap()
    }

    /// Waits until the keyring is on the bus, or is not.
    async fn await_keyring(&self, wanted: bool) {
        let connection = self.connection().await;
        let bus = DBusProxy::new(&connection).await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        let name = WellKnownName::try_from(SERVICE).unwrap();
        while bus.name_has_owner(name.clone().into()).await.unwrap() != wanted {
            assert!(Instant::now() < deadline, "the keyring did not come or go");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn start_keyring(&mut self, how: &[&str]) {
        let mut keyring = self
            .command("gnome-keyring-daemon")
            .args(["--foreground", "--components=secrets"])
            .args(how)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        keyring.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
        self.keyring = Some(keyring);
        self.await_keyring(true).await;
    }

    async fn start_unlocked_keyring(&mut self) {
        self.start_keyring(&["--unlock"]).await;
    }

    async fn start_locked_keyring(&mut self) {
        self.start_keyring(&[]).await;
    }

    async fn stop_keyring(&mut self) {
        let mut keyring = self.keyring.take().unwrap();
        keyring.kill().unwrap();
        keyring.wait().unwrap();
        self.await_keyring(false).await;
    }

    /// Unlocks the running keyring, as a login does: over the daemon's own socket.
    fn unlock_keyring(&self) {
        const UNLOCK: u32 = 1;
        let mut control = UnixStream::connect(self.path("run/keyring/control")).unwrap();
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
        let mut packet = vec![0];
        packet.extend(length(12 + PASSWORD.len()));
        packet.extend(UNLOCK.to_be_bytes());
        packet.extend(length(PASSWORD.len()));
        packet.extend(PASSWORD.as_bytes());
        control.write_all(&packet).unwrap();
        let mut answer = [0; 8];
        control.read_exact(&mut answer).unwrap();
        assert_eq!(answer[4..], [0; 4], "the keyring was not unlocked");
    }

    fn probe(&self) -> Probe {
        let mut process = self
            .command(PROBE)
            .arg("secrets")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let commands = process.stdin.take().unwrap();
        let answers = BufReader::new(process.stdout.take().unwrap());
        Probe { process, commands, answers }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for process in self.keyring.iter_mut().chain([&mut self.bus]) {
            process.kill().ok(); // it may have ended
            process.wait().ok();
        }
    }
}

/// A process of ours in that session.
struct Probe {
    process: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

#[derive(Debug)]
struct Answer {
    text: String,
    took_ms: u64,
    ticks: u64,
}

impl Probe {
    fn answer(&mut self, command: &str) -> Answer {
        writeln!(self.commands, "{command}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let fields: Vec<&str> = line.trim_end().split('\t').collect();
        let number = |n: usize| fields[n].parse().unwrap();
        Answer { text: fields[0].to_owned(), took_ms: number(1), ticks: number(2) }
    }

    /// The answer of a call that waits for nobody.
    fn ask(&mut self, command: &str) -> String {
        let answer = self.answer(command);
        assert!(answer.took_ms < QUICK_MS, "{command}: {answer:?}");
        answer.text
    }

    fn expect(&mut self, rows: &[(&str, &str)]) {
        for (command, answer) in rows {
            assert_eq!(self.ask(command), *answer, "{command}");
        }
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.process.kill().ok(); // it may have ended
        self.process.wait().ok();
    }
}

/// The desktop's dialog, which nobody answers.
struct Dialog(UnboundedSender<OwnedObjectPath>);

#[zbus::interface(name = "org.gnome.keyring.internal.Prompter")]
impl Dialog {
    fn begin_prompting(&self, callback: OwnedObjectPath) {
        self.0.send(callback).ok(); // nobody has to listen
    }
}

/// A desktop whose dialog nobody answers.
async fn desktop(session: &Session, told: UnboundedSender<OwnedObjectPath>) -> Connection {
    let builder = connection::Builder::address(session.address.as_str()).unwrap();
    let named = builder.name("org.gnome.keyring.SystemPrompter").unwrap();
    let served = named.serve_at("/org/gnome/keyring/Prompter", Dialog(told)).unwrap();
    served.build().await.unwrap()
}

#[tokio::test]
async fn a_secret_is_there_after_a_restart_until_it_is_forgotten() {
    let mut session = Session::start();
    session.start_unlocked_keyring().await;
    session.probe().expect(&[
        ("availability", "Available"),
        ("get", "none"),
        ("set first-secret", "done"),
        ("kept", "Some(Keychain)"),
        ("get", "first-secret"),
        ("set second-secret", "done"),
        ("get", "second-secret"),
    ]);
    session.probe().expect(&[("get", "second-secret"), ("delete", "done"), ("get", "none")]);
    session.probe().expect(&[("get", "none"), ("delete", "done"), ("kept", "None")]);
}

#[tokio::test]
async fn a_secret_of_this_session_leaves_nothing_in_the_keyring() {
    let mut session = Session::start();
    session.start_unlocked_keyring().await;
    session.probe().expect(&[
        ("set remembered-secret", "done"),
        ("session passing-secret", "done"),
        ("get", "passing-secret"),
        ("kept", "Some(Session)"),
    ]);
    session.probe().expect(&[("get", "none")]);
}

#[tokio::test]
async fn without_a_keyring_nothing_waits_and_one_that_comes_late_or_comes_again_is_found() {
    let mut session = Session::start();
    let mut probe = session.probe();
    probe.expect(&[
        ("availability", "Absent"),
        ("get", "none"),
        ("set a-secret-value", "Absent"),
        ("get", "none"),
        ("session a-secret-value", "done"),
        ("get", "a-secret-value"),
        ("delete", "done"),
        ("get", "none"),
    ]);
    session.start_unlocked_keyring().await;
    probe.expect(&[
        ("availability", "Available"),
        ("set a-secret-value", "done"),
        ("kept", "Some(Keychain)"),
    ]);
    session.stop_keyring().await;
    probe.expect(&[("availability", "Absent"), ("get", "a-secret-value"), ("delete", "Absent")]);
    session.start_unlocked_keyring().await;
    probe.expect(&[("get", "a-secret-value"), ("delete", "done"), ("get", "none")]);
}

#[tokio::test]
async fn a_locked_keyring_without_a_dialog_says_so_at_once() {
    let mut session = Session::start();
    session.start_unlocked_keyring().await;
    session.probe().expect(&[("set a-secret-value", "done")]);
    session.stop_keyring().await;
    session.start_locked_keyring().await;
    let mut probe = session.probe();
    probe.expect(&[
        ("availability", "Locked"),
        ("get", "Locked"),
        ("set other-secret", "Locked"),
        ("session passing-secret", "done"),
        ("get", "passing-secret"),
    ]);
    probe.expect(&[("delete", "Locked"), ("get", "Locked")]);
    session.unlock_keyring();
    probe.expect(&[("availability", "Available"), ("get", "a-secret-value")]);
}

#[tokio::test]
async fn while_a_dialog_is_open_everybody_else_is_answered() {
    let mut session = Session::start();
    session.start_unlocked_keyring().await;
    session.probe().expect(&[("set a-secret-value", "done")]);
    session.stop_keyring().await;
    session.start_locked_keyring().await;
    let (told, mut opened) = tokio::sync::mpsc::unbounded_channel();
    let desktop = desktop(&session, told).await;
    let mut probe = session.probe();
    let (waiting, mut probe) =
        tokio::task::spawn_blocking(move || (probe.answer("get"), probe)).await.unwrap();
    assert_eq!(waiting.text, "Locked");
    assert!(DIALOG_MS.contains(&waiting.took_ms), "{waiting:?}");
    assert!(waiting.ticks > 100, "nothing else had its turn: {waiting:?}");
    assert!(opened.try_recv().is_ok(), "the dialog was not opened");
    probe.expect(&[
        ("get", "Locked"),
        ("set too-late-secret", "Locked"),
        ("availability", "Locked"),
        ("session passing-secret", "done"),
        ("get", "passing-secret"),
    ]);
    assert!(opened.try_recv().is_err(), "the dialog was opened again");

    // The desktop takes its dialog away: the call behind it ends, and those that were told "locked" have changed nothing.
    let mut other = session.probe();
    desktop.close().await.unwrap();
    session.unlock_keyring();
    other.expect(&[("get", "a-secret-value")]);
}

#[tokio::test]
async fn a_dialog_that_was_closed_does_not_come_again_and_an_unlocked_keyring_is_noticed() {
    let mut session = Session::start();
    session.start_unlocked_keyring().await;
    session.probe().expect(&[("set a-secret-value", "done")]);
    session.stop_keyring().await;
    session.start_locked_keyring().await;
    let mut probe = session.probe();
    // There is no dialog, which is to a program as if it had been closed.
    probe.expect(&[("get", "Locked")]);
    let (told, mut opened) = tokio::sync::mpsc::unbounded_channel();
    let _desktop = desktop(&session, told).await;
    probe.expect(&[("get", "Locked"), ("get", "Locked"), ("availability", "Locked")]);
    assert!(opened.try_recv().is_err(), "reading brought up the dialog again");
    session.unlock_keyring();
    probe.expect(&[("get", "a-secret-value"), ("kept", "Some(Keychain)")]);
}

#[tokio::test]
async fn a_locked_keyring_does_not_keep_what_its_caller_was_told_is_not_kept() {
    let mut session = Session::start();
    session.start_unlocked_keyring().await;
    session.probe().expect(&[("set a-secret-value", "done")]);
    session.stop_keyring().await;
    session.start_locked_keyring().await;
    let (told, _opened) = tokio::sync::mpsc::unbounded_channel();
    let desktop = desktop(&session, told).await;
    let mut probe = session.probe();
    let (waiting, mut probe) =
        tokio::task::spawn_blocking(move || (probe.answer("set too-late"), probe)).await.unwrap();
    assert_eq!(waiting.text, "Locked");
    session.unlock_keyring();
    desktop.close().await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    while probe.ask("get") == "Locked" {
        assert!(Instant::now() < deadline, "the call behind the dialog did not end");
    }
    session.probe().expect(&[("get", "a-secret-value")]);
    probe.expect(&[("get", "a-secret-value"), ("set in-time", "done"), ("get", "in-time")]);
}
