//! The tasks of Cline and of the extensions that came from it, in every editor, and the sessions of its command line.

use crate::logs::{Page, PlainLog, count, disjoint, dollars, ends, inclusive, model, text, time};
use claudometer_core::{
    Response, Tokens,
    response::{Merging, Reader},
};
use claudometer_host::Host;
use claudometer_scan::{Form, Needles, key};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Records of the conversation that were billed.
const BILLED: [&str; 2] = ["api_req_started", "subagent_usage"];
/// One sum of requests that are not in the conversation any more.
const DELETED: &str = "deleted_api_reqs";
const TASK: &str = "ui_messages.json";
const SESSION: &str = ".messages.json";

/// Cline.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "cline",
    name: "Cline",
    reader: Reader::SECOND_CORRECTED,
    rows: None,
    places: |host| {
        let named = |variable: &str| host.env.get(variable).map(PathBuf::from);
        let below = || named("CLINE_DIR").map(|home| home.join("data"));
        let data = named("CLINE_DATA_DIR").or_else(below);
        let data = data.unwrap_or_else(|| host.home().join(".cline/data"));
        let sessions = named("CLINE_SESSION_DATA_DIR").unwrap_or_else(|| data.join("sessions"));
        let own = [data.join("tasks"), sessions];
        tasks(host, "saoudrizwan.claude-dev").into_iter().chain(own).collect()
    },
    form,
    needles: LazyLock::new(|| Needles::of(&[])),
    take: |page, _, document| take(page, "cline", document),
};

/// Roo Code.
pub(crate) static ROO: PlainLog = PlainLog {
    id: "roo",
    name: "Roo Code",
    reader: Reader::SECOND_CORRECTED,
    rows: None,
    places: |host| tasks(host, "rooveterinaryinc.roo-cline"),
    form,
    needles: LazyLock::new(|| Needles::of(&[])),
    take: |page, _, document| take(page, "roo", document),
};

/// Kilo Code, as it was until March 2026.
pub(crate) static KILO: PlainLog = PlainLog {
    id: "kilo-legacy",
    name: "Kilo Code (extension)",
    reader: Reader::SECOND_CORRECTED,
    rows: None,
    places: |host| tasks(host, "kilocode.kilo-code"),
    form,
    needles: LazyLock::new(|| Needles::of(&[])),
    take: |page, _, document| take(page, "kilo-legacy", document),
};

/// Where editors keep an extension's tasks.
fn tasks(host: &Host, extension: &str) -> Vec<PathBuf> {
    let config = if cfg!(target_os = "macos") {
        host.home().join("Library/Application Support")
    } else {
        host.folder("XDG_CONFIG_HOME", ".config")
    };
    let editors = ["Code", "Code - Insiders", "VSCodium", "Cursor", "Windsurf"];
    let users = editors.iter().map(|editor| config.join(editor).join("User"));
    let remote = host.home().join(".vscode-server/data/User");
    users
        .chain([remote])
        .map(|user| user.join("globalStorage").join(extension).join("tasks"))
        .collect()
}

fn form(path: &Path) -> Option<Form> {
    (ends(path, TASK) || ends(path, SESSION)).then_some(Form::Whole)
}

fn take(page: &mut Page<'_>, agent: &str, document: &Value) {
    let is_session = ends(&page.file.leaf.path, SESSION);
    let folder =
        page.file.leaf.path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    page.known.session = folder.map(str::to_owned);
    let list = document.as_array().or_else(|| document["messages"].as_array());
    if is_session {
        for (nth, message) in list.into_iter().flatten().enumerate() {
            answer(page, agent, nth, message);
        }
        return;
    }
    let model = model_of_task(page);
    let before = std::mem::take(&mut page.known.counters);
    let mut sums = Vec::new();
    for message in list.into_iter().flatten() {
        match text(&message["say"]) {
            Some(DELETED) => sums.push(message),
            Some(kind) if BILLED.contains(&kind) => {
                request(page, agent, model.as_deref(), message, kind);
            }
            _ => {}
        }
    }
    // A restored checkpoint leaves one sum in the place of requests. Where those are known, they stand and the sum does not.
    let is_gone = |request: &String| !page.known.counters.contains_key(request);
    let are_known = before.keys().any(|known| !known.starts_with(DELETED) && is_gone(known));
    for sum in sums {
        let name = format!("{DELETED}/{}", sum["ts"]);
        let first = page.taken.responses.len();
        request(page, agent, model.as_deref(), sum, DELETED);
        if are_known && !before.contains_key(&name) {
            let sums = page.taken.responses.split_off(first).into_iter().map(|sum| sum.key);
            page.taken.copies.extend(sums);
        } else {
            page.known.counters.insert(name, Tokens::default());
        }
    }
    page.known.counters.extend(before);
}

