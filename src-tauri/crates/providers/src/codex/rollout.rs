//! Limits that Codex notes in its own session logs. Nobody is asked.

use super::{
    auth::{self, Candidate, Login},
    home, map, oauth,
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Trouble, Window, WindowKind, gate::Cadence, settings::ProviderSettings};
use claudometer_host::{Files, Host, files::Entry, paths::Paths};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, json, lenient::instant,
    owners::Owners, source::hex16,
};
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::Value;
use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

/// Folders of days that are looked into: a session that runs on is written where it began.
const DAYS: usize = 3;
/// Logs that are looked into.
const LOGS: usize = 6;
/// How much of a log's end is read, in bytes: little, and more only if it holds no limits.
const TAILS: [u64; 3] = [256 * 1024, 1024 * 1024, 4 * 1024 * 1024];
/// A branched session begins with a copy of the older one, stamped anew: what a log says of the time in which it was
/// made may be old.
const COPIED: TimeDelta = TimeDelta::seconds(2);
/// A session that was told its limits so long before another one may still have been told more.
const LAG: TimeDelta = TimeDelta::hours(1);
/// Ends of one period differ by less than this between two lines.
const SAME_PERIOD: TimeDelta = TimeDelta::minutes(10);
/// How much of a packed log is unpacked, in bytes: logs of a week ago, of which the last lines count.
const MOST_UNPACKED: u64 = 256 * 1024 * 1024;

/// The source over session logs.
#[derive(Debug)]
pub struct Rollout;

static SPEC: SourceSpec = SourceSpec {
    id: "rollout",
    label: "Codex's session log",
    reads: "The end of Codex's newest session logs (in its folder sessions), of which only the limits are kept.",
    sends: "",
    cadence: Cadence { normal_s: 300, floor_s: 0 },
    passive: true,
    opt_in: false,
};

impl Source for Rollout {
    fn spec(&self) -> &'static SourceSpec {
        &SPEC
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            let folder = sessions(host);
            if logs(&host.files, &folder).is_empty() {
                return Vec::new();
            }
            let candidates = auth::candidates(host).await;
            vec![oauth::seat(host, &candidates, host.tilde(&folder))]
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        let folder = sessions(host);
        let days = days(&host.files, &folder);
        // The month and the year tell of a new day, the older days of a session that runs on.
        let above = days.first().into_iter().flat_map(|day| day.ancestors().skip(1).take(2));
        let mut paths: Vec<PathBuf> = above.map(Path::to_owned).collect();
        paths.extend(days);
        paths.push(folder);
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        let folder = sessions(ask.host);
        async move { Ok(Fingerprint::of_name(&folder.to_string_lossy())) }.boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        async move {
            let candidates = auth::candidates(ask.host).await;
            fetch(ask.host, &candidates)
        }
        .boxed()
    }
}

fn sessions(host: &Host) -> PathBuf {
    home::folder(host).join("sessions")
}

/// Where it is remembered whose sessions are, for each home of Codex.
fn owners_file(host: &Host) -> PathBuf {
    let home = hex16(&home::folder(host).to_string_lossy());
    Paths::of(&host.env).state.join(format!("codex-sessions-{home}.json"))
}

fn fetch(host: &Host, candidates: &[Candidate]) -> Result<Report, FetchError> {
    let nothing = |detail: &str| FetchError::local(Trouble::NoData, detail);
    let now = host.now();
    let told = newest(host, candidates);
    let Some(newest) = told.ours.first() else {
        return Err(nothing(if told.others > 0 {
            "The session logs are of sessions that began under another login."
        } else {
            "No session log tells limits."
        }));
    };
    let mut report = map::snapshot(&newest.limits, newest.at.min(now));
    if told.others > 0 {
        report.notes.push(format!("{} session logs of other logins left out", told.others));
    }
    for older in told.ours.iter().skip(1) {
        let older = map::snapshot(&older.limits, older.at.min(now));
        keep_higher(&mut report.reading.windows, older.reading.windows);
    }
    report.reading.windows.retain(|window| ends_at(window, newest.at).is_none_or(|end| end > now));
    Ok(report)
}

/// Of two sessions of one account the higher figure of a period counts: the other was told less because it asked earlier.
fn keep_higher(windows: &mut [Window], older: Vec<Window>) {
    for old in older {
        let same = windows.iter_mut().find(|window| {
            let ends = window.resets_at.zip(old.resets_at);
            window.id == old.id && ends.is_some_and(|(a, b)| (a - b).abs() <= SAME_PERIOD)
        });
        if let Some(window) = same.filter(|window| window.used < old.used) {
            window.used = old.used;
        }
    }
}

/// Whether limits were noted under an earlier login than this one, as far as that can be told.
fn is_before(told: &Told, login: &Login) -> bool {
    let before = |at: Option<DateTime<Utc>>| at.is_some_and(|at| told.at < at);
    let plan = told.limits["plan_type"].as_str();
    let other_plan =
        matches!((plan, &login.plan), (Some(told), Some(ours)) if !told.eq_ignore_ascii_case(ours));
    before(login.signed_in_at) || (other_plan && before(login.issued_at))
}

/// When a window ends that was noted at `at`; by its usual length where the log does not say.
fn ends_at(window: &Window, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let usual = match window.kind {
        WindowKind::Session => Some(TimeDelta::hours(5)),
        WindowKind::Daily => Some(TimeDelta::days(1)),
        WindowKind::Weekly => Some(TimeDelta::days(7)),
        WindowKind::Monthly | WindowKind::BillingCycle => Some(TimeDelta::days(31)),
        WindowKind::Rolling | WindowKind::Other => None,
    };
    window.resets_at.or_else(|| at.checked_add_signed(window.length().or(usual)?))
}

