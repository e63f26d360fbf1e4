//! The sessions of pi, and of OMP, which writes the same: a header, then an entry a line. All branches of a session were billed,
//! and forked sessions repeat the entries of their origin.

use super::{Page, PlainLog, count, disjoint, dollars, ends, folder, model, text, time};
use claudometer_core::{Response, response::Reader};
use claudometer_scan::{Form, Needles, key};
use serde_json::Value;
use std::{path::Path, sync::LazyLock};

/// pi's sessions.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "pi",
    name: "pi",
    reader: Reader::SECOND,
    places: |host| {
        let own = folder(host, "PI_AGENT_DIR", ".pi/agent").join("sessions");
        vec![own, host.home().join(".omp/agent/sessions")]
    },
    form,
    needles: LazyLock::new(|| Needles::of(&["\"usage\"", "\"session\""])),
    take,
};

fn form(path: &Path) -> Option<Form> {
    ends(path, ".jsonl").then_some(Form::Lines)
}

fn take(page: &mut Page<'_>, _: u64, record: &Value) {
    if record["type"] == "session" {
        page.note(&record["id"], &record["cwd"], &Value::Null);
        return;
    }
    let message = &record["message"];
    let usage = &message["usage"];
    if record["type"] != "message" || message["role"] != "assistant" || !usage.is_object() {
        return;
    }
    let at = time(&record["timestamp"]).or_else(|| time(&message["timestamp"]));
    page.add(at, |page, at| {
        // A response keeps its id in every fork; without one, an entry keeps its own.
        let key = match (text(&message["responseId"]), text(&record["id"])) {
            (Some(response), _) => key("pi", response, None),
            (None, Some(entry)) => key("pi", &format!("{entry}/{}", at.to_rfc3339()), None),
            (None, None) => key("pi", &format!("{}/{}", page.session(), at.to_rfc3339()), None),
        };
        Response {
            model: model(&message["model"]),
            tokens: disjoint(
                count(&usage["input"]),
                count(&usage["output"]),
                count(&usage["cacheRead"]),
                count(&usage["cacheWrite"]),
            ),
            logged_cost: dollars(&usage["cost"]["total"]),
            ..Response::new(key, at)
        }
    });
}
