//! What a status bar waits for: whole processes of the commands for people and scripts, beside the quickest program there is.

use anyhow::{Context as _, Result};
use claudometer_testkit::{
    session::{Keyring, Parts, Session},
    vendors::{Reply, Vendors},
};
use serde_json::json;
use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

/// Runs of each, of which the median counts.
const RUNS: usize = 41;

/// Medians of whole processes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Commands {
    /// `claudometer usage` over remembered numbers, no resident.
    pub(crate) usage: Duration,
    /// `claudometer statusline`, likewise.
    pub(crate) statusline: Duration,
    /// `true`.
    pub(crate) nothing: Duration,
    /// The assistant's own status line through us, and through a peer where one was named.
    pub(crate) passed_on: (Duration, Option<Duration>),
}

/// Measures them in a session with a keyring and one signed-in account whose numbers were read a moment ago.
pub(crate) async fn measure(program: &Path, peer: Option<&Path>) -> Result<Commands> {
    let session = Session::start(Parts { display: false, keyring: Keyring::Unlocked }).await?;
    let vendors = Vendors::start().await;
    let usage = json!({"five_hour": {"utilization": 37.0}, "seven_day": {"utilization": 12.5}});
    vendors.answer(crate::subject::USAGE, Reply::json(&usage)).await;
    crate::subject::sign_in(&session)?;
    let told = crate::subject::play_session(&session.home())?;
    let input = session.home().join("told.json");
    std::fs::write(&input, told)?;
    let run = |program: &Path, words: &[&str]| -> Result<Duration> {
        let mut command = session.command(program);
        command.args(words).env("CLAUDOMETER_TEST_ORIGIN", vendors.origin());
        let begin = Instant::now();
        command.stdin(std::fs::File::open(&input)?);
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        let took = begin.elapsed();
        anyhow::ensure!(status.success(), "{} {words:?} ended with {status}", program.display());
        Ok(took)
    };
    run(program, &["usage"]).context("the first look")?;
    let asked = vendors.asked().await.len();
    let (mut usage, mut statusline, mut nothing) = (Vec::new(), Vec::new(), Vec::new());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        usage.push(run(program, &["usage"])?);
        statusline.push(run(program, &["statusline"])?);
        nothing.push(run(Path::new("/bin/true"), &[])?);
        ours.push(run(program, &["statusline", "--from", crate::subject::ASSISTANT])?);
        if let Some(peer) = peer {
            theirs.push(run(peer, &["statusline", "--offline"])?);
        }
    }
    anyhow::ensure!(vendors.asked().await.len() == asked, "a warm cache asks nobody");
    let peers = (!theirs.is_empty()).then(|| median(theirs));
    Ok(Commands {
        usage: median(usage),
        statusline: median(statusline),
        nothing: median(nothing),
        passed_on: (median(ours), peers),
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