/// A request of a task: its figures are text within the text, and missing while it runs.
fn request(page: &mut Page<'_>, agent: &str, model: Option<&str>, message: &Value, kind: &str) {
    let inner = text(&message["text"]).and_then(|text| serde_json::from_str::<Value>(text).ok());
    let Some(inner) =
        inner.filter(|inner| inner["tokensIn"].is_number() || inner["tokensOut"].is_number())
    else {
        return;
    };
    let field = |name: &str| count(&inner[name]);
    let all = (field("tokensIn"), field("tokensOut"), field("cacheReads"), field("cacheWrites"));
    let tokens = if inner["apiProtocol"] == "openai" {
        inclusive(all.0, all.1, all.2, all.3)
    } else {
        disjoint(all.0, all.1, all.2, all.3)
    };
    let rank = page.file.leaf.modified_ns;
    let at = time(&message["ts"]);
    if let Some(at) = at.filter(|_| kind != DELETED) {
        page.known.counters.insert(format!("{kind}/{}", at.timestamp_millis()), Tokens::default());
    }
    // A task uses one model to plan and another to act.
    let own = text(&message["modelInfo"]["modelId"]);
    page.add(at, |page, at| {
        let id = format!("{}/{kind}/{}", page.session(), at.timestamp_millis());
        Response {
            rank,
            model: own.or(model).unwrap_or("unknown").into(),
            tokens,
            side_chain: kind == "subagent_usage",
            logged_cost: dollars(&inner["cost"]),
            merging: Merging::Latest,
            ..Response::new(key(agent, &id, None), at)
        }
    });
}

/// An answer of a session of the command line.
fn answer(page: &mut Page<'_>, agent: &str, nth: usize, message: &Value) {
    let metrics = &message["metrics"];
    if !metrics.is_object() {
        return;
    }
    let field = |name: &str| count(&metrics[name]);
    let rank = page.file.leaf.modified_ns;
    let at = time(&message["ts"]).or_else(|| time(&message["timestamp"]));
    page.add(at, |page, at| {
        let id = text(&message["id"]).map_or_else(|| nth.to_string(), str::to_owned);
        Response {
            rank,
            model: model(&message["modelInfo"]["id"]),
            // The input is the whole prompt, caches included.
            tokens: inclusive(
                field("inputTokens"),
                field("outputTokens"),
                field("cacheReadTokens"),
                field("cacheWriteTokens"),
            ),
            logged_cost: dollars(&metrics["cost"]),
            merging: Merging::Latest,
            ..Response::new(key(agent, &format!("{}/{id}", page.session()), None), at)
        }
    });
}

/// The model of a task, from the conversation beside it.
fn model_of_task(page: &Page<'_>) -> Option<String> {
    let path = page.file.leaf.path.with_file_name("api_conversation_history.json");
    let conversation = page.file.host.files.read_text(&path).ok().flatten()?;
    let told = conversation.split_once("<model>").and_then(|(_, rest)| rest.split_once("</model>"));
    if let Some((model, _)) = told {
        return Some(model.trim().to_owned())
            .filter(|model| !model.is_empty() && model.len() < 200);
    }
    let messages: Value = serde_json::from_str(&conversation).ok()?;
    let named = |message: &Value| {
        let info = &message["modelInfo"];
        text(&info["modelId"]).or_else(|| text(&info["id"])).map(str::to_owned)
    };
    messages.as_array()?.iter().rev().find_map(named)
}
