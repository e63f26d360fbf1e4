//! A throw-away desktop session: own home, own bus with nothing activatable, own display, own keyring.

use crate::wait;
use anyhow::{Context as _, Result, bail};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use zbus::Connection;

/// Password of the test keyring.
const PASSWORD: &str = "test";

/// How the Secret Service is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyring {
    /// There is none.
    Absent,
    /// It is there and open.
    Unlocked,
}

/// What a session has.
#[derive(Debug, Clone, Copy)]
pub struct Parts {
    /// Whether there is a display.
    pub display: bool,
    /// The Secret Service.
    pub keyring: Keyring,
}

/// A running session; everything it started ends with it.
#[derive(Debug)]
pub struct Session {
    folder: TempDir,
    address: String,
    display: Option<String>,
    children: Vec<Child>,
}

impl Session {
    /// Starts a session.
    pub async fn start(parts: Parts) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("claudometer-").tempdir()?;
        for below in ["home", "run", "services"] {
            std::fs::create_dir(folder.path().join(below))?;
        }
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(folder.path().join("run"), private)?;
        let mut session =
            Self { folder, address: String::new(), display: None, children: Vec::new() };
        session.start_bus()?;
        if parts.display {
            session.start_display()?;
        }
        if parts.keyring == Keyring::Unlocked {
            session.start_keyring().await?;
        }
        Ok(session)
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The runtime folder.
    pub fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// A connection to the session's bus.
    pub async fn bus(&self) -> Result<Connection> {
        Ok(zbus::connection::Builder::address(self.address.as_str())?.build().await?)
    }

    /// The display, such as `:7`.
    pub fn display(&self) -> Option<&str> {
        self.display.as_deref()
    }

    /// Address of the session's bus.
    pub fn bus_address(&self) -> &str {
        &self.address
    }

    /// A command that runs in the session, and sees nothing of the one outside.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        let home = self.home();
        command.env_clear().current_dir(&home);
        for name in ["PATH", "CARGO_MANIFEST_DIR", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"] {
            command.envs(std::env::var_os(name).map(|value| (name, value)));
        }
        command
            .env("HOME", &home)
            .env("XDG_RUNTIME_DIR", self.runtime())
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("XDG_DATA_HOME", home.join(".local/share"))
            .env("XDG_STATE_HOME", home.join(".local/state"))
            .env("XDG_CACHE_HOME", home.join(".cache"))
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            // No system bus either: a test must not hear of this machine's sleep and network.
            .env(
                "DBUS_SYSTEM_BUS_ADDRESS",
                format!("unix:path={}", self.runtime().join("none").display()),
            )
            .env("LANG", "en_US.UTF-8")
            .env("TZ", "UTC")
            .env("NO_AT_BRIDGE", "1")
            .env("GTK_A11Y", "none")
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env("GDK_BACKEND", "x11");
        if let Some(display) = &self.display {
            command.env("DISPLAY", display).env("XDG_SESSION_TYPE", "x11");
        }
        command
    }

    /// Lets the bus start one service of the machine, by its file; it starts no other.
    pub fn allow_service(&self, file: &str) -> Result<()> {
        let name = Path::new(file).file_name().context("a service file")?;
        std::os::unix::fs::symlink(file, self.folder.path().join("services").join(name))?;
        self.command("dbus-send")
            .args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.DBus",
                "/",
                "org.freedesktop.DBus.ReloadConfig",
            ])
            .stdout(Stdio::null())
            .status()?;
        Ok(())
    }

    /// Starts a program that ends with the session.
    pub fn keep(&mut self, mut command: Command) -> Result<()> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("{program} could not be started"))?;
        self.children.push(child);
        Ok(())
    }

    /// Starts the Secret Service, as when a login is slow to bring it up.
    pub async fn start_keyring(&mut self) -> Result<()> {
        let mut command = self.command("gnome-keyring-daemon");
        command
            .args(["--foreground", "--unlock", "--components=secrets"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command
            .process_group(0)
            .spawn()
            .context("gnome-keyring-daemon could not be started")?;
        child.stdin.take().context("no standard input")?.write_all(PASSWORD.as_bytes())?;
        self.children.push(child);
        self.await_name("org.freedesktop.secrets").await
    }

    /// Waits until somebody owns a name on the bus.
    pub async fn await_name(&self, name: &str) -> Result<()> {
        let bus = zbus::fdo::DBusProxy::new(&self.bus().await?).await?;
        let name: zbus::names::BusName<'_> = name.try_into()?;
        let owned = async || bus.name_has_owner(name.clone()).await.ok().filter(|owned| *owned);
        wait::until(&format!("an owner of {name}"), Duration::from_secs(10), owned).await.map(drop)
    }

    fn start_bus(&mut self) -> Result<()> {
        let config = self.folder.path().join("bus.conf");
        let folder = self.folder.path().display();
        std::fs::write(
            &config,
            format!(
                "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                 \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n<busconfig><type>session</type>\
                 <listen>unix:dir={folder}/run</listen><auth>EXTERNAL</auth><servicedir>{folder}/services</servicedir>\
                 <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
                 <allow own=\"*\"/></policy></busconfig>\n"
            ),
        )?;
        // What the bus starts inherits its environment, so that is the session's.
        let mut command = self.command("dbus-daemon");
        command.env_remove("DBUS_SESSION_BUS_ADDRESS");
        command
            .arg(format!("--config-file={}", config.display()))
            .args(["--nofork", "--print-address"]);
        let mut child = command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("dbus-daemon could not be started")?;
        self.address = first_line(&mut child)?;
        self.children.push(child);
        Ok(())
    }

    fn start_display(&mut self) -> Result<()> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        let mut child = command
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Xvfb could not be started")?;
        let number = first_line(&mut child)?;
        self.children.push(child);
        self.display = Some(format!(":{number}"));
        Ok(())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let group = format!("-{}", child.id());
            // Whole groups, so that nothing of the session outlives it.
            let killed =
                Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
            if killed.is_err() {
                child.kill().ok(); // it has ended already
            }
            child.wait().ok(); // reaped, however it ended
        }
    }
}

fn first_line(child: &mut Child) -> Result<String> {
    let out = child.stdout.take().context("no standard output")?;
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line)?;
    let line = line.trim().to_owned();
    if line.is_empty() {
        bail!("a part of the session ended at once");
    }
    Ok(line)
}
