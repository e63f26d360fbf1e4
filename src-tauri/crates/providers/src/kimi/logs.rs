//! The wires of Kimi's two command lines: what each step used, a record a line.

use crate::logs::{Page, PlainLog, count, disjoint, ends, folder, model, text, time};
use claudometer_core::{Response, response::Reader};
use claudometer_scan::{Form, Needles, key};
use serde_json::Value;
use std::{
    path::{Component, Path},
    sync::LazyLock,
};

/// The wires of Kimi CLI and of Kimi Code.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "kimi",
    name: "Kimi",
    reader: Reader::SECOND,
    places: |host| {
        vec![
            folder(host, "KIMI_SHARE_DIR", ".kimi").join("sessions"),
            folder(host, "KIMI_CODE_HOME", ".kimi-code").join("sessions"),
        ]
    },
    form: |path| ends(path, "wire.jsonl").then_some(Form::Lines),
    needles: LazyLock::new(|| {
        Needles::of(&["\"token_usage\"", "\"usage.record\"", "\"llm.request\""])
    }),
    take,
};

fn take(page: &mut Page<'_>, offset: u64, record: &Value) {
    let at = time(&record["timestamp"]).or_else(|| time(&record["time"]));
    let message = if record["message"].is_object() { &record["message"] } else { record };
    let payload = if message["payload"].is_object() { &message["payload"] } else { message };
    let used = match text(&message["type"]) {
        Some("llm.request") => {
            page.known.model = text(&payload["model"]).map(str::to_owned);
            return;
        }
        Some("StatusUpdate") if payload["token_usage"].is_object() => {
            let usage = &payload["token_usage"];
            ["input_other", "output", "input_cache_read", "input_cache_creation"]
                .map(|name| count(&usage[name]))
        }
        Some("usage.record") => {
            let usage = &payload["usage"];
            ["inputOther", "output", "inputCacheRead", "inputCacheCreation"]
                .map(|name| count(&usage[name]))
        }
        _ => return,
    };
    let [input, output, read, written] = used;
    let (session, agent) = session(&page.file.leaf.path);
    page.known.session = Some(session);
    let told = page.known.model.as_deref().map(Into::into);
    page.add(at, |page, at| Response {
        model: told.unwrap_or_else(|| model(&payload["model"])),
        tokens: disjoint(input, output, read, written),
        side_chain: agent.is_some(),
        ..Response::new(
            key(
                "kimi",
                &format!("{}/{}/{offset}", page.session(), agent.unwrap_or_default()),
                None,
            ),
            at,
        )
    });
}

/// The session, and the agent beside its main one: the folders around the wire.
fn session(path: &Path) -> (String, Option<String>) {
    let parts: Vec<&str> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    let below =
        parts.iter().rposition(|part| *part == "sessions").map_or(&[][..], |at| &parts[at + 1..]);
    let session = below.get(1).copied().unwrap_or_default().to_owned();
    let agent = match below {
        [_, _, "subagents" | "agents", agent, _] if *agent != "main" => Some((*agent).to_owned()),
        _ => None,
    };
    (session, agent)
}
