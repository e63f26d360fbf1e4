//! What Cursor's editor keeps of its conversations: tokens where it still counted them, and text to estimate from where
//! it does not any more.

use crate::logs::{
    count,
    database::{DatabaseLog, Read},
    model, text, time,
};
use claudometer_core::{Response, Tokens, response::Quality};
use claudometer_host::sqlite::Database;
use claudometer_scan::{Taken, key};
use serde_json::Value;
use std::io;

const ID: &str = "cursor";
const TABLE: &str = "cursorDiskKV";
/// How many letters a token has, about.
const LETTERS: usize = 4;
/// The kind of an answer.
const ANSWER: u64 = 2;

/// The conversations.
pub(crate) static LOGS: DatabaseLog = DatabaseLog {
    id: ID,
    name: "Cursor",
    places: |host| vec![super::login::database(host)],
    file: "state.vscdb",
    read,
};

/// A piece of a conversation that is written again gets a new row, so what is new lies behind the last one.
fn read(database: &Database, read: &mut Read, taken: &mut Taken) -> io::Result<()> {
    if database.columns(TABLE)?.is_empty() {
        return Ok(());
    }
    let query = format!(
        "SELECT rowid, key, value FROM {TABLE} WHERE rowid > ?1 AND +key >= 'bubbleId:' AND +key < 'bubbleId;'"
    );
    let since = read.of(TABLE);
    database.rows(&query, &[since], &mut |row| {
        read.reach(TABLE, row.integer(0).unwrap_or_default());
        let place = row.text(1).unwrap_or_default();
        let piece = row.text(2).and_then(|text| serde_json::from_str::<Value>(&text).ok());
        match piece {
            Some(piece) => take(&place, &piece, taken),
            None => taken.malformed += 1,
        }
    })
}

fn take(place: &str, piece: &Value, taken: &mut Taken) {
    if count(&piece["type"]) != ANSWER {
        return;
    }
    let counted = &piece["tokenCount"];
    let (input, output) = (count(&counted["inputTokens"]), count(&counted["outputTokens"]));
    let letters = text(&piece["text"]).map_or(0, |text| text.chars().count());
    let (tokens, quality) = if input + output > 0 {
        (Tokens { input, output, ..Tokens::default() }, Quality::Exact)
    } else {
        let output = letters.div_ceil(LETTERS) as u64;
        (Tokens { output, ..Tokens::default() }, Quality::Estimated)
    };
    if tokens.total() == 0 {
        return;
    }
    let Some(at) = time(&piece["createdAt"]) else {
        taken.undated += 1;
        return;
    };
    let session = place.split(':').nth(1).unwrap_or_default();
    taken.add(Response {
        model: model(&piece["modelInfo"]["modelName"]),
        session: session.into(),
        tokens,
        quality,
        ..Response::new(key(ID, place, None), at)
    });
}
