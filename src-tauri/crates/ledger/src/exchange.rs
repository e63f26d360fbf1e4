//! The history of one machine for another: a line for each response, merged by what the vendor calls it.

use crate::{Ledger, LedgerError, Taken};
use chrono::{DateTime, NaiveTime, Utc};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Copies, Key, Merging, Quality, Reader, Speed},
};
use claudometer_store::{Batch, Sessions, Store, Stored};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    io::{self, BufRead as _, BufReader, Write},
    path::Path,
};

/// Version of the lines.
const VERSION: u32 = 1;
/// How the text begins that [`export`] writes.
pub const BEGINS: &[u8] = b"{\"v\":";
/// Responses that are taken in at a time.
const AT_ONCE: usize = 20_000;

/// A response as a line.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    v: u32,
    message: u64,
    request: u64,
    at: DateTime<Utc>,
    rank: i64,
    agent: String,
    device: String,
    model: String,
    session: String,
    project: String,
    branch: String,
    #[serde(flatten)]
    tokens: Tokens,
    #[serde(default)]
    side_chain: bool,
    #[serde(default)]
    web_searches: u64,
    #[serde(default)]
    speed: Speed,
    #[serde(default)]
    in_us: bool,
    #[serde(default)]
    logged_cost: Option<Amount>,
    #[serde(default)]
    quality: Quality,
    #[serde(default)]
    merging: Merging,
    #[serde(default)]
    copies: Copies,
    /// The version of its reader, and the first one that counted right.
    #[serde(default = "first")]
    reader: u8,
    #[serde(default = "first")]
    right_since: u8,
    /// Whether it turned out to be a copy. Its tokens are left out then, for programs that do not know of such.
    #[serde(default)]
    withdrawn: bool,
}

const fn first() -> u8 {
    Reader::FIRST.version
}

/// Writes every response of one machine, or of all, as lines in the order of time; copies that count nothing among them, so
/// that the other machine can tell them, too. Answers how many. Never more than the responses of some days are in memory.
pub fn export(
    store: &mut Store,
    device: Option<&str>,
    out: &mut dyn Write,
) -> Result<u64, LedgerError> {
    // A response whose day changes meanwhile would else be missing, or there twice.
    store.at_one_moment(|store| {
        let mut count = 0;
        each_day(store, device, &mut |responses| {
            count += responses.len() as u64;
            Ok(write(responses, out)?)
        })?;
        Ok(count)
    })
}

/// Calls `each` with the responses of one day after the other.
fn each_day(
    store: &mut Store,
    device: Option<&str>,
    each: &mut dyn FnMut(Vec<Stored>) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let mut begins = BTreeSet::from([DateTime::<Utc>::MIN_UTC]);
    store.days(None, None, Sessions::Nameless, &mut |key, _| {
        begins.insert(key.day.and_time(NaiveTime::MIN).and_utc());
    })?;
    let ends = begins.iter().skip(1).copied().map(Some).chain([None]);
    for (begin, end) in begins.iter().zip(ends) {
        let mut all: Vec<Stored> = Vec::new();
        store.responses(Some(*begin), end, &mut |stored| {
            if device.is_none_or(|device| *stored.device == *device) {
                all.push(stored);
            }
        })?;
        each(all)?;
    }
    Ok(())
}

