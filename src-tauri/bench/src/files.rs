//! Very many small logs: what it takes to find that nothing is new, and to read them all the first time, beside a program
//! that only walks the same tree. Sessions are told one by one, so what they cost takes little memory.

use crate::{
    Row,
    history::{Spent, best, run},
};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::{fs, path::Path};

/// Files that are written, and how many share a folder.
const FILES: u64 = 200_000;
const PER_FOLDER: u64 = 500;
const RUNS: usize = 3;

/// Writes logs with one response each.
fn write(folder: &Path) -> Result<()> {
    for nth in 0..FILES {
        let project = folder.join(format!("-work-p{}", nth / PER_FOLDER));
        if nth % PER_FOLDER == 0 {
            fs::create_dir_all(&project)?;
        }
        let at = chrono::DateTime::from_timestamp(1_785_000_000 + nth.cast_signed() * 60, 0)
            .unwrap_or_default();
        let usage = json!({"input_tokens": nth % 7 + 1, "output_tokens": nth % 900, "cache_read_input_tokens": nth % 50_000});
        let line = json!({"type": "assistant", "sessionId": format!("session-{nth}"), "cwd": format!("/work/p{}", nth / PER_FOLDER), "timestamp": at,
            "requestId": format!("req_{nth}"), "message": {"id": format!("msg_{nth}"), "model": "claude-sonnet-4-5-20250929", "usage": usage}});
        fs::write(project.join(format!("{nth:08}.jsonl")), format!("{line}\n"))?;
    }
    Ok(())
}

/// Looks at every file below a folder and does nothing with it. Returns how many there are.
pub(crate) fn walk(folder: &Path) -> Result<u64> {
    let mut found = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found += walk(&entry.path())?;
        } else {
            found += u64::from(entry.metadata()?.modified().is_ok());
        }
    }
    Ok(found)
}

/// What it takes to walk the tree: this program, which is asked to do that alone.
fn walked(logs: &Path) -> Result<Spent> {
    let ourselves = std::env::current_exe()?;
    let home = logs.to_string_lossy();
    let out = tempfile::tempdir()?;
    best((0..RUNS).map(|_| {
        let (spent, printed) = run(&ourselves, &[&home, "--only-walk"], out.path())?;
        let found: u64 = String::from_utf8_lossy(&printed).trim().parse()?;
        ensure!(found == FILES, "{found} files were found");
        Ok(spent)
    }))
}

fn ours(program: &Path, words: &[&str], home: &Path) -> Result<Spent> {
    let (spent, printed) = run(program, words, home)?;
    let report: Value = serde_json::from_slice(&printed)?;
    let found = report["total"]["responses"].as_u64().unwrap_or_default();
    ensure!(found == FILES, "{words:?} tells {found} responses");
    Ok(spent)
}

/// The rows of the table.
pub(crate) fn measure(program: &Path) -> Result<Vec<Row>> {
    let home = tempfile::tempdir()?;
    let logs = home.path().join(".claude/projects");
    write(&logs)?;
    let all = ["cost", "agent", "--all", "--json"];
    let walk = walked(&logs)?;
    let first = ours(program, &all, home.path())?;
    let again = best((0..RUNS).map(|_| ours(program, &all, home.path())))?;
    let sessions = ours(program, &["cost", "session", "--all", "--json"], home.path())?;
    let walks = |what, spent: Spent, most: f64| {
        let (ours, reference) = (spent.cpu.as_secs_f64(), walk.cpu.as_secs_f64());
        let budget = Some((format!("<= {most} walks"), ours <= most * reference));
        Row { what, unit: "s", ours, reference, budget }
    };
    let memory = |what, spent: Spent| {
        let mib = |kib: u64| kib as f64 / 1024.0;
        let budget = Some(("<= 64 MiB".to_owned(), mib(spent.peak) <= 64.0));
        Row { what, unit: "MiB", ours: mib(spent.peak), reference: mib(walk.peak), budget }
    };
    Ok(vec![
        walks("200,000 files, nothing new, CPU", again, 1.5),
        walks("200,000 files, first reading, CPU", first, 4.0),
        memory("200,000 files, first reading, memory", first),
        memory("what 200,000 sessions cost, memory", sessions),
    ])
}
