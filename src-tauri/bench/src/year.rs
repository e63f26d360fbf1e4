//! A year of heavy use: what the window asks of the history when its page opens, beside what a peer takes to tell the days.

use crate::{
    Row,
    history::{Spent, best, run},
};
use anyhow::{Context as _, Result, ensure};
use chrono::{DateTime, Days, TimeDelta, Utc};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::Path,
    time::Duration,
};

/// Responses of the year.
const RESPONSES: u64 = 2_000_000;
const DAYS: u64 = 365;
/// Responses of a session.
const PER_SESSION: u64 = 100;
const MODELS: [&str; 3] =
    ["claude-opus-4-5-20251101", "claude-sonnet-4-5-20250929", "claude-haiku-4-5-20251001"];
const RUNS: usize = 5;

/// What the page asks when it opens, as the resident asks it.
fn page(today: DateTime<Utc>) -> [Vec<String>; 3] {
    let since = |days: u64| {
        let first = today.date_naive().checked_sub_days(Days::new(days - 1));
        first.map(|day| day.to_string()).unwrap_or_default()
    };
    let ask = |by: &str, days: u64, more: &[&str]| {
        let since = since(days);
        let words = ["cost", by, "--json", "--breakdown", "--since", &since];
        words.iter().chain(more).map(|word| (*word).to_owned()).collect()
    };
    [ask("day", 30, &[]), ask("project", 30, &["--limit", "50"]), ask("day", 371, &[])]
}

fn write(folder: &Path, today: DateTime<Utc>) -> Result<()> {
    fs::create_dir_all(folder)?;
    let step = TimeDelta::milliseconds((DAYS * 86_400_000 / RESPONSES).cast_signed());
    let begin = today - step * i32::try_from(RESPONSES)?;
    for session in 0..RESPONSES / PER_SESSION {
        let mut file = BufWriter::new(File::create(folder.join(format!("{session}.jsonl")))?);
        for nth in session * PER_SESSION..(session + 1) * PER_SESSION {
            let at = begin + step * i32::try_from(nth)?;
            let usage = json!({"input_tokens": nth % 7 + 1, "output_tokens": nth % 900, "cache_read_input_tokens": nth % 50_000});
            let line = json!({"type": "assistant", "sessionId": format!("session-{session}"), "cwd": format!("/work/p{}", session % 40), "timestamp": at,
                "requestId": format!("req_{nth}"), "message": {"id": format!("msg_{nth}"), "model": MODELS[(session % 3) as usize], "usage": usage}});
            writeln!(file, "{line}")?;
        }
        file.flush()?;
    }
    Ok(())
}

/// The rows of the table.
pub(crate) fn measure(program: &Path, peer: Option<&Path>) -> Result<Vec<Row>> {
    let home = tempfile::tempdir()?;
    let today = Utc::now();
    write(&home.path().join(".claude/projects/-work-p"), today)?;
    let (cold, _) = run(program, &["cost", "agent", "--all", "--json"], home.path())?;
    let theirs = peer.map(|peer| run(peer, &["daily", "--offline", "--json"], home.path()));
    let theirs = theirs.transpose().context("the peer")?.map_or_else(Spent::default, |it| it.0);
    // What a page waits for is what the resident vouches for: nobody looks at the logs again.
    fs::remove_dir_all(home.path().join(".claude"))?;
    let mut page_took = Duration::ZERO;
    for words in page(today) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ask = || {
            let (spent, printed) = run(program, &words, home.path())?;
            let report: Value = serde_json::from_slice(&printed)?;
            let found = report["total"]["responses"].as_u64().unwrap_or_default();
            ensure!(found >= RESPONSES / 13, "{words:?} tells {found} responses");
            Ok(spent)
        };
        page_took += best((0..RUNS).map(|_| ask()))?.wall;
    }
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let (ours, reference) = (ms(page_took), ms(theirs.wall));
    Ok(vec![
        Row {
            what: "2 million responses, first reading, CPU",
            unit: "s",
            ours: cold.cpu.as_secs_f64(),
            reference: theirs.cpu.as_secs_f64(),
            budget: None,
        },
        Row {
            what: "the history's page over their year",
            unit: "ms",
            ours,
            reference,
            budget: Some(("<= 100 ms".to_owned(), ours <= 100.0)),
        },
    ])
}
