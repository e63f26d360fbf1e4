//! Amp's threads: one document each, with the tokens of every answer of the main thread.

use crate::logs::{PlainLog, count, disjoint, ends, folder, model, text, time};
use claudometer_core::{
    Response,
    response::{Merging, Reader},
};
use claudometer_scan::{Form, Needles, key};
use std::sync::LazyLock;

/// The threads.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "amp",
    name: "Amp",
    reader: Reader::SECOND,
    places: |host| vec![folder(host, "AMP_DATA_DIR", ".local/share/amp").join("threads")],
    form: |path| ends(path, ".json").then_some(Form::Whole),
    needles: LazyLock::new(|| Needles::of(&[])),
    take: |page, _, thread| {
        page.known.session = text(&thread["id"]).map(str::to_owned);
        let messages = thread["messages"].as_array().into_iter().flatten();
        for (nth, message) in messages.enumerate() {
            let usage = &message["usage"];
            if !usage.is_object() {
                continue;
            }
            let at = time(&usage["timestamp"]).or_else(|| time(&message["timestamp"]));
            page.add(at, |page, at| Response {
                model: model(&usage["model"]),
                tokens: disjoint(
                    count(&usage["inputTokens"]),
                    count(&usage["outputTokens"]),
                    count(&usage["cacheReadInputTokens"]),
                    count(&usage["cacheCreationInputTokens"]),
                ),
                merging: Merging::Latest,
                ..Response::new(key("amp", &format!("{}/{nth}", page.session()), None), at)
            });
        }
    },
};
