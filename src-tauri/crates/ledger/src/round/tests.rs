//! What becomes of what a file told before: read by another reader, cut, moved, gone.

use super::*;
use chrono::{DateTime, Utc};
use claudometer_core::{Response, response::Reader};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, clock::Zone, http::HttpError,
};
use claudometer_pricing::Catalog;
use claudometer_scan::{Form, Needles, Reading as LogReading};
use proptest::prelude::*;
use std::path::PathBuf;

/// A log of lines `name tokens`, which are responses, and `copy name`, which are none to a newer reader.
#[derive(Debug)]
struct Source(Reader);

struct Lines(Source, Taken);

static ALL: Needles = Needles::ALL;

impl LogSource for Source {
    fn id(&self) -> &'static str {
        "acme"
    }
    fn name(&self) -> &'static str {
        "Acme"
    }
    fn reader(&self) -> Reader {
        self.0
    }
    fn places(&self, _: &Host) -> Vec<PathBuf> {
        vec!["/logs".into()]
    }
    fn form(&self, _: &Path) -> Option<Form> {
        Some(Form::Lines)
    }
    fn needles(&self) -> &Needles {
        &ALL
    }
    fn open<'a>(&'a self, _: LogFile<'a>, _: Option<&[u8]>) -> Box<dyn LogReading + 'a> {
        Box::new(Lines(Self(self.0), Taken::default()))
    }
}

impl LogReading for Lines {
    fn line(&mut self, _: u64, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let words: Vec<&str> = line.split(' ').collect();
        let key = |name: &str| claudometer_scan::key("acme", name, None);
        match words.as_slice() {
            ["copy", _, _] if self.0.0.version > 2 => {}
            ["copy", name, tokens] | [name, tokens] => {
                let tokens = Tokens { output: tokens.parse().unwrap(), ..Tokens::default() };
                let at = DateTime::from_timestamp(1_788_220_800, 0).unwrap();
                self.1.add(Response { tokens, ..Response::new(key(name), at) });
            }
            _ => {}
        }
    }
    fn state(&self) -> Option<Vec<u8>> {
        Some(b"{}".to_vec())
    }
    fn finish(self: Box<Self>) -> Taken {
        self.1
    }
}

static SECOND: Source = Source(Reader::SECOND);
/// One that knows copies.
static THIRD: Source = Source(Reader { version: 3, right_since: 1 });
/// One that knows that counters were wrong.
static FOURTH: Source = Source(Reader { version: 4, right_since: 4 });

struct Machine {
    host: Host,
    store: Store,
    prices: Catalog,
    zone: Zone,
    second: i64,
}

impl Machine {
    fn new() -> Self {
        let host = Host {
            clock: Clock::default(),
            env: Environment::of("/home", []),
            files: Files::memory(),
            http: Http::recorded(|_| Err(HttpError::Connect)),
            processes: Processes::none(),
            secrets: Secrets::in_memory(),
        };
        let store = Store::in_memory().unwrap();
        Self { host, store, prices: Catalog::default(), zone: Zone::system(), second: 0 }
    }

    fn write(&mut self, path: &str, text: &str) {
        self.second += 1;
        let at: DateTime<Utc> = DateTime::from_timestamp(1_788_000_000 + self.second, 0).unwrap();
        self.host.files.place(Path::new(path), text.as_bytes(), at).unwrap();
    }

    fn remove(&self, path: &str) {
        self.host.files.remove(Path::new(path)).unwrap();
    }

