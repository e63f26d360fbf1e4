//! The sessions of pi, and of OMP, which writes the same: a header, then an entry a line. All branches of a session were billed,
//! and forked sessions repeat the entries of their origin.

use super::{Page, PlainLog, count, dollars, ends, folder, model, text, time};
use claudometer_core::{Response, Tokens, response::Reader};
use claudometer_host::Host;
use claudometer_scan::{Form, Needles, key};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// pi's sessions.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "pi",
    name: "pi",
    reader: Reader::SECOND_CORRECTED,
    rows: None,
    places,
    form,
    needles: LazyLock::new(|| Needles::of(&["\"usage\"", "\"session\""])),
    take,
};

fn places(host: &Host) -> Vec<PathBuf> {
    let further = host.env.get("PI_AGENT_DIR").map(|agent| Path::new(&agent).join("sessions"));
    let omp = host.home().join(".omp/agent/sessions");
    if let Some(given) = host.env.get("PI_CODING_AGENT_SESSION_DIR") {
        return [Some(given.into()), further, Some(omp)].into_iter().flatten().collect();
    }
    let agent = folder(host, "PI_CODING_AGENT_DIR", ".pi/agent");
    let set = set_folder(host, &agent);
    let own = [set, Some(agent.join("sessions")), further, Some(omp)];
    own.into_iter().flatten().collect()
}

/// Where the person has pi keep its sessions; those from before are where they were.
fn set_folder(host: &Host, agent: &Path) -> Option<PathBuf> {
    let settings = host.files.read_text(&agent.join("settings.json")).ok().flatten()?;
    let settings: Value = serde_json::from_str(&settings).ok()?;
    let told = text(&settings["sessionDir"])?;
    Some(match told.strip_prefix("~/") {
        Some(below) => host.home().join(below),
        None => agent.join(told),
    })
}

fn form(path: &Path) -> Option<Form> {
    ends(path, ".jsonl").then_some(Form::Lines)
}

fn take(page: &mut Page<'_>, _: u64, record: &Value) {
    let entry = match text(&record["type"]) {
        Some("session") => {
            page.note(&record["id"], &record["cwd"], &Value::Null);
            return;
        }
        // Answers of models, and results of tools that asked one themselves.
        Some("message") => &record["message"],
        // What was asked beside the conversation: to keep a cache, to compact, to sum up a branch.
        Some("usage" | "compaction" | "branch_summary") => record,
        _ => return,
    };
    let usage = &entry["usage"];
    if !usage.is_object() {
        return;
    }
    let at = time(&record["timestamp"]).or_else(|| time(&entry["timestamp"]));
    page.add(at, |page, at| {
        // A response keeps its id in every fork; without one, an entry keeps its own, with its time.
        let key = match (text(&entry["responseId"]), text(&record["id"])) {
            (Some(response), _) => key("pi", response, None),
            (None, Some(entry)) => key("pi", &format!("{entry}/{}", at.to_rfc3339()), None),
            (None, None) => key("pi", &format!("{}/{}", page.session(), at.to_rfc3339()), None),
        };
        Response {
            model: model(&entry["model"]),
            tokens: tokens(usage),
            logged_cost: dollars(&usage["cost"]["total"]).filter(|cost| !cost.is_zero()),
            ..Response::new(key, at)
        }
    });
}

/// What stays in a cache for an hour is part of what was written to one, and reasoning part of the output.
fn tokens(usage: &Value) -> Tokens {
    let field = |name: &str| count(&usage[name]);
    let (output, written) = (field("output"), field("cacheWrite"));
    let hour = field("cacheWrite1h").min(written);
    Tokens {
        input: field("input"),
        output,
        reasoning: field("reasoning").min(output),
        cache_read: field("cacheRead"),
        cache_write_5m: written - hour,
        cache_write_1h: hour,
    }
}
