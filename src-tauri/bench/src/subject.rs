//! One app under measurement, in a desktop of its own.

use crate::{
    process::{self, Activity, Memory},
    screen::Screen,
};
use anyhow::{Context as _, Result};
use claudometer_testkit::{
    session::{Keyring, Parts, Session},
    tray::TrayHost,
    vendors::{Reply, Vendors},
};
use serde_json::json;
use std::{
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

const SETTLE: Duration = Duration::from_secs(3);
const WITHIN: Duration = Duration::from_secs(20);
/// Launches are measured several times, and the median counts.
const LAUNCHES: usize = 7;
/// So are windows, each the first of a new process. They come first: the first GTK window of a display probes GL and leaves
/// the answer there, as a real desktop has long had it done.
const WINDOWS: usize = 5;

/// What was measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// From fork to a registered tray item.
    pub(crate) launch: Duration,
    /// Idle, no window opened yet.
    pub(crate) idle: Memory,
    /// From the click on "Open" to a painted window, the first time.
    pub(crate) window: Duration,
    /// With the window open.
    pub(crate) open: Memory,
    /// After the window was closed.
    pub(crate) closed: Memory,
    /// While idle.
    pub(crate) activity: Activity,
}

/// The address that a signed-in account is asked at.
pub(crate) const USAGE: &str = "api.anthropic.com/api/oauth/usage";

/// The assistant whose status line is played.
pub(crate) const ASSISTANT: &str = "claude";

/// Writes one answered session into the home folder, and returns what the assistant would tell its status line.
pub(crate) fn play_session(home: &Path) -> Result<String> {
    let folder = home.join(".claude/projects/bench");
    std::fs::create_dir_all(&folder)?;
    let transcript = folder.join("bench.jsonl");
    let usage = json!({"input_tokens": 10, "output_tokens": 20});
    let message = json!({"id": "m1", "model": "claude-opus-4-1", "usage": usage});
    let line = json!({"timestamp": "2026-09-15T12:00:00.000Z", "sessionId": "bench", "requestId": "r1", "message": message});
    std::fs::write(&transcript, format!("{line}\n"))?;
    let told = json!({
        "session_id": "bench", "transcript_path": transcript, "cwd": home, "version": "2.1.0",
        "model": {"id": "claude-opus-4-1", "display_name": "Opus"},
        "workspace": {"current_dir": home, "project_dir": home},
        "cost": {"total_cost_usd": 0.1, "total_duration_ms": 1, "total_api_duration_ms": 1, "total_lines_added": 0, "total_lines_removed": 0},
        "context_window": {"total_input_tokens": 10, "context_window_size": 200_000},
        "rate_limits": {"five_hour": {"used_percentage": 37.0, "resets_at": 4_102_444_800_i64}},
    });
    Ok(told.to_string())
}

/// Signs in to one account.
pub(crate) fn sign_in(session: &Session) -> Result<()> {
    let login = json!({"claudeAiOauth": {"accessToken": "sk-ant-oat01-BENCH", "expiresAt": 4_102_444_800_000_i64, "scopes": ["user:profile"], "subscriptionType": "max"}});
    std::fs::create_dir_all(session.home().join(".claude"))?;
    std::fs::write(session.home().join(".claude/.credentials.json"), login.to_string())?;
    Ok(())
}

/// Measures `program`.
pub(crate) async fn measure(program: &Path, idle_span: Duration) -> Result<Figures> {
    let session = Session::start(Parts { display: true, keyring: Keyring::Absent }).await?;
    let vendors = Vendors::start().await;
    let usage = json!({"five_hour": {"utilization": 37.0}, "seven_day": {"utilization": 12.5}});
    vendors.answer(USAGE, Reply::json(&usage)).await;
    sign_in(&session)?;
    let screen = Screen::open(session.display().context("a display")?)?;
    let mut windows = Vec::new();
    for _ in 0..WINDOWS {
        let (mut child, _, tray) = launch(&session, &vendors, program).await?;
        tokio::time::sleep(SETTLE).await;
        windows.push(open_window(&tray, &screen).await?);
        end(&mut child)?;
        screen.wait_until_empty(WITHIN).await?;
    }
    let mut launches = Vec::new();
    for _ in 0..LAUNCHES {
        let (mut child, took, _tray) = launch(&session, &vendors, program).await?;
        launches.push(took);
        end(&mut child)?;
    }
    let (mut child, _, tray) = launch(&session, &vendors, program).await?;
    let pid = child.id();
    tokio::time::sleep(SETTLE).await;
    let idle = process::memory(pid);
    let activity = process::activity(pid, idle_span).await?;
    open_window(&tray, &screen).await?;
    tokio::time::sleep(SETTLE).await;
    let open = process::memory(pid);
    screen.close_windows()?;
    tokio::time::sleep(SETTLE).await;
    let closed = process::memory(pid);
    end(&mut child)?;
    Ok(Figures { launch: median(launches), idle, window: median(windows), open, closed, activity })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn end(child: &mut Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// Clicks "Open" and waits for a painted window; the time between.
async fn open_window(tray: &TrayHost, screen: &Screen) -> Result<Duration> {
    let item = tray.item().await?;
    let clicked = Instant::now();
    item.click("Open Claudometer").await?;
    screen.painted(clicked, WITHIN).await
}

async fn launch(
    session: &Session,
    vendors: &Vendors,
    program: &Path,
) -> Result<(Child, Duration, TrayHost)> {
    let tray = TrayHost::start(session.bus_address()).await?;
    let mut command = session.command(program);
    command
        .env("CLAUDOMETER_TEST_ORIGIN", vendors.origin())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = Instant::now();
    let child =
        command.spawn().with_context(|| format!("{} could not be started", program.display()))?;
    while tray.registrations() == 0 {
        anyhow::ensure!(started.elapsed() < WITHIN, "{} shows no tray item", program.display());
        tokio::time::sleep(Duration::from_micros(200)).await;
    }
    Ok((child, started.elapsed(), tray))
}