/// Limits as one line of a log tells them.
#[derive(Debug, Clone, PartialEq)]
struct Told {
    at: DateTime<Utc>,
    limits: Value,
}

/// What the logs tell.
#[derive(Debug, Default)]
struct Heard {
    /// The last limits of each session that began under the login that is here now: first those that count.
    ours: Vec<Told>,
    /// Sessions of other logins, or of nobody knows whose.
    others: usize,
}

/// The last limits of the newest sessions, those of the account itself before those of one of its parts.
fn newest(host: &Host, candidates: &[Candidate]) -> Heard {
    let (now, file) = (host.now(), owners_file(host));
    let current = oauth::seat(host, candidates, String::new()).seat.account;
    let login = auth::choose(candidates, None, now).ok();
    let before = Owners::load(host, &file);
    let mut owners = before.clone();
    owners.see(&current, login.and_then(|login| login.signed_in_at), now);
    let mut heard = Heard::default();
    let mut own_at = None;
    for log in logs(&host.files, &sessions(host)) {
        // A log that was last written long before the best line tells of no use that is not in it.
        if own_at.is_some_and(|at| log.modified + LAG <= at) {
            break;
        }
        let Some(told) = in_log(&host.files, &log) else { continue };
        let session = log.path.file_name().unwrap_or_default().to_string_lossy();
        let owner = owners.of(&session, made_at(&log.path), now);
        let is_older = login.is_some_and(|login| is_before(&told, login));
        if owner.as_ref() != Some(&current) || is_older {
            heard.others += 1;
            continue;
        }
        if is_own(&told) {
            own_at = own_at.max(Some(told.at));
        }
        heard.ours.push(told);
    }
    owners.keep(&before, host, &file);
    heard.ours.sort_by_key(|told| std::cmp::Reverse((is_own(told), told.at)));
    let own = heard.ours.first().is_some_and(is_own);
    heard.ours.retain(|told| is_own(told) == own);
    heard
}

fn is_own(told: &Told) -> bool {
    map::limit_id(&told.limits).is_none()
}

fn in_log(files: &Files, log: &Entry) -> Option<Told> {
    let made_at = made_at(&log.path);
    let mut part = None;
    for bytes in TAILS {
        let tail = tail(files, log, bytes)?;
        let told = tail
            .lines()
            .rev()
            .filter_map(of_line)
            .filter(|told| made_at.is_none_or(|at| told.at >= at + COPIED));
        for told in told {
            if is_own(&told) {
                return Some(told);
            }
            part.get_or_insert(told);
        }
        if bytes >= log.size {
            break;
        }
    }
    part
}

/// The end of a log; of a packed one as much as is read of the longest.
fn tail(files: &Files, log: &Entry, bytes: u64) -> Option<String> {
    if !is_packed(&log.path) {
        return files.read_tail(&log.path, bytes).ok().flatten();
    }
    let packed = files.read(&log.path).ok()??;
    let mut text = Vec::new();
    let unpacked = ruzstd::decoding::StreamingDecoder::new(packed.as_slice()).ok()?;
    unpacked.take(MOST_UNPACKED).read_to_end(&mut text).ok()?;
    let from = text.len().saturating_sub(usize::try_from(TAILS[2]).unwrap_or(usize::MAX));
    Some(String::from_utf8_lossy(&text[from..]).into_owned())
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "zst")
}

fn of_line(line: &str) -> Option<Told> {
    if !(line.contains("\"rate_limits\"") && line.contains("token_count")) {
        return None;
    }
    let mut line = json::read(line).ok()?;
    let at = instant(&line["timestamp"])?;
    if line["type"] != "event_msg" || line["payload"]["type"] != "token_count" {
        return None;
    }
    let limits = line["payload"]["rate_limits"].take();
    limits.is_object().then_some(Told { at, limits })
}

/// When a log was made, which the identifier at the end of its name tells.
fn made_at(path: &Path) -> Option<DateTime<Utc>> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_suffix(".zst").unwrap_or(name).strip_suffix(".jsonl")?;
    let id = name.get(name.len().checked_sub(36)?..)?;
    let digits: String = id.chars().filter(char::is_ascii_hexdigit).collect();
    let is_timed = digits.len() == 32 && digits.as_bytes()[12] == b'7';
    let milliseconds = i64::from_str_radix(digits.get(..12).filter(|_| is_timed)?, 16).ok()?;
    DateTime::from_timestamp_millis(milliseconds)
}

/// Logs of the newest days, the last written first.
fn logs(files: &Files, folder: &Path) -> Vec<Entry> {
    let mut found: Vec<Entry> = days(files, folder)
        .iter()
        .flat_map(|day| files.list(day))
        .filter(|entry| !entry.is_folder && is_log(&entry.path))
        .collect();
    found.sort_by(|a, b| (b.modified, &b.path).cmp(&(a.modified, &a.path)));
    found.truncate(LOGS);
    found
}

fn is_log(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("rollout-") && (name.ends_with(".jsonl") || name.ends_with(".jsonl.zst"))
}

/// Folders of the newest days that are there, the newest first.
fn days(files: &Files, folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for year in numbered(files, folder) {
        for month in numbered(files, &year) {
            found.extend(numbered(files, &month));
            if found.len() >= DAYS {
                found.truncate(DAYS);
                return found;
            }
        }
    }
    found
}

/// Folders whose names are numbers, the highest first.
fn numbered(files: &Files, folder: &Path) -> Vec<PathBuf> {
    let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut found: Vec<(u32, PathBuf)> = files
        .list(folder)
        .into_iter()
        .filter(|entry| entry.is_folder)
        .filter_map(|entry| Some((number(&entry.path)?, entry.path)))
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
#[path = "rollout_tests.rs"]
mod tests;
