//! The sessions of Copilot's command line: what a session used is told when it is left, over all its legs, until it is
//! compacted.

use crate::logs::{Page, PlainLog, count, ends, folder, inclusive, text, time};
use claudometer_core::{
    Response, Tokens,
    response::{Quality, Reader},
};
use claudometer_scan::{Form, Needles, key};
use serde_json::Value;
use std::{path::Path, sync::LazyLock};

/// The sessions.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "copilot",
    name: "GitHub Copilot CLI",
    reader: Reader::SECOND,
    places: |host| vec![folder(host, "COPILOT_HOME", ".copilot").join("session-state")],
    form: |path: &Path| ends(path, ".jsonl").then_some(Form::Lines),
    needles: LazyLock::new(|| {
        Needles::of(&[
            "\"session.start\"",
            "\"session.shutdown\"",
            "\"session.compaction_complete\"",
        ])
    }),
    take,
};

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
    page.add(at, |page, at| Response {
        model: model.into(),
        tokens,
        quality: Quality::SessionTotal,
        ..Response::new(key("copilot", &format!("{}/{model}/{offset}", page.session()), None), at)
    });
}
