//! `npm run bench`: our figures beside a plain Tauri tray app's, in one run, with the budgets that they have to keep.
#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::disallowed_methods, reason = "a bench starts programs and reads clocks")]

mod commands;
mod files;
mod history;
mod process;
mod record;
mod refresh;
mod requests;
mod screen;
mod subject;
mod year;

use anyhow::{Context as _, Result};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};
use subject::Figures;

/// Idle time that is watched unless `--idle SECONDS` says otherwise.
const IDLE: Duration = Duration::from_mins(1);

const USAGE: &str =
    "claudometer-bench CLAUDOMETER PLAIN-TRAY [--idle SECONDS] [--peer PROGRAM] [--logs MIB] [--record FILE]
       claudometer-bench CLAUDOMETER --only-logs [--peer PROGRAM] [--logs MIB]
       claudometer-bench CLAUDOMETER --only-year [--peer PROGRAM]
       claudometer-bench CLAUDOMETER --only-files
       claudometer-bench CLAUDOMETER --only-requests";

/// Logs that are written and read, in MiB, unless `--logs MIB` says otherwise.
const LOGS: u64 = 256;

/// One printed line.
pub(crate) struct Row {
    what: &'static str,
    unit: &'static str,
    ours: f64,
    reference: f64,
    /// What has to be kept: the line's text and whether it is.
    budget: Option<(String, bool)>,
}

impl Row {
    fn figure(&self, value: f64) -> String {
        format!("{value:.1} {}", self.unit)
    }

    /// Ours as so many times the reference; `none` where there is no reference.
    fn ratio(&self, none: &str) -> String {
        if self.reference > 0.0 {
            format!("{:.2}", self.ours / self.reference)
        } else {
            none.to_owned()
        }
    }

    /// What has to be kept, and whether it is; `no` says that it is not.
    fn verdict<'a>(&'a self, no: &'a str) -> (&'a str, &'a str) {
        match &self.budget {
            Some((text, true)) => (text, "yes"),
            Some((text, false)) => (text, no),
            None => ("", ""),
        }
    }

    fn is_kept(&self) -> bool {
        self.budget.as_ref().is_none_or(|(_, kept)| *kept)
    }
}

fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [ours_program, plain, rest @ ..] = args.as_slice() else {
        anyhow::bail!("{USAGE}");
    };
    let (mut idle, mut peer, mut logs, mut kept_in) = (IDLE, None, LOGS, None);
    for pair in rest.chunks(2) {
        match pair {
            [flag, seconds] if flag == "--idle" => {
                idle = Duration::from_secs(seconds.parse().context("--idle takes seconds")?);
            }
            [flag, program] if flag == "--peer" => peer = Some(path(program)?),
            [flag, file] if flag == "--record" => kept_in = Some(PathBuf::from(file)),
            [flag, mib] if flag == "--logs" => logs = mib.parse().context("--logs takes MiB")?,
            _ => anyhow::bail!("{USAGE}"),
        }
    }
    if plain == "--only-logs" {
        let rows = history::measure(&path(ours_program)?, peer.as_deref(), logs)?;
        return Ok(if print(&rows) { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if plain == "--only-files" {
        let rows = files::measure(&path(ours_program)?)?;
        return Ok(if print(&rows) { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    if plain == "--only-walk" {
        println!("{}", files::walk(Path::new(ours_program))?);
        return Ok(ExitCode::SUCCESS);
    }
    if plain == "--only-year" {
        let rows = year::measure(&path(ours_program)?, peer.as_deref())?;
        return Ok(if print(&rows) { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let requests = requests::measure().context("the requests of an hour")?;
    if plain == "--only-requests" {
        return Ok(if print(&[requests]) { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let rows = runtime.block_on(async {
        let reference = subject::measure(&path(plain)?, idle).await.context("the plain app")?;
        let ours = subject::measure(&path(ours_program)?, idle).await.context("claudometer")?;
        let (refresh, slowest) = refresh::measure().await.context("the refresh")?;
        let commands = commands::measure(&path(ours_program)?, peer.as_deref())
            .await
            .context("the commands")?;
        let mut rows = rows(&ours, &reference, refresh, slowest);
        rows.push(requests);
        rows.extend(sizes(&path(ours_program)?, &path(plain)?)?);
        rows.extend(rows_of_commands(&commands));
        rows.extend(history::measure(&path(ours_program)?, peer.as_deref(), logs)?);
        rows.extend(files::measure(&path(ours_program)?)?);
        Ok::<_, anyhow::Error>(rows)
    })?;
    if let Some(file) = kept_in {
        record::write(&rows, &file)?;
    }
    let kept = print(&rows);
    Ok(if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Absolute, because a measured program runs in a home folder of its own.
fn path(program: &str) -> Result<PathBuf> {
    std::fs::canonicalize(program).with_context(|| format!("{program} is not built"))
}

fn rows(ours: &Figures, plain: &Figures, refresh: Duration, slowest: Duration) -> Vec<Row> {
    let mib = |kib: u64| kib as f64 / 1024.0;
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let at_most = |value: f64, limit: f64, text: &str| Some((text.to_owned(), value <= limit));
    let row = |what, unit, ours, reference, budget| Row { what, unit, ours, reference, budget };
    let (idle, sixth) = (mib(ours.idle.rss), mib(plain.idle.rss) / 6.0);
    let drift = (mib(ours.closed.rss) - idle).abs();
    let (took, alone) = (ms(refresh), ms(slowest));
    vec![
        row(
            "idle memory, RSS",
            "MiB",
            idle,
            mib(plain.idle.rss),
            at_most(idle, sixth.min(10.0), "<= 10 MiB and a sixth"),
        ),
        row("idle memory, PSS", "MiB", mib(ours.idle.pss), mib(plain.idle.pss), None),
        row(
            "launch to tray item",
            "ms",
            ms(ours.launch),
            ms(plain.launch),
            at_most(ms(ours.launch), 20.0, "<= 20 ms"),
        ),
        row(
            "click to painted window",
            "ms",
            ms(ours.window),
            ms(plain.window),
            at_most(ms(ours.window), 450.0, "<= 450 ms cold"),
        ),
        row("window open, PSS", "MiB", mib(ours.open.pss), mib(plain.open.pss), None),
        row(
            "after close, RSS",
            "MiB",
            mib(ours.closed.rss),
            mib(plain.closed.rss),
            at_most(drift, 2.0, "idle +-2 MiB"),
        ),
        row(
            "after close, processes",
            "",
            ours.closed.processes as f64,
            plain.closed.processes as f64,
            at_most(ours.closed.processes as f64, 1.0, "1"),
        ),
        row(
            "wake-ups while idle",
            "/s",
            ours.activity.wakeups_per_second,
            plain.activity.wakeups_per_second,
            at_most(ours.activity.wakeups_per_second, 0.1, "<= 0.1 /s"),
        ),
        row(
            "CPU while idle",
            "ticks",
            ours.activity.cpu_ticks as f64,
            plain.activity.cpu_ticks as f64,
            None,
        ),
        row(
            "refresh of 25 slow providers",
            "ms",
            took,
            alone,
            at_most(took, alone * 1.05, "slowest +5 %"),
        ),
    ]
}

/// How large the executables are.
fn sizes(resident: &Path, plain: &Path) -> Result<[Row; 2]> {
    let mib = |file: &Path| -> Result<f64> {
        let length = std::fs::metadata(file).with_context(|| file.display().to_string())?.len();
        Ok(length as f64 / 1024.0 / 1024.0)
    };
    let reference = mib(plain)?;
    let row = |what, ours: f64, limit: f64, text: &str| Row {
        what,
        unit: "MiB",
        ours,
        reference,
        budget: Some((text.to_owned(), ours <= limit)),
    };
    Ok([
        row("size of the resident", mib(resident)?, 18.0, "<= 18 MiB"),
        row(
            "size of the window",
            mib(&resident.with_file_name("claudometer-desktop"))?,
            20.0,
            "<= 20 MiB",
        ),
    ])
}

fn rows_of_commands(measured: &commands::Commands) -> Vec<Row> {
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let row = |what, took: Duration, limit: f64, text: &str| Row {
        what,
        unit: "ms",
        ours: ms(took),
        reference: ms(measured.nothing),
        budget: Some((text.to_owned(), ms(took) <= limit)),
    };
    let mut rows = vec![
        row("usage, warm cache", measured.usage, 15.0, "<= 15 ms"),
        row("statusline, whole process", measured.statusline, 10.0, "<= 10 ms"),
    ];
    let (ours, peer) = measured.passed_on;
    rows.extend(peer.map(|peer| Row {
        what: "statusline --from, beside a peer",
        unit: "ms",
        ours: ms(ours),
        reference: ms(peer),
        budget: Some(("<= 10 ms".to_owned(), ms(ours) <= 10.0)),
    }));
    rows
}

/// Prints the table; whether every budget is kept.
fn print(rows: &[Row]) -> bool {
    println!("{:<34}{:>10}{:>12}{:>9}  {:<24}kept", "", "ours", "reference", "ratio", "budget");
    for row in rows {
        let (budget, kept) = row.verdict("NO");
        println!(
            "{:<34}{:>10}{:>12}{:>9}  {budget:<24}{kept}",
            row.what,
            row.figure(row.ours),
            row.figure(row.reference),
            row.ratio("-"),
        );
    }
    println!(
        "reference: a plain Tauri tray app built from bench/plain; for the refresh, the slowest provider alone; for the requests, what the floors allow; for the commands, /bin/true; the peer, also for logs, is ccusage"
    );
    rows.iter().all(Row::is_kept)
}
