//! Amp's threads: one document each, with the tokens of every request of the main thread: in a ledger of their own in older
//! ones, else with every answer.

use crate::logs::{Page, PlainLog, count, disjoint, ends, folder, model, text, time};
use claudometer_core::{
    Response,
    response::{Key, Merging, Reader},
};
use claudometer_scan::{Form, Needles, key};
use serde_json::Value;
use std::sync::LazyLock;

/// The threads.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "amp",
    name: "Amp",
    reader: Reader::SECOND_CORRECTED,
    rows: None,
    places: |host| vec![folder(host, "AMP_DATA_DIR", ".local/share/amp").join("threads")],
    form: |path| ends(path, ".json").then_some(Form::Whole),
    needles: LazyLock::new(|| Needles::of(&[])),
    take,
};

fn take(page: &mut Page<'_>, _: u64, thread: &Value) {
    page.known.session = text(&thread["id"]).map(str::to_owned);
    let messages = thread["messages"].as_array().map_or(&[][..], Vec::as_slice);
    let ledger = thread["usageLedger"]["events"].as_array().map_or(&[][..], Vec::as_slice);
    let told: Vec<&Value> =
        ledger.iter().map(|event| &event["toMessageId"]).filter(|id| !id.is_null()).collect();
    for (nth, event) in ledger.iter().enumerate() {
        let answer = messages.iter().find(|message| {
            !event["toMessageId"].is_null() && id(message) == &event["toMessageId"]
        });
        call(page, nth, event, answer);
    }
    for (nth, message) in messages.iter().enumerate() {
        if told.contains(&id(message)) {
            page.taken.copies.push(answer_key(page, nth));
        } else {
            answer(page, nth, message, !ledger.is_empty());
        }
    }
}

fn id(message: &Value) -> &Value {
    let own = &message["messageId"];
    if own.is_null() { &message["id"] } else { own }
}

fn answer_key(page: &Page<'_>, nth: usize) -> Key {
    key("amp", &format!("{}/{nth}", page.session()), None)
}

/// A request as the ledger of an older thread tells it; only the answer tells its caches.
fn call(page: &mut Page<'_>, nth: usize, event: &Value, answer: Option<&Value>) {
    let (tokens, cached) = (&event["tokens"], answer.map_or(&Value::Null, |it| &it["usage"]));
    let tokens = disjoint(
        count(&tokens["input"]),
        count(&tokens["output"]),
        count(&cached["cacheReadInputTokens"]),
        count(&cached["cacheCreationInputTokens"]),
    );
    page.add(time(&event["timestamp"]), |page, at| {
        let id = text(&event["id"]).map_or_else(|| nth.to_string(), str::to_owned);
        let key = key("amp", &format!("{}/ledger/{id}", page.session()), None);
        Response {
            model: model(&event["model"]),
            tokens,
            merging: Merging::Latest,
            ..Response::new(key, at)
        }
    });
}

/// An answer that tells its request itself.
fn answer(page: &mut Page<'_>, nth: usize, message: &Value, has_ledger: bool) {
    let usage = &message["usage"];
    if !usage.is_object() {
        return;
    }
    let at = time(&usage["timestamp"]).or_else(|| time(&message["timestamp"]));
    if at.is_none() && has_ledger {
        return;
    }
    page.add(at, |page, at| Response {
        model: model(&usage["model"]),
        tokens: disjoint(
            count(&usage["inputTokens"]),
            count(&usage["outputTokens"]),
            count(&usage["cacheReadInputTokens"]),
            count(&usage["cacheCreationInputTokens"]),
        ),
        merging: Merging::Latest,
        ..Response::new(answer_key(page, nth), at)
    });
}
