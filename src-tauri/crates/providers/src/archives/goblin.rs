//! Claude Goblin's `usage_history.db`, and that of its fork.
//!
//! Since version 1.2 it names a response by the message and the request, as the log does. Earlier versions, and the fork,
//! have a row for each line of the log, several of which may tell of one response. Their sums by day count all of these, so
//! they are estimates.

use super::{count, moment, of_a_day, response};
use crate::{claude, codex, logs::database::column};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Response, Tokens,
    response::{Name, Quality},
};
use claudometer_host::sqlite::{Database, Row};
use claudometer_scan::{Archive, Noted, Notes, Written, key};
use std::{collections::HashSet, io};

/// Its database.
#[derive(Debug)]
pub(crate) struct Goblin;

const RECORDS: &str = "usage_records";
const DAYS: &str = "daily_snapshots";
/// The fork's days by model.
const MODELS: &str = "device_model_aggregates";

impl Archive for Goblin {
    fn read(&self, written: Written<'_>) -> io::Result<Option<Notes>> {
        let Written::Database(database) = written else { return Ok(None) };
        let columns = database.columns(RECORDS)?;
        if !columns.iter().any(|name| name == "message_uuid") {
            return Ok(None);
        }
        let mut notes = Notes::default();
        let mut told = HashSet::new();
        records(database, &columns, &mut notes, &mut told)?;
        if !database.columns(MODELS)?.is_empty() {
            models(database, &mut notes, &mut told)?;
        }
        if !database.columns(DAYS)?.is_empty() {
            days(database, &mut notes, &told)?;
        }
        Ok(Some(notes))
    }
}

/// Records of responses, with the days that they tell of.
fn records(
    database: &Database,
    columns: &[String],
    notes: &mut Notes,
    told: &mut HashSet<String>,
) -> io::Result<()> {
    let [device, machine, hour] = ["device_name", "machine_name", "cache_creation_1h_tokens"]
        .map(|name| column(columns, "r", name));
    let query = format!(
        "SELECT r.timestamp, r.session_id, r.message_uuid, r.model, r.folder, r.git_branch,
                r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_creation_tokens, {hour}, coalesce({device}, {machine}), r.date, r.version
         FROM {RECORDS} r WHERE r.message_type = 'assistant' AND r.total_tokens > 0 AND coalesce(r.model, '') <> '<synthetic>'
         ORDER BY r.session_id, r.timestamp, r.id"
    );
    database.rows(&query, &[], &mut |row| {
        told.extend(row.text(12));
        let Some(at) = moment(row, 0) else {
            notes.odd += 1;
            return;
        };
        let noted = record(row, at);
        match notes.noted.last_mut() {
            Some(last) if is_again(last, &noted) => {
                let larger = last.response.tokens.output.max(noted.response.tokens.output);
                last.response.tokens.output = larger;
            }
            _ => notes.noted.push(noted),
        }
    })
}

fn tokens(row: &Row<'_>) -> Tokens {
    let (written, hour) = (count(row, 9), count(row, 10));
    Tokens {
        input: count(row, 6),
        output: count(row, 7),
        reasoning: 0,
        cache_read: count(row, 8),
        cache_write_5m: written.saturating_sub(hour),
        cache_write_1h: hour.min(written),
    }
}

fn record(row: &Row<'_>, at: DateTime<Utc>) -> Noted {
    let id = row.text(2).unwrap_or_default();
    let mut parts = id.splitn(2, ':');
    let (message, request) = (parts.next().unwrap_or_default(), parts.next());
    let is_named = message.starts_with("msg_");
    let turn = id.strip_prefix('t').is_some_and(|turn| turn.parse::<u32>().is_ok());
    let model = row.text(3).filter(|model| !model.is_empty());
    let hermes = row.text(13).is_some_and(|version| version.starts_with("hermes"));
    let agent = match () {
        () if turn => codex::logs::ID,
        () if hermes => "hermes",
        () => claude::logs::ID,
    };
    let blank =
        if is_named { Response::new(key(agent, message, request), at) } else { response(at) };
    Noted {
        agent: agent.into(),
        device: row.text(11).map(Name::from),
        day: None,
        response: Response {
            model: model.map_or_else(|| "unknown".into(), Name::from),
            session: row.text(1).unwrap_or_default().into(),
            project: row.text(4).unwrap_or_default().into(),
            branch: row.text(5).unwrap_or_default().into(),
            tokens: tokens(row),
            ..blank
        },
        is_named,
    }
}

/// Whether this is another line of the response before it: its prompt is the same to the token, which no two responses
/// have, since each comes to be part of the next one's.
fn is_again(last: &Noted, next: &Noted) -> bool {
    let prompt = |noted: &Noted| {
        let response = &noted.response;
        let tokens = Tokens { output: 0, ..response.tokens };
        (response.session.clone(), response.model.clone(), tokens)
    };
    !next.is_named && *next.agent == *claude::logs::ID && prompt(last) == prompt(next)
}

/// Days by model, where it was set to keep no records.
fn models(database: &Database, notes: &mut Notes, told: &mut HashSet<String>) -> io::Result<()> {
    let query = format!(
        "SELECT date, model, machine_name, input_tokens, output_tokens, cache_read_tokens, cache_creation_tokens FROM {MODELS} ORDER BY date"
    );
    let mut days = Vec::new();
    database.rows(&query, &[], &mut |row| {
        let date = row.text(0).unwrap_or_default();
        if !told.contains(&date) {
            add(notes, row, &date, row.text(1), row.text(2), 3);
            days.push(date);
        }
    })?;
    told.extend(days);
    Ok(())
}

/// Days, of which no model is known: their tokens count, and cannot be priced.
fn days(database: &Database, notes: &mut Notes, told: &HashSet<String>) -> io::Result<()> {
    let columns = database.columns(DAYS)?;
    let device = column(&columns, "d", "device_name");
    let query = format!(
        "SELECT d.date, {device}, d.input_tokens, d.output_tokens, d.cache_read_tokens, d.cache_creation_tokens FROM {DAYS} d ORDER BY d.date"
    );
    database.rows(&query, &[], &mut |row| {
        let date = row.text(0).unwrap_or_default();
        if !told.contains(&date) {
            add(notes, row, &date, None, row.text(1), 2);
        }
    })
}

fn add(
    notes: &mut Notes,
    row: &Row<'_>,
    date: &str,
    model: Option<String>,
    device: Option<String>,
    first: usize,
) {
    let Ok(day) = date.parse() else {
        notes.odd += 1;
        return;
    };
    let count = |nth: usize| count(row, first + nth);
    let tokens = crate::logs::disjoint(count(0), count(1), count(2), count(3));
    if tokens.total() > 0 {
        notes.noted.push(Noted {
            agent: claude::logs::ID.into(),
            device: device.map(Name::from),
            day: Some(day),
            response: Response {
                model: model.map_or_else(|| "unknown".into(), Name::from),
                tokens,
                quality: Quality::Estimated,
                ..of_a_day()
            },
            is_named: false,
        });
    }
}
