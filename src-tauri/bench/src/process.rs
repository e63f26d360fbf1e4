//! What the kernel says of a process and its descendants.

use anyhow::{Context as _, Result};
use std::{collections::BTreeSet, fs, time::Duration};

/// Memory of a set of processes, in KiB.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// Resident set.
    pub(crate) rss: u64,
    /// Resident set with shared pages counted in proportion.
    pub(crate) pss: u64,
    /// How many processes.
    pub(crate) processes: usize,
}

/// A process and everything below it.
pub(crate) fn family(pid: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::from([pid]);
    loop {
        let children =
            parents().into_iter().filter(|(_, parent)| found.contains(parent)).map(|(pid, _)| pid);
        let more: BTreeSet<u32> = children.filter(|pid| !found.contains(pid)).collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

fn parents() -> Vec<(u32, u32)> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let with_parent = pids.filter_map(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let after_name = stat.rsplit_once(')')?.1;
        Some((pid, after_name.split_whitespace().nth(1)?.parse().ok()?))
    });
    with_parent.collect()
}

/// State of a process, and the processor's time that it and its ended children have taken; `None` where it is gone.
pub(crate) fn spent(pid: u32) -> Option<(char, Duration)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(11..15)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some((fields.first()?.chars().next()?, Duration::from_millis(ticks * 10)))
}

/// The most memory that a process of a family has held, in KiB.
pub(crate) fn peak(pid: u32) -> u64 {
    let of = |pid: u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse().ok()
    };
    family(pid).into_iter().filter_map(of).max().unwrap_or(0)
}

/// Memory of a family.
pub(crate) fn memory(pid: u32) -> Memory {
    let family = family(pid);
    let mut sum = Memory { processes: family.len(), ..Memory::default() };
    for pid in family {
        let Ok(text) = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")) else { continue };
        let of = |name: &str| {
            let line = text.lines().find(|line| line.starts_with(name));
            line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
                .unwrap_or_default()
        };
        sum.rss += of("Rss:");
        sum.pss += of("Pss:");
    }
    sum
}

/// What a family did in a while.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Activity {
    /// Times that it was woken, a second.
    pub(crate) wakeups_per_second: f64,
    /// Clock ticks of CPU time used.
    pub(crate) cpu_ticks: u64,
}

/// Watches a family for `span`.
pub(crate) async fn activity(pid: u32, span: Duration) -> Result<Activity> {
    let before = counters(pid).context("the process has ended")?;
    tokio::time::sleep(span).await;
    let after = counters(pid).context("the process has ended")?;
    let wakeups = after.0.saturating_sub(before.0) as f64 / span.as_secs_f64();
    Ok(Activity { wakeups_per_second: wakeups, cpu_ticks: after.1.saturating_sub(before.1) })
}

/// Voluntary switches and CPU ticks so far, over all threads.
fn counters(pid: u32) -> Option<(u64, u64)> {
    let (mut switches, mut ticks) = (0, 0);
    for pid in family(pid) {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        ticks += fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
        for task in fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten() {
            let Ok(status) = fs::read_to_string(task.path().join("status")) else { continue };
            let line = status.lines().find(|line| line.starts_with("voluntary_ctxt_switches:"));
            switches += line
                .and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
                .unwrap_or_default();
        }
    }
    Some((switches, ticks))
}
