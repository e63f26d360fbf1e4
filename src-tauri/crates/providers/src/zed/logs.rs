//! Zed's threads: the tokens of each question, and what of a thread belongs to none.

use crate::logs::{
    count,
    database::{DatabaseLog, Read, column},
    disjoint, model, time,
};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Response, Tokens,
    response::{Merging, Name, Quality},
};
use claudometer_host::{Host, sqlite::Database};
use claudometer_scan::{Taken, key};
use serde_json::Value;
use std::{
    io::{self, Read as _},
    path::PathBuf,
};

const ID: &str = "zed";
const THREADS: &str = "threads";
/// A thread that is larger than this, unpacked, is damage.
const MOST_BYTES: u64 = 256 << 20;

/// The threads.
pub(crate) static LOGS: DatabaseLog =
    DatabaseLog { id: ID, name: "Zed", places, file: "threads.db", read };

fn places(host: &Host) -> Vec<PathBuf> {
    let data = if cfg!(target_os = "macos") {
        host.home().join("Library/Application Support/Zed")
    } else {
        host.folder("XDG_DATA_HOME", ".local/share").join("zed")
    };
    vec![data.join("threads/threads.db")]
}

/// A thread, without what is said in it.
struct Thread {
    id: String,
    at: DateTime<Utc>,
    project: Name,
    model: Name,
}

fn read(database: &Database, read: &mut Read, taken: &mut Taken) -> io::Result<()> {
    let columns = database.columns(THREADS)?;
    if columns.is_empty() {
        return Ok(());
    }
    let since = read.of(THREADS);
    let mut changed = Vec::new();
    database.rows(&format!("SELECT rowid, updated_at FROM {THREADS}"), &[], &mut |row| {
        let Some(at) = row.text(1).and_then(|at| time(&at.into())) else {
            taken.undated += 1;
            return;
        };
        if at.timestamp_millis() >= since {
            changed.push((row.integer(0).unwrap_or_default(), at));
        }
    })?;
    let folders = column(&columns, "t", "folder_paths");
    let query =
        format!("SELECT t.id, t.data_type, t.data, {folders} FROM {THREADS} t WHERE t.rowid = ?1");
    for (row, at) in changed {
        read.reach(THREADS, at.timestamp_millis());
        database.rows(&query, &[row], &mut |row| {
            let packed = row.text(1).is_some_and(|kind| kind == "zstd");
            let Some(data) = row.bytes(2).and_then(|data| unpacked(data, packed)) else {
                taken.malformed += 1;
                return;
            };
            let thread = Thread {
                id: row.text(0).unwrap_or_default(),
                at,
                project: row.text(3).unwrap_or_default().lines().next().unwrap_or_default().into(),
                model: model(&data["model"]["model"]),
            };
            take(&thread, &data, taken);
        })?;
    }
    Ok(())
}

fn unpacked(data: &[u8], packed: bool) -> Option<Value> {
    if !packed {
        return serde_json::from_slice(data).ok();
    }
    let mut text = Vec::new();
    ruzstd::decoding::StreamingDecoder::new(data)
        .ok()?
        .take(MOST_BYTES)
        .read_to_end(&mut text)
        .ok()?;
    serde_json::from_slice(&text).ok()
}

/// Each question's tokens are told under its id; the sum of the thread may hold more, of requests that no id tells.
fn take(thread: &Thread, data: &Value, taken: &mut Taken) {
    let mut told = Tokens::default();
    for (question, usage) in data["request_token_usage"].as_object().into_iter().flatten() {
        let tokens = tokens(usage);
        told += tokens;
        taken.add(response(thread, question, tokens, Merging::Largest));
    }
    let rest = tokens(&data["cumulative_token_usage"]) - told;
    if rest.total() > 0 {
        taken.add(response(thread, "", rest, Merging::Latest));
    }
}

/// The only time that is told is that of the thread's last change.
fn response(thread: &Thread, question: &str, tokens: Tokens, merging: Merging) -> Response {
    Response {
        model: Name::clone(&thread.model),
        session: thread.id.as_str().into(),
        project: Name::clone(&thread.project),
        tokens,
        quality: Quality::SessionTotal,
        merging,
        ..Response::new(key(ID, &format!("{}/{question}", thread.id), None), thread.at)
    }
}

fn tokens(usage: &Value) -> Tokens {
    disjoint(
        count(&usage["input_tokens"]),
        count(&usage["output_tokens"]),
        count(&usage["cache_read_input_tokens"]),
        count(&usage["cache_creation_input_tokens"]),
    )
}
