//! One world per test: a session with its own home, vendors on loopback, a tray host, a notification daemon, and the
//! real executables.

use anyhow::{Context as _, Result};
use claudometer_testkit::{
    driver::{self, Driver},
    notifications::Notifications,
    session::{Keyring, Parts, Session},
    tray::{Item, TrayHost},
    vendors::{Reply, Vendors},
    wait,
};
use serde_json::{Value, json};
use std::{
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

pub(crate) const USAGE: &str = "api.anthropic.com/api/oauth/usage";
pub(crate) const WHAM: &str = "chatgpt.com/backend-api/wham/usage";
pub(crate) const ORGANIZATIONS: &str = "claude.ai/api/organizations";
/// What a test waits for at most; a loaded machine is slow.
pub(crate) const WITHIN: Duration = Duration::from_secs(20);

/// The window's executable, and beside it the resident's.
const WINDOW: &str = env!("CARGO_BIN_EXE_claudometer-desktop");

/// The program that is tested: the one that an installed package brought, where one is named.
pub(crate) fn resident_program() -> PathBuf {
    let installed = std::env::var_os("CLAUDOMETER_INSTALLED").map(PathBuf::from);
    installed.unwrap_or_else(|| Path::new(WINDOW).with_file_name("claudometer"))
}

pub(crate) struct World {
    pub(crate) session: Session,
    pub(crate) vendors: Vendors,
    pub(crate) tray: Option<TrayHost>,
    pub(crate) notifications: Notifications,
    resident: Option<Child>,
    inspector: u16,
}

/// A process as every program of the user sees it.
pub(crate) struct Process {
    pub(crate) name: String,
    /// Its arguments and its environment.
    pub(crate) told: String,
}

impl World {
    /// A desktop with tray and keyring, and nobody signed in.
    pub(crate) async fn new() -> Result<Self> {
        Self::with(Keyring::Unlocked, true).await
    }

    pub(crate) async fn with(keyring: Keyring, tray: bool) -> Result<Self> {
        let session = Session::start(Parts { display: true, keyring }).await?;
        let notifications = Notifications::start(session.bus_address()).await?;
        let tray = if tray { Some(TrayHost::start(session.bus_address()).await?) } else { None };
        let inspector = driver::free_port()?;
        Ok(Self {
            session,
            vendors: Vendors::start().await,
            tray,
            notifications,
            resident: None,
            inspector,
        })
    }

    /// A command of ours in the session, with vendors on loopback.
    pub(crate) fn claudometer(&self, args: &[&str]) -> Command {
        let mut command = self.session.command(resident_program());
        command.args(args).env("CLAUDOMETER_TEST_ORIGIN", self.vendors.origin());
        driver::make_drivable(&mut command, self.inspector);
        command
    }

    /// Runs a command of ours to its end, off this thread, so that tray and vendors go on answering.
    pub(crate) async fn run(&self, args: &[&str]) -> Result<Output> {
        let mut command = self.claudometer(args);
        Ok(tokio::task::spawn_blocking(move || command.output()).await??)
    }

    pub(crate) async fn printed(&self, args: &[&str]) -> Result<String> {
        Ok(String::from_utf8(self.run(args).await?.stdout)?)
    }

    /// Starts the resident; `env` in addition.
    pub(crate) fn start(&mut self, args: &[&str], env: &[(&str, &str)]) -> Result<u32> {
        let mut command = self.claudometer(args);
        command.envs(env.iter().copied()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let child = command.spawn().context(
            "the resident could not be started; build it with `cargo build -p claudometer`",
        )?;
        let pid = child.id();
        self.resident = Some(child);
        Ok(pid)
    }

    /// Starts the resident and waits for its tray item.
    pub(crate) async fn started(&mut self) -> Result<Item> {
        self.start(&[], &[])?;
        self.item().await
    }

    pub(crate) async fn item(&self) -> Result<Item> {
        self.tray.as_ref().context("this world has no tray")?.item().await
    }

    /// Starts the window's program as the whole of Claudometer.
    pub(crate) fn start_one_process(&mut self) -> Result<u32> {
        let mut command = self.session.command(WINDOW);
        command.arg("--one-process").env("CLAUDOMETER_TEST_ORIGIN", self.vendors.origin());
        driver::make_drivable(&mut command, self.inspector);
        let child = command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
        let pid = child.id();
        self.resident = Some(child);
        Ok(pid)
    }

    /// Ends the resident by `signal` and waits for it.
    pub(crate) async fn end(&mut self, signal: &str) -> Result<std::process::ExitStatus> {
        let mut child = self.resident.take().context("no resident runs")?;
        Command::new("kill").args([signal, &child.id().to_string()]).status()?;
        wait::until("the end of the resident", WITHIN, async || child.try_wait().ok().flatten())
            .await
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> Result<()> {
        let path = self.session.home().join(path);
        std::fs::create_dir_all(path.parent().context("a folder")?)?;
        let part = path.with_extension("part");
        std::fs::write(&part, text)?;
        Ok(std::fs::rename(part, path)?)
    }

    /// Signs in to Claude Code with a token that nobody else has.
    pub(crate) fn sign_in_claude(&self, token: &str) -> Result<()> {
        let far = 4_102_444_800_000_i64;
        let login = json!({"claudeAiOauth": {
            "accessToken": token, "refreshToken": "sk-ant-ort01-NEVER-REDEEMED", "expiresAt": far,
            "scopes": ["user:inference", "user:profile"], "subscriptionType": "max", "rateLimitTier": "default_claude_max_20x",
        }});
        self.write(".claude/.credentials.json", &login.to_string())
    }

    /// Signs in to Codex, with a login that lasts.
    pub(crate) fn sign_in_codex(&self) -> Result<()> {
        self.write(".codex/auth.json", include_str!("codex-login.json"))
    }

    /// Waits for a web view of the resident's window and drives it.
    pub(crate) async fn window(&mut self) -> Result<Driver> {
        Driver::attach(&mut self.session, self.inspector).await
    }

    /// Closes the window as its own keys do, and waits for the end of its processes.
    pub(crate) async fn close(&self, window: &Driver) -> Result<()> {
        window.press(&["\u{E009}", "w"]).await.ok(); // the answer may be lost with the page
        wait::until("the end of the window's processes", WITHIN, async || {
            self.window_processes().is_empty().then_some(())
        })
        .await
    }

    /// Processes of the window, and of the web view's own.
    pub(crate) fn window_processes(&self) -> Vec<String> {
        let names = self.processes().into_iter().map(|process| process.name);
        let ours = |name: &String| {
            (name.starts_with("claudometer-de") || name.starts_with("WebKit"))
                && name != "WebKitWebDriver"
        };
        names.filter(ours).collect()
    }

    /// Every process of this session.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let ours = format!("XDG_RUNTIME_DIR={}", self.session.runtime().display());
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let told = all.filter_map(|entry| {
            let environment = std::fs::read(entry.path().join("environ")).ok()?;
            let mine = environment.split(|byte| *byte == 0).any(|one| one == ours.as_bytes());
            let name = std::fs::read_to_string(entry.path().join("comm")).ok()?.trim().to_owned();
            let arguments = std::fs::read(entry.path().join("cmdline")).ok()?;
            let told = [arguments, environment].concat();
            mine.then(|| Process { name, told: String::from_utf8_lossy(&told).into_owned() })
        });
        told.collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        if let Some(mut child) = self.resident.take() {
            child.kill().ok(); // it has ended already
            child.wait().ok(); // reaped
        }
    }
}

/// A usage answer with these percentages, resetting well in the future.
pub(crate) fn usage(session: f64, weekly: f64) -> Value {
    json!({
        "five_hour": {"utilization": session, "resets_at": hours_from_now(3)},
        "seven_day": {"utilization": weekly, "resets_at": hours_from_now(80)},
    })
}

pub(crate) fn wham(session: u32, weekly: u32) -> Value {
    let window = |percent: u32, seconds: u32| json!({"used_percent": percent, "limit_window_seconds": seconds, "reset_after_seconds": seconds / 2});
    json!({
        "email": "sam@example.com", "plan_type": "plus",
        "rate_limit": {"allowed": true, "primary_window": window(session, 18_000), "secondary_window": window(weekly, 604_800)},
    })
}

fn hours_from_now(hours: u64) -> String {
    let at = std::time::SystemTime::now() + Duration::from_secs(hours * 3600);
    let seconds = at.duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    seconds.to_string()
}

/// Whether a process ended by itself with success.
pub(crate) fn clean(status: std::process::ExitStatus) -> bool {
    status.success() && status.signal().is_none()
}

pub(crate) fn rate_limited(retry_after: Option<&str>) -> Reply {
    let reply = Reply::status(
        429,
        &json!({"error": {"type": "rate_limit_error", "message": "Rate limited."}}),
    );
    match retry_after {
        Some(wait) => reply.header("retry-after", wait),
        None => reply,
    }
}
