//! Reading an assistant's logs: what it takes the first time, again, and after a little was written; beside a peer that
//! reads the same logs. The sums are checked against what was written, in the same run.

use crate::{Row, process};
use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Responses in a file.
const PER_FILE: u64 = 24;
/// What is written around each response: what a person asked, and what tools answered.
const AROUND: usize = 9500;
const MODEL: &str = "claude-sonnet-4-5-20250929";
const CHECK: Duration = Duration::from_millis(1);
/// Runs of what is quick, of which the best counts: everything else is the machine's.
const RUNS: usize = 7;

/// What a program took.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spent {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    /// Most memory, in KiB.
    pub(crate) peak: u64,
}

/// What was written: responses and tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Written {
    responses: u64,
    tokens: u64,
}

/// Writes logs of so many bytes from response `first` on.
fn write(folder: &Path, first: u64, bytes: u64) -> Result<Written> {
    fs::create_dir_all(folder)?;
    let filler = "The quick brown fox jumps over the lazy dog. ".repeat(AROUND / 45);
    let (mut written, mut length) = (Written::default(), 0);
    while length < bytes {
        let file = folder.join(format!("{:08}.jsonl", first + written.responses));
        let mut file = BufWriter::new(File::create(file)?);
        for _ in 0..PER_FILE {
            let nth = first + written.responses;
            let tokens = [nth % 7 + 1, nth % 900 + 10, nth % 50_000, nth % 3000];
            for line in lines(nth, tokens, &filler) {
                length += line.len() as u64;
                file.write_all(line.as_bytes())?;
            }
            written.responses += 1;
            written.tokens += tokens.iter().sum::<u64>();
            if length >= bytes {
                break;
            }
        }
        file.flush()?;
    }
    Ok(written)
}

/// A question, and an answer that is written twice while it grows.
fn lines(nth: u64, [input, output, read, written]: [u64; 4], filler: &str) -> [String; 3] {
    let at = chrono::DateTime::from_timestamp(1_785_000_000 + nth.cast_signed() * 7, 0)
        .unwrap_or_default();
    let frame = json!({"sessionId": format!("session-{}", nth / PER_FILE), "cwd": format!("/work/p{}", nth % 9), "gitBranch": "main", "timestamp": at});
    let question =
        json!({"type": "user", "message": {"role": "user", "content": filler}, "frame": &frame});
    let answer = |output: u64| {
        let usage = json!({"input_tokens": input, "output_tokens": output, "cache_read_input_tokens": read, "cache_creation_input_tokens": written});
        json!({"type": "assistant", "sessionId": frame["sessionId"], "cwd": frame["cwd"], "gitBranch": "main", "timestamp": at, "requestId": format!("req_{nth}"),
            "message": {"id": format!("msg_{nth}"), "model": MODEL, "role": "assistant", "content": [{"type": "text", "text": &filler[..600]}], "usage": usage}})
    };
    [question, answer(output.min(1)), answer(output)].map(|line| format!("{line}\n"))
}

/// Runs a program over the logs of a home folder to its end.
pub(crate) fn run(program: &Path, words: &[&str], home: &Path) -> Result<(Spent, Vec<u8>)> {
    let out = home.join("printed");
    let begin = Instant::now();
    let mut child = Command::new(program)
        .args(words)
        .env_clear()
        .env("HOME", home)
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("TZ", "UTC")
        .stdin(Stdio::null())
        .stdout(File::create(&out)?)
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("{} could not be started", program.display()))?;
    let mut spent = Spent::default();
    while let Some((state, cpu)) = process::spent(child.id()) {
        if state == 'Z' {
            spent.cpu = cpu;
            spent.wall = begin.elapsed();
            break;
        }
        spent.peak = spent.peak.max(process::peak(child.id()));
        thread::sleep(CHECK);
    }
    let status = child.wait()?;
    ensure!(status.success(), "{} {words:?} ended with {status}", program.display());
    Ok((spent, fs::read(out)?))
}

