//! Any bytes as a file of any log that is read for the history: nothing panics, and reading again tells the same.
#![no_main]

use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, http::HttpError, leaves::Leaf,
};
use claudometer_providers::LOGS;
use claudometer_scan::{Form, LogFile, LogSource, Place};
use libfuzzer_sys::fuzz_target;
use std::{path::PathBuf, sync::LazyLock};

/// Files as assistants call them: one or the other of them is part of each log that is made of text.
const NAMES: [&str; 9] = [
    "p/s.jsonl",
    "p/s/subagents/agent-1.jsonl",
    "p/chats/s.jsonl",
    "p/chats/session-1.json",
    "s/wire.jsonl",
    "0.2.0/tokensGenerated.jsonl",
    "p/1.settings.json",
    "tasks/1/ui_messages.json",
    "sessions/1/1.messages.json",
];

/// Every log with each file of it that is made of text.
static FILES: LazyLock<Vec<(&dyn LogSource, PathBuf)>> = LazyLock::new(|| {
    let host = host();
    let mut all = Vec::new();
    for source in LOGS {
        let places = source.places(&host);
        let paths = places.iter().flat_map(|place| NAMES.map(|name| place.join(name)));
        let is_text = |path: &PathBuf| {
            source.form(path).is_some_and(|form| matches!(form, Form::Lines | Form::Whole))
        };
        let before = all.len();
        all.extend(paths.filter(is_text).map(|path| (*source, path)));
        assert!(all.len() > before || is_database(*source), "no file of {} is read", source.id());
    }
    all
});

/// A log that is a database alone has no file of text.
fn is_database(source: &dyn LogSource) -> bool {
    let is_one = |name: &str| source.form(name.as_ref()) == Some(Form::Database);
    ["sessions.db", "threads.db", "state.vscdb"].into_iter().any(is_one)
}

fn host() -> Host {
    Host {
        clock: Clock::told(chrono::DateTime::from_timestamp(1_789_473_600, 0).unwrap()),
        env: Environment::of("/fuzz", []),
        files: Files::memory(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}

fuzz_target!(|data: &[u8]| {
    let [which, cut, body @ ..] = data else { return };
    let (source, path) = &FILES[usize::from(*which) % FILES.len()];
    let host = host();
    let place = |bytes: &[u8]| {
        host.files.place(path, bytes, host.now()).unwrap();
        Leaf { path: path.clone(), size: bytes.len() as u64, modified_ns: 0, id: 0 }
    };
    let read = |leaf: &Leaf, resume| {
        let others = std::slice::from_ref(leaf);
        let place =
            Place { source: *source, file: LogFile { leaf, others, host: &host, kept: &() } };
        place.read(resume, &mut Vec::new()).unwrap()
    };
    let whole = place(body);
    assert_eq!(read(&whole, None), read(&whole, None), "{}", source.id());
    // As it grows: the part that was there first, then the rest.
    let (begin, _) = body.split_at(body.len() * usize::from(*cut) / 256);
    let (_, resume) = read(&place(begin), None);
    let whole = place(body);
    let (_, grown) = read(&whole, Some(&resume));
    let (_, again) = read(&whole, Some(&grown));
    assert_eq!(grown.offset, again.offset, "{}", source.id());
    // What was kept of an earlier reading may be anything.
    let file = LogFile { leaf: &whole, others: &[], host: &host, kept: &() };
    let mut reading = source.open(file, Some(body));
    for line in body.split(|byte| *byte == b'\n') {
        reading.line(0, line);
    }
    drop(reading.state());
    drop(reading.finish());
});
