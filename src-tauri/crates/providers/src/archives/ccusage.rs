//! The report by day that `ccusage daily --json` writes.

use super::of_a_day;
use crate::logs::{count, disjoint, dollars, model};
use claudometer_core::{Response, response::Quality};
use claudometer_scan::{Archive, Noted, Notes, Written};
use serde_json::Value;
use std::io;

/// Its report.
#[derive(Debug)]
pub(crate) struct Ccusage;

impl Archive for Ccusage {
    fn read(&self, written: Written<'_>) -> io::Result<Option<Notes>> {
        let Written::Document(report) = written else { return Ok(None) };
        let Some(days) = report["daily"].as_array() else { return Ok(None) };
        let mut notes = Notes::default();
        for day in days {
            match noted(day) {
                Some(noted) => notes.noted.extend(noted),
                None => notes.odd += 1,
            }
        }
        Ok(Some(notes))
    }
}

/// A day of one assistant; one of several together cannot be told apart.
fn noted(day: &Value) -> Option<Vec<Noted>> {
    let date = day["date"].as_str().or_else(|| day["period"].as_str())?.parse().ok()?;
    let agents = day["metadata"]["agents"].as_array();
    let agent = match agents.map(Vec::as_slice) {
        Some([agent]) => agent.as_str()?,
        Some(_) => return None,
        // Earlier versions of it knew one assistant only.
        None => crate::claude::logs::ID,
    };
    let parts = day["modelBreakdowns"].as_array()?;
    let noted = parts.iter().map(|part| Noted {
        agent: agent.into(),
        device: None,
        day: Some(date),
        is_named: false,
        response: Response {
            model: model(&part["modelName"]),
            tokens: disjoint(
                count(&part["inputTokens"]),
                count(&part["outputTokens"]),
                count(&part["cacheReadTokens"]),
                count(&part["cacheCreationTokens"]),
            ),
            logged_cost: dollars(&part["cost"]),
            quality: Quality::SessionTotal,
            ..of_a_day()
        },
    });
    Some(noted.collect())
}
