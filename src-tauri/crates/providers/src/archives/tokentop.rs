//! Tokentop's `usage.db`: sums of sessions as it saw them grow, or what it saw them grow by.

use super::{count, moment, response};
use crate::{LOGS, logs::disjoint};
use claudometer_core::{
    Response, Tokens,
    response::{Name, Quality},
};
use claudometer_host::sqlite::{Database, Row};
use claudometer_scan::{Archive, Noted, Notes, Written};
use std::{collections::HashMap, io};

/// Its database.
#[derive(Debug)]
pub(crate) struct Tokentop;

/// Sums of a session by model. What they grew by is kept as well, but twice where it was started anew.
const SUMS: &str = "agent_session_stream_snapshots";
/// What was used, in its first versions.
const USED: &str = "usage";

impl Archive for Tokentop {
    fn read(&self, written: Written<'_>) -> io::Result<Option<Notes>> {
        let Written::Database(database) = written else { return Ok(None) };
        if !database.columns(SUMS)?.is_empty() {
            return sums(database).map(Some);
        }
        let columns = database.columns(USED)?;
        if ["agent", "session_id", "cost_usd"]
            .iter()
            .all(|name| columns.iter().any(|one| one == name))
        {
            return used(database).map(Some);
        }
        Ok(None)
    }
}

fn sums(database: &Database) -> io::Result<Notes> {
    let mut notes = Notes::default();
    let mut before: HashMap<(String, String, String, String), Tokens> = HashMap::new();
    let query = format!(
        "SELECT coalesce(n.last_activity_at, n.timestamp), s.agent_id, s.session_id, t.model, s.project_path,
                t.input_tokens, t.output_tokens, t.cache_read_tokens, t.cache_write_tokens, t.provider
         FROM {SUMS} t JOIN agent_session_snapshots n ON n.id = t.agent_session_snapshot_id
         JOIN agent_sessions s ON s.id = n.agent_session_id ORDER BY n.timestamp, n.id, t.rowid"
    );
    database.rows(&query, &[], &mut |row| {
        let text = |column| row.text(column).unwrap_or_default();
        let sum = tokens(row);
        let known = before.entry((text(1), text(2), text(9), text(3))).or_default();
        let grown = sum - *known;
        *known = sum;
        note(&mut notes, row, grown);
    })?;
    Ok(notes)
}

fn used(database: &Database) -> io::Result<Notes> {
    let mut notes = Notes::default();
    let query = format!(
        "SELECT timestamp, agent, session_id, model, project_path, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens
         FROM {USED} WHERE agent IS NOT NULL ORDER BY timestamp, id"
    );
    database.rows(&query, &[], &mut |row| note(&mut notes, row, tokens(row)))?;
    Ok(notes)
}

fn tokens(row: &Row<'_>) -> Tokens {
    disjoint(count(row, 5), count(row, 6), count(row, 7), count(row, 8))
}

fn note(notes: &mut Notes, row: &Row<'_>, tokens: Tokens) {
    if tokens.total() == 0 {
        return;
    }
    let (Some(at), Some(agent)) = (moment(row, 0), row.text(1)) else {
        notes.odd += 1;
        return;
    };
    notes.noted.push(Noted {
        agent: ours(&agent),
        device: None,
        day: None,
        is_named: false,
        response: Response {
            model: row.text(3).unwrap_or_else(|| "unknown".into()).into(),
            project: row.text(4).unwrap_or_default().into(),
            tokens,
            quality: Quality::SessionTotal,
            ..response(at)
        },
    });
}

/// What we call the assistant that it calls so: `claude-code`, `gemini-cli`.
fn ours(agent: &str) -> Name {
    let short = agent.strip_suffix("-code").or_else(|| agent.strip_suffix("-cli"));
    let known = [Some(agent), short].into_iter().flatten();
    known
        .filter_map(|name| LOGS.iter().find(|log| log.id() == name))
        .map(|log| log.id().into())
        .next()
        .unwrap_or_else(|| agent.into())
}
