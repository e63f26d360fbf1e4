//! The sessions of Copilot's command line: a row for each request in its store, and what a session used in all, which is told
//! when it is left, over all its legs, until it is compacted.
//!
//! A session that crashed, or was left for a new one, tells no sum; so the rows count, and the sum of a session and model
//! only where there are none.

use crate::logs::{Page, PlainLog, count, database::column, ends, folder, inclusive, text, time};
use claudometer_core::{
    Response, Tokens,
    response::{Copies, Key, Quality, Reader},
};
use claudometer_host::sqlite::Database;
use claudometer_scan::{Form, Needles, hash, key};
use serde_json::Value;
use std::{io, path::Path, sync::LazyLock};

const STORE: &str = "session-store.db";
const ROWS: &str = "assistant_usage_events";

/// The sessions.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "copilot",
    name: "GitHub Copilot CLI",
    reader: Reader::SECOND,
    rows: Some(rows),
    places: |host| {
        let home = folder(host, "COPILOT_HOME", ".copilot");
        vec![home.join("session-state"), home.join(STORE)]
    },
    form: |path: &Path| {
        if path.file_name()? == STORE {
            return Some(Form::Database);
        }
        ends(path, ".jsonl").then_some(Form::Lines)
    },
    needles: LazyLock::new(|| {
        Needles::of(&[
            "\"session.start\"",
            "\"session.shutdown\"",
            "\"session.compaction_complete\"",
        ])
    }),
    take,
};

/// What all requests of a session to a model share, and their sum.
fn message(session: &str, model: &str) -> u64 {
    hash(&["copilot", session, model])
}

/// Takes the requests: their input holds both caches.
fn rows(database: &Database, page: &mut Page<'_>) -> io::Result<()> {
    let columns = database.columns(ROWS)?;
    if columns.is_empty() {
        return Ok(());
    }
    let sessions = database.columns("sessions")?;
    let [cwd, branch] = ["cwd", "branch"].map(|name| column(&sessions, "s", name));
    let join = if sessions.iter().any(|name| name == "id") {
        "LEFT JOIN sessions s ON s.id = e.session_id"
    } else {
        ""
    };
    let counters = ["input", "output", "cache_read", "cache_write", "reasoning"]
        .map(|name| column(&columns, "e", &format!("{name}_tokens")))
        .join(", ");
    let query = format!(
        "SELECT e.rowid, e.session_id, e.model, e.created_at, {counters}, {cwd}, {branch} FROM {ROWS} e {join} WHERE e.rowid > ?1"
    );
    database.rows(&query, &[page.known.read.of(ROWS)], &mut |row| {
        let id = row.integer(0).unwrap_or_default();
        page.known.read.reach(ROWS, id);
        let session = row.text(1).unwrap_or_default();
        let model = row.text(2).filter(|model| !model.is_empty());
        let model = model.unwrap_or_else(|| "unknown".to_owned());
        let count = |column: usize| u64::try_from(row.integer(column).unwrap_or(0)).unwrap_or(0);
        let [input, output, read, written, reasoning] = [4, 5, 6, 7, 8].map(count);
        let at = row.text(3).and_then(|at| time(&at.into()));
        let at = at.or_else(|| time(&row.integer(3)?.into()));
        let Some(at) = at else {
            page.taken.undated += 1;
            return;
        };
        let request = hash(&["row", &id.to_string()]);
        page.taken.responses.push(Response {
            model: model.as_str().into(),
            session: session.as_str().into(),
            project: row.text(9).unwrap_or_default().into(),
            branch: row.text(10).unwrap_or_default().into(),
            tokens: Tokens {
                reasoning: reasoning.min(output),
                ..inclusive(input, output, read, written)
            },
            ..Response::new(Key { message: message(&session, &model), request }, at)
        });
    })
}

fn take(page: &mut Page<'_>, offset: u64, record: &Value) {
    let data = &record["data"];
    match text(&record["type"]) {
        Some("session.start") => {
            page.note(&data["sessionId"], &data["context"]["cwd"], &data["context"]["branch"]);
        }
        // What comes after it is counted from nothing again.
        Some("session.compaction_complete") if data["success"] == true => {
            page.known.counters.clear();
        }
        Some("session.shutdown") => {
            for (model, metrics) in data["modelMetrics"].as_object().into_iter().flatten() {
                leg(page, offset, time(&record["timestamp"]), model, &metrics["usage"]);
            }
        }
        _ => {}
    }
}

/// What a model used since the session was left before.
fn leg(
    page: &mut Page<'_>,
    offset: u64,
    at: Option<chrono::DateTime<chrono::Utc>>,
    model: &str,
    usage: &Value,
) {
    let field = |name: &str| count(&usage[name]);
    let (read, written) = (field("cacheReadTokens"), field("cacheWriteTokens"));
    let reasoning = field("reasoningTokens");
    let now = Tokens {
        reasoning,
        ..inclusive(field("inputTokens"), field("outputTokens"), read, written)
    };
    let before = page.known.counters.insert(model.to_owned(), now).unwrap_or_default();
    let fell = [(now.prompt(), before.prompt()), (now.output, before.output)];
    let tokens = if fell.iter().any(|(now, before)| now < before) { now } else { now - before };
    if tokens.total() == 0 {
        return;
    }
    let session = page.session();
    let request = hash(&["leg", &offset.to_string()]);
    page.add(at, |_, at| Response {
        model: model.into(),
        tokens,
        quality: Quality::SessionTotal,
        copies: Copies::OfParts,
        ..Response::new(Key { message: message(&session, model), request }, at)
    });
    page.taken.copies.push(key("copilot", &format!("{session}/{model}/{offset}"), None));
}
