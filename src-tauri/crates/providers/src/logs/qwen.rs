//! Qwen Code's chats, and those of its sub-agents: a record a line.

use super::{PlainLog, count, ends, inclusive, model, text, time};
use claudometer_core::{
    Response, Tokens,
    response::{Copies, Key, Reader},
};
use claudometer_host::Host;
use claudometer_scan::{Form, Needles, hash, key};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// The chats. Cached tokens are part of the prompt; a record can be written again with larger counters.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "qwen",
    name: "Qwen Code",
    reader: Reader::SECOND_CORRECTED,
    rows: None,
    places,
    form,
    needles: LazyLock::new(|| Needles::of(&["\"usageMetadata\""])),
    take: |page, _, record| {
        let usage = &record["usageMetadata"];
        if record["type"] != "assistant" || !usage.is_object() {
            return;
        }
        page.note(&record["sessionId"], &record["cwd"], &record["gitBranch"]);
        let is_fork = record["forkedFrom"].is_object();
        page.add(time(&record["timestamp"]), |page, at| {
            let id = text(&record["uuid"]).map_or_else(|| at.to_rfc3339(), str::to_owned);
            let session = page.session();
            // A fork repeats the records of its origin: all that share an id are one message. The origin's own come first.
            let key = Key { message: hash(&["qwen", &id]), request: hash(&[&session]) };
            Response {
                model: model(&record["model"]),
                tokens: tokens(usage),
                rank: is_fork.into(),
                copies: Copies::ByEquality,
                ..Response::new(key, at)
            }
        });
        if let Some(id) = text(&record["uuid"]) {
            page.taken.copies.push(key("qwen", &format!("{}/{id}", page.session()), None));
        }
    },
};

fn places(host: &Host) -> Vec<PathBuf> {
    let named = |variable: &str| host.env.get(variable).map(PathBuf::from);
    let own = named("QWEN_RUNTIME_DIR").or_else(|| named("QWEN_HOME"));
    let own = own.unwrap_or_else(|| host.home().join(".qwen"));
    // That of other readers of these chats is no variable of its own, so it adds a place and takes none away.
    [Some(own), named("QWEN_DATA_DIR")]
        .into_iter()
        .flatten()
        .map(|base| base.join("projects"))
        .collect()
}

fn form(path: &Path) -> Option<Form> {
    let folder = path.parent()?;
    let is_chat = folder.ends_with("chats");
    let is_agent = || {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("agent-")
            && folder.parent().is_some_and(|sessions| sessions.ends_with("subagents"))
    };
    (ends(path, ".jsonl") && (is_chat || is_agent())).then_some(Form::Lines)
}

/// Most vendors count thoughts among the candidates, and Gemini's own interface beside them: the total decides.
fn tokens(usage: &Value) -> Tokens {
    let field = |name: &str| count(&usage[name]);
    let (prompt, total) = (field("promptTokenCount"), field("totalTokenCount"));
    let thoughts = field("thoughtsTokenCount");
    let output = if total >= prompt && total > 0 {
        total - prompt
    } else {
        field("candidatesTokenCount").saturating_add(thoughts)
    };
    let tokens = inclusive(prompt, output, field("cachedContentTokenCount"), 0);
    Tokens { reasoning: thoughts.min(output), ..tokens }
}
