//! The history of one machine for another: a line for each response, merged by what the vendor calls it.

use crate::{Ledger, LedgerError, Taken};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Amount, Response, Tokens,
    response::{Copies, Key, Merging, Quality, Speed},
};
use claudometer_store::{Batch, Store, Stored};
use serde::{Deserialize, Serialize};
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
};

/// Version of the lines.
const VERSION: u32 = 1;
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
}

/// Every response of one machine, or of all, as lines in the order of time; copies that count nothing among them, so that the
/// other machine can tell them, too.
pub fn export(store: &mut Store, device: Option<&str>) -> Result<String, LedgerError> {
    let mut all: Vec<Stored> = Vec::new();
    store.responses(None, None, &mut |stored| {
        if device.is_none_or(|device| *stored.device == *device) {
            all.push(stored);
        }
    })?;
    Ok(lines(all))
}

/// Responses as lines, in the order of time.
pub(crate) fn lines(mut all: Vec<Stored>) -> String {
    all.sort_unstable_by_key(|stored| (stored.response.at, stored.response.key));
    let mut text = String::new();
    for stored in &all {
        if let Ok(line) = serde_json::to_string(&line(stored)) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
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
        tokens: response.tokens,
        side_chain: response.side_chain,
        web_searches: response.web_searches,
        speed: response.speed,
        in_us: response.in_us,
        logged_cost: response.logged_cost,
        quality: response.quality,
        merging: response.merging,
        copies: response.copies,
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
        ..Response::new(key, line.at)
    }
}

impl Ledger<'_> {
    /// Takes in what [`export`] wrote to a file, of any size, in any order and as often as one likes: a response counts once.
    pub fn import(&self, store: &mut Store, path: &Path) -> Result<Taken, LedgerError> {
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
                    batch.add(&agent, &line.device.as_str().into(), response(&line));
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