fn ours(program: &Path, home: &Path, expected: Written) -> Result<Spent> {
    let (spent, printed) = run(program, &["cost", "agent", "--all", "--json"], home)?;
    let report: Value = serde_json::from_slice(&printed)?;
    let total = &report["total"];
    let found = Written {
        responses: total["responses"].as_u64().unwrap_or_default(),
        tokens: total["totalTokens"].as_u64().unwrap_or_default(),
    };
    ensure!(found == expected, "the sums are wrong: {found:?} instead of {expected:?}");
    Ok(spent)
}

pub(crate) fn best(runs: impl Iterator<Item = Result<Spent>>) -> Result<Spent> {
    let all = runs.collect::<Result<Vec<_>>>()?;
    all.into_iter().min_by_key(|spent| spent.wall).context("nothing was run")
}

/// The rows of the table; `mib` of logs are read.
pub(crate) fn measure(program: &Path, peer: Option<&Path>, mib: u64) -> Result<Vec<Row>> {
    let large = tempfile::tempdir()?;
    let logs = |home: &Path| home.join(".claude/projects/-work-p");
    let mut written = write(&logs(large.path()), 0, mib * 1024 * 1024)?;
    let theirs = peer.map(|peer| {
        // Twice, so that both find the logs in the system's cache.
        run(peer, &["daily", "--offline", "--json"], large.path())?;
        run(peer, &["daily", "--offline", "--json"], large.path()).map(|(spent, _)| spent)
    });
    let theirs = theirs.transpose().context("the peer")?.unwrap_or_default();
    let scale = mib as f64 / 1024.0;
    ours(program, large.path(), written)?;
    fs::remove_dir_all(large.path().join(".local"))?;
    let cold = ours(program, large.path(), written).context("the first reading")?;
    let warm = best((0..RUNS).map(|_| ours(program, large.path(), written)))?;
    let more = write(&logs(large.path()), written.responses, 1024 * 1024)?;
    written = Written {
        responses: written.responses + more.responses,
        tokens: written.tokens + more.tokens,
    };
    let append = ours(program, large.path(), written).context("after a little was written")?;
    let small = tempfile::tempdir()?;
    let little = write(&logs(small.path()), 0, 10 * 1024 * 1024)?;
    let tree = best((0..RUNS).map(|_| {
        fs::remove_dir_all(small.path().join(".local")).ok(); // the first time there is none
        ours(program, small.path(), little)
    }))?;
    let their_tree = match peer {
        Some(peer) => best((0..RUNS).map(|_| {
            run(peer, &["daily", "--offline", "--json"], small.path()).map(|(spent, _)| spent)
        }))?,
        None => Spent::default(),
    };
    Ok(rows(scale, [cold, warm, append, tree], [theirs, their_tree]))
}

fn rows(
    scale: f64,
    [cold, warm, append, tree]: [Spent; 4],
    [theirs, their_tree]: [Spent; 2],
) -> Vec<Row> {
    let (s, ms) = (|time: Duration| time.as_secs_f64(), |time: Duration| time.as_secs_f64() * 1e3);
    let mib = |kib: u64| kib as f64 / 1024.0;
    let row = |what, unit, ours: f64, reference: f64, limit: f64, text: &str| Row {
        what,
        unit,
        ours,
        reference,
        budget: Some((text.to_owned(), ours <= limit)),
    };
    vec![
        row(
            "first reading of logs, CPU",
            "s",
            s(cold.cpu),
            s(theirs.cpu),
            0.6 * scale,
            "<= 0.6 s for 1 GiB",
        ),
        row(
            "first reading of logs, memory",
            "MiB",
            mib(cold.peak),
            mib(theirs.peak),
            64.0,
            "<= 64 MiB",
        ),
        row(
            "cost, nothing new, whole process",
            "ms",
            ms(warm.wall),
            ms(theirs.wall),
            60.0,
            "<= 60 ms",
        ),
        row(
            "cost after 1 MB was written",
            "ms",
            ms(append.wall),
            ms(theirs.wall),
            15.0 + ms(warm.wall),
            "<= 15 ms more",
        ),
        row("first reading of 10 MB", "ms", ms(tree.wall), ms(their_tree.wall), 15.0, "<= 15 ms"),
    ]
}