    /// Reads with a reader, and to the end or not.
    fn round(&mut self, source: &'static Source, is_whole: bool) {
        let sources: &[&'static dyn LogSource] = &[source];
        let ledger = Ledger {
            host: &self.host,
            homes: &[],
            sources,
            prices: &self.prices,
            zone: &self.zone,
            zone_name: "UTC",
            device: "desk".into(),
            progress: &(),
        };
        let mut round = Round::of(&ledger, None);
        round.read(&mut self.store, source).unwrap();
        if is_whole {
            round.finish(&mut self.store).unwrap();
        } else {
            ledger.keep(&mut self.store, std::mem::take(&mut round.batch)).unwrap();
        }
    }

    /// Tokens of everything that counts; sums by day say the same.
    fn total(&mut self) -> u64 {
        let (mut total, mut by_day) = (0, 0);
        self.store
            .responses(None, None, &mut |stored| {
                total += if stored.counts() { stored.response.tokens.total() } else { 0 };
            })
            .unwrap();
        let days = claudometer_store::Sessions::Nameless;
        self.store.days(None, None, days, &mut |_, sums| by_day += sums.tokens.total()).unwrap();
        assert_eq!(total, by_day);
        total
    }
}

static READERS: [&Source; 2] = [&SECOND, &THIRD];

#[test]
fn what_a_newer_reader_does_not_tell_of_the_same_file_counts_no_more() {
    let mut machine = Machine::new();
    machine.write("/logs/a", "one 1\ncopy two 10\n");
    machine.write("/logs/b", "three 100\ncopy four 1000\n");
    machine.round(&SECOND, true);
    assert_eq!(machine.total(), 1111);
    // One has grown since, and another one is there that tells again what was only a copy in the first.
    machine.write("/logs/a", "one 1\ncopy two 10\nfive 5\n");
    machine.write("/logs/c", "four 1000\n");
    machine.round(&THIRD, true);
    assert_eq!(machine.total(), 1 + 5 + 100 + 1000);
    machine.round(&THIRD, true);
    assert_eq!(machine.total(), 1106);
}

#[test]
fn what_files_do_not_have_any_more_stays_whatever_a_newer_reader_says() {
    let mut machine = Machine::new();
    for name in ["cut", "gone", "there"] {
        machine.write(&format!("/logs/{name}"), &format!("{name}1 1\n{name}2 10\n"));
    }
    machine.round(&SECOND, true);
    machine.write("/logs/cut", "cut2 10\n");
    machine.remove("/logs/gone");
    machine.round(&SECOND, true);
    machine.round(&THIRD, true);
    assert_eq!(machine.total(), 33);
}

#[test]
fn a_reading_again_that_is_interrupted_is_done_the_next_time() {
    let mut machine = Machine::new();
    machine.write("/logs/a", "one 1\ncopy two 10\n");
    machine.round(&SECOND, true);
    machine.round(&THIRD, false);
    assert_eq!(machine.total(), 11);
    machine.round(&THIRD, true);
    assert_eq!(machine.total(), 1);
}

#[test]
fn counters_that_a_newer_reader_knows_to_be_wrong_give_way_and_what_is_gone_keeps_them() {
    let mut machine = Machine::new();
    machine.write("/logs/a", "one 100\n");
    machine.write("/logs/b", "two 1000\n");
    machine.round(&SECOND, true);
    machine.remove("/logs/b");
    machine.write("/logs/a", "one 7\n");
    // The file was rewritten, but what it tells now is known to be right.
    machine.round(&FOURTH, true);
    assert_eq!(machine.total(), 1007);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn whatever_happens_nothing_counts_twice_and_what_was_told_truly_is_not_lost(
        steps in prop::collection::vec((0_usize..5, 0_usize..3, any::<bool>()), 1..20),
    ) {
        let mut machine = Machine::new();
        let mut lines: [Vec<String>; 3] = Default::default();
        let mut told: HashSet<usize> = HashSet::new();
        let (mut next, mut reader) = (0, 0_usize);
        for (step, file, is_whole) in steps {
            let path = format!("/logs/{file}");
            match step {
                // It grows, by a response and by a copy of something.
                0 | 1 => {
                    next += 1;
                    told.insert(next);
                    lines[file].push(format!("n{next} 1\ncopy c{next} 1\n"));
                    machine.write(&path, &lines[file].concat());
                }
                // It is cut.
                2 if !lines[file].is_empty() => {
                    lines[file].remove(0);
                    machine.write(&path, &lines[file].concat());
                }
                3 => {
                    lines[file].clear();
                    machine.remove(&path);
                }
                _ => reader = (reader + 1).min(1),
            }
            machine.round(READERS[reader], is_whole);
        }
        machine.round(READERS[1], true);
        let total = machine.total();
        // Copies that were cut away before the newer reader came are kept: nobody can tell.
        prop_assert!(total >= told.len() as u64 && total <= 2 * told.len() as u64, "{total} of {}", told.len());
        let before = total;
        machine.round(READERS[1], true);
        prop_assert_eq!(machine.total(), before);
    }
}
