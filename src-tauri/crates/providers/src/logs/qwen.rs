//! Qwen Code's chats: a record a line.

use super::{PlainLog, count, ends, folder, inclusive, model, text, time};
use claudometer_core::{Response, Tokens, response::Reader};
use claudometer_scan::{Form, Needles, key};
use std::sync::LazyLock;

/// The chats. Cached tokens are part of the prompt; a record can be written again with larger counters.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "qwen",
    name: "Qwen Code",
    reader: Reader::SECOND,
    places: |host| vec![folder(host, "QWEN_DATA_DIR", ".qwen").join("projects")],
    form: |path| {
        let is_chat = path.parent().is_some_and(|folder| folder.ends_with("chats"));
        (is_chat && ends(path, ".jsonl")).then_some(Form::Lines)
    },
    needles: LazyLock::new(|| Needles::of(&["\"usageMetadata\""])),
    take: |page, _, record| {
        let usage = &record["usageMetadata"];
        if record["type"] != "assistant" || !usage.is_object() {
            return;
        }
        page.note(&record["sessionId"], &record["cwd"], &record["gitBranch"]);
        let thoughts = count(&usage["thoughtsTokenCount"]);
        let output = count(&usage["candidatesTokenCount"]).saturating_add(thoughts);
        let tokens = inclusive(
            count(&usage["promptTokenCount"]),
            output,
            count(&usage["cachedContentTokenCount"]),
            0,
        );
        page.add(time(&record["timestamp"]), |page, at| {
            let id = text(&record["uuid"]).map_or_else(|| at.to_rfc3339(), str::to_owned);
            let key = key("qwen", &format!("{}/{id}", page.session()), None);
            Response {
                model: model(&record["model"]),
                tokens: Tokens { reasoning: thoughts, ..tokens },
                ..Response::new(key, at)
            }
        });
    },
};