/// Writes responses as lines, in the order of time.
pub(crate) fn write(mut all: Vec<Stored>, out: &mut dyn Write) -> io::Result<()> {
    all.sort_unstable_by_key(|stored| (stored.response.at, stored.response.key));
    for stored in &all {
        serde_json::to_writer(&mut *out, &line(stored))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn line(Stored { agent, device, response, .. }: &Stored) -> Line {
    Line {
        v: VERSION,
        message: response.key.message,
        request: response.key.request,
        at: response.at,
        rank: response.rank,
        agent: agent.to_string(),
        device: device.to_string(),
        model: response.model.to_string(),
        session: response.session.to_string(),
        project: response.project.to_string(),
        branch: response.branch.to_string(),
        tokens: if response.withdrawn { Tokens::default() } else { response.tokens },
        side_chain: response.side_chain,
        web_searches: response.web_searches,
        speed: response.speed,
        in_us: response.in_us,
        logged_cost: response.logged_cost,
        quality: response.quality,
        merging: response.merging,
        copies: response.copies,
        reader: response.reader.version,
        right_since: response.reader.right_since,
        withdrawn: response.withdrawn,
    }
}

fn response(line: &Line) -> Response {
    let key = Key { message: line.message, request: line.request };
    Response {
        rank: line.rank,
        model: line.model.as_str().into(),
        session: line.session.as_str().into(),
        project: line.project.as_str().into(),
        branch: line.branch.as_str().into(),
        tokens: line.tokens,
        side_chain: line.side_chain,
        web_searches: line.web_searches,
        speed: line.speed,
        in_us: line.in_us,
        logged_cost: line.logged_cost,
        quality: line.quality,
        merging: line.merging,
        copies: line.copies,
        reader: Reader { version: line.reader, right_since: line.right_since },
        withdrawn: line.withdrawn,
        ..Response::new(key, line.at)
    }
}

impl Ledger<'_> {
    /// Takes in what [`export`] wrote to a file, of any size, in any order and as often as one likes: a response counts once.
    pub fn import(&self, store: &mut Store, path: &Path) -> Result<Taken, LedgerError> {
        let before = store.len()?;
        let told = self.take_lines(store, path)?;
        let new = store.len()?.saturating_sub(before).min(told.responses);
        Ok(Taken { responses: new, known: told.responses - new, ..told })
    }

    /// The same without finding out what was known, which takes a look at the whole history.
    pub(crate) fn take_lines(&self, store: &mut Store, path: &Path) -> Result<Taken, LedgerError> {
        let mut done = Taken::default();
        let mut batch = Batch::default();
        let Some(stream) = self.host.files.stream(path, 0)? else { return Ok(done) };
        for line in BufReader::new(stream).split(b'\n') {
            let line = line?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice::<Line>(&line) {
                Ok(line) if line.v == VERSION => {
                    let agent = line.agent.as_str().into();
                    let device = line.device.as_str().into();
                    self.add(&mut batch, &agent, &device, &response(&line));
                    done.responses += 1;
                }
                _ => done.odd += 1,
            }
            if batch.len() >= AT_ONCE {
                self.keep(store, std::mem::take(&mut batch))?;
            }
        }
        self.keep(store, batch)?;
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_store::Judge;

    const DAYS: u64 = 40;
    const PER_DAY: u64 = 250;

    fn nth(nth: u64) -> Response {
        let (day, minute) = (nth % DAYS, nth / DAYS);
        let seconds = 1_788_220_800 + (day * 86_400 + minute * 60).cast_signed();
        let key = Key { message: nth.wrapping_mul(0x9e37_79b9_7f4a_7c15), request: nth };
        let used = Tokens { output: if day == 0 { 0 } else { 5 }, ..Tokens::default() };
        let at = DateTime::from_timestamp(seconds, 0).unwrap();
        Response { tokens: used, ..Response::new(key, at) }
    }

    fn keep(store: &mut Store, responses: impl Iterator<Item = Response>) {
        let mut batch = Batch::default();
        for response in responses {
            let device = if response.key.request % 5 == 0 { "laptop" } else { "desk" };
            batch.add(&"acme".into(), &device.into(), &response, None);
        }
        let judge = Judge { price: &|_| None, day: &|at: DateTime<Utc>| at.date_naive() };
        store.keep(batch, judge).unwrap();
    }

    /// A store of many days, the first of them with responses that count nothing.
    fn store() -> Store {
        let mut store = Store::in_memory().unwrap();
        keep(&mut store, (0..DAYS * PER_DAY).map(nth));
        store
    }

    #[test]
    fn a_history_of_any_size_is_exported_a_day_at_a_time() {
        let mut store = store();
        let mut sizes = Vec::new();
        each_day(&mut store, None, &mut |responses| {
            sizes.push(responses.len() as u64);
            Ok(())
        })
        .unwrap();
        assert_eq!(sizes.iter().sum::<u64>(), DAYS * PER_DAY);
        assert!(sizes.iter().all(|size| *size <= PER_DAY), "{sizes:?}");
    }

    #[test]
    fn lines_come_in_the_order_of_time_and_of_one_machine_where_that_is_asked_for() {
        let mut store = store();
        let mut text = Vec::new();
        assert_eq!(export(&mut store, None, &mut text).unwrap(), DAYS * PER_DAY);
        let lines: Vec<Line> = text
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(lines.len() as u64, DAYS * PER_DAY);
        assert!(lines.is_sorted_by_key(|line| line.at));
        let one = export(&mut store, Some("laptop"), &mut io::sink()).unwrap();
        assert_eq!(one, DAYS * PER_DAY / 5);
        assert_eq!(export(&mut store, Some("nobody"), &mut io::sink()).unwrap(), 0);
    }

    #[test]
    fn what_another_process_changes_meanwhile_is_exported_as_it_was_before() {
        /// Moves a response of the last day to the first one, once something is written.
        struct Meddling(Option<Store>);
        impl Write for Meddling {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                if let Some(mut other) = self.0.take() {
                    let earlier = Response { at: nth(0).at, rank: 0, ..nth(DAYS - 1) };
                    keep(&mut other, std::iter::once(earlier));
                }
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let mut store = Store::open(&path).unwrap();
        keep(&mut store, (0..DAYS).map(nth));
        let mut out = Meddling(Some(Store::open(&path).unwrap()));
        assert_eq!(export(&mut store, None, &mut out).unwrap(), DAYS);
        assert!(out.0.is_none());
        let mut first_day = 0;
        store.responses(None, Some(nth(1).at), &mut |_| first_day += 1).unwrap();
        assert_eq!(first_day, 2, "it was moved");
    }

    #[test]
    fn who_reads_no_more_ends_the_export() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let ended = export(&mut store(), None, &mut Full);
        let kind = match ended {
            Err(LedgerError::File(error)) => Some(error.kind()),
            _ => None,
        };
        assert_eq!(kind, Some(io::ErrorKind::BrokenPipe));
    }
}
