//! Goose's sessions: a row for each request since its fifteenth schema, totals of sessions before.

use super::{
    database::{DatabaseLog, Read, column},
    dollars, inclusive, model, text, time,
};
use claudometer_core::{
    Response,
    response::{Merging, Quality},
};
use claudometer_host::sqlite::{Database, Row};
use claudometer_scan::{Taken, key};
use serde_json::Value;
use std::{collections::BTreeSet, io, path::PathBuf};

const ID: &str = "goose";
const REQUESTS: &str = "usage_ledger";
const SESSIONS: &str = "sessions";

/// The sessions.
pub(crate) static LOGS: DatabaseLog = DatabaseLog {
    id: ID,
    name: "Goose",
    places: |host| {
        let root = host.env.get("GOOSE_PATH_ROOT").map(|root| PathBuf::from(root).join("data"));
        let data =
            root.unwrap_or_else(|| host.folder("XDG_DATA_HOME", ".local/share").join("goose"));
        vec![data.join("sessions/sessions.db")]
    },
    file: "sessions.db",
    read,
};

fn read(database: &Database, read: &mut Read, taken: &mut Taken) -> io::Result<()> {
    let columns = database.columns(SESSIONS)?;
    if columns.is_empty() {
        return Ok(());
    }
    // Sessions whose requests are told one by one need no total.
    let mut told = BTreeSet::new();
    if !database.columns(REQUESTS)?.is_empty() {
        requests(database, &columns, read, taken)?;
        let query = format!("SELECT DISTINCT session_id FROM {REQUESTS}");
        database.rows(&query, &[], &mut |row| told.extend(row.text(0)))?;
    }
    totals(database, &columns, &told, taken)
}

fn requests(
    database: &Database,
    sessions: &[String],
    read: &mut Read,
    taken: &mut Taken,
) -> io::Result<()> {
    let columns = database.columns(REQUESTS)?;
    let [cached, written, cost, source] =
        ["cache_read_tokens", "cache_write_tokens", "cost", "cost_source"]
            .map(|name| column(&columns, "r", name));
    let configuration = column(sessions, "s", "model_config_json");
    let query = format!(
        "SELECT r.id, r.session_id, r.created_timestamp, r.model, r.input_tokens, r.output_tokens, {cached}, {written}, {cost}, {source}, s.working_dir, {configuration}
         FROM {REQUESTS} r LEFT JOIN {SESSIONS} s ON s.id = r.session_id WHERE r.id > ?1 ORDER BY r.id"
    );
    let since = read.of(REQUESTS);
    database.rows(&query, &[since], &mut |row| {
        let id = row.integer(0).unwrap_or_default();
        read.reach(REQUESTS, id);
        let Some(at) = row.integer(2).and_then(|at| time(&Value::from(at))) else {
            taken.undated += 1;
            return;
        };
        // What Goose works out from a price list of its own is worked out better from ours.
        let billed = row.text(9).is_some_and(|source| source.contains("provider"));
        taken.add(Response {
            model: row.text(3).map_or_else(|| configured(row, 11), |name| name.as_str().into()),
            session: row.text(1).unwrap_or_default().into(),
            project: row.text(10).unwrap_or_default().into(),
            tokens: inclusive(count(row, 4), count(row, 5), count(row, 6), count(row, 7)),
            logged_cost: row.number(8).filter(|_| billed).and_then(|cost| dollars(&cost.into())),
            merging: Merging::Latest,
            // Sessions that are copied keep their rows under new ids, so the row says which it is.
            ..Response::new(key(ID, &format!("{}/{id}", row.text(1).unwrap_or_default()), None), at)
        });
    })
}

/// Before each request was told, a session had one total, which goes on growing.
fn totals(
    database: &Database,
    columns: &[String],
    told: &BTreeSet<String>,
    taken: &mut Taken,
) -> io::Result<()> {
    let [cached, written, configuration, total_in, total_out] = [
        "accumulated_cache_read_tokens",
        "accumulated_cache_write_tokens",
        "model_config_json",
        "accumulated_input_tokens",
        "accumulated_output_tokens",
    ]
    .map(|name| column(columns, "s", name));
    let query = format!(
        "SELECT s.id, s.updated_at, s.working_dir, {total_in}, {total_out}, {cached}, {written}, {configuration} FROM {SESSIONS} s
         WHERE coalesce({total_in}, 0) + coalesce({total_out}, 0) > 0"
    );
    database.rows(&query, &[], &mut |row| {
        let id = row.text(0).unwrap_or_default();
        if told.contains(&id) {
            return;
        }
        let Some(at) = row.text(1).and_then(|at| time(&at.replacen(' ', "T", 1).into())) else {
            taken.undated += 1;
            return;
        };
        taken.add(Response {
            model: configured(row, 7),
            session: id.as_str().into(),
            project: row.text(2).unwrap_or_default().into(),
            tokens: inclusive(count(row, 3), count(row, 4), count(row, 5), count(row, 6)),
            quality: Quality::SessionTotal,
            merging: Merging::Latest,
            ..Response::new(key(ID, &id, None), at)
        });
    })
}

fn count(row: &Row<'_>, column: usize) -> u64 {
    row.integer(column).and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

/// The model that a session was set to.
fn configured(row: &Row<'_>, column: usize) -> claudometer_core::response::Name {
    let settings = row.text(column).unwrap_or_default();
    let settings: Value = serde_json::from_str(&settings).unwrap_or_default();
    let name = &settings["model_name"];
    model(if text(name).is_some() { name } else { &settings["model"] })
}
