//! The wires of Kimi's two command lines: what each step used, a record a line.

use crate::logs::{Page, PlainLog, count, disjoint, ends, folder, model, text, time};
use claudometer_core::{
    Response,
    response::{Copies, Key, Reader},
};
use claudometer_scan::{Form, Needles, hash, key};
use serde_json::Value;
use std::{
    path::{Component, Path},
    sync::LazyLock,
};

/// The wires of Kimi CLI and of Kimi Code.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "kimi",
    name: "Kimi",
    reader: Reader::SECOND_CORRECTED,
    rows: None,
    places: |host| {
        vec![
            folder(host, "KIMI_SHARE_DIR", ".kimi").join("sessions"),
            folder(host, "KIMI_CODE_HOME", ".kimi-code").join("sessions"),
        ]
    },
    form: |path| ends(path, "wire.jsonl").then_some(Form::Lines),
    needles: LazyLock::new(|| {
        Needles::of(&["\"token_usage\"", "\"usage.record\"", "\"llm.request\"", "\"forked\""])
    }),
    take,
};

fn take(page: &mut Page<'_>, offset: u64, record: &Value) {
    let at = time(&record["timestamp"]).or_else(|| time(&record["time"]));
    let message = if record["message"].is_object() { &record["message"] } else { record };
    let payload = if message["payload"].is_object() { &message["payload"] } else { message };
    let (session, agent) = session(&page.file.leaf.path);
    page.known.session = Some(session);
    let place = format!("{}/{}/{offset}", page.session(), agent.as_deref().unwrap_or_default());
    let place = key("kimi", &place, None);
    match text(&message["type"]) {
        Some("llm.request") => {
            if let Some(model) = text(&payload["model"]) {
                let alias = text(&payload["modelAlias"]).unwrap_or_default().to_owned();
                page.known.aliases.insert(alias, model.to_owned());
            }
        }
        // What stands before it repeats the session that was forked.
        Some("forked") => page.taken.responses.iter_mut().for_each(|response| response.rank = 1),
        Some("StatusUpdate") if payload["token_usage"].is_object() => {
            let usage = &payload["token_usage"];
            let [input, output, read, written] =
                ["input_other", "output", "input_cache_read", "input_cache_creation"]
                    .map(|name| count(&usage[name]));
            let told = page.known.aliases.get("").map(|model| model.as_str().into());
            page.add(at, |_, at| Response {
                model: told.unwrap_or_else(|| model(&payload["model"])),
                tokens: disjoint(input, output, read, written),
                side_chain: agent.is_some(),
                ..Response::new(place, at)
            });
        }
        Some("usage.record") => {
            let [input, output, read, written] =
                ["inputOther", "output", "inputCacheRead", "inputCacheCreation"]
                    .map(|name| count(&payload["usage"][name]));
            let alias = text(&payload["model"]).unwrap_or_default();
            let told = page.known.aliases.get(alias).map(|model| model.as_str().into());
            let call = [agent.as_deref().unwrap_or_default(), alias].map(str::to_owned);
            page.add(at, |_, at| {
                let [agent, alias] = &call;
                let moment = at.timestamp_millis().to_string();
                // A fork repeats its origin's records, with their times.
                let message = hash(&["kimi", agent, alias, &moment]);
                Response {
                    model: told.unwrap_or_else(|| model(&payload["model"])),
                    tokens: disjoint(input, output, read, written),
                    side_chain: !agent.is_empty(),
                    rank: 0,
                    copies: Copies::ByEquality,
                    ..Response::new(Key { message, request: place.message }, at)
                }
            });
            page.taken.copies.push(place);
        }
        _ => {}
    }
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
