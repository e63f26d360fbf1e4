//! What Continue counts itself: every generation, a record a line. The counts are its own estimates.

use super::{PlainLog, count, disjoint, ends, folder, model, time};
use claudometer_core::{
    Response,
    response::{Quality, Reader},
};
use claudometer_scan::{Form, Needles, key};
use std::sync::LazyLock;

/// The development data.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "continue",
    name: "Continue",
    reader: Reader::SECOND,
    rows: None,
    // Older data has no times, and a database beside it has the same again.
    places: |host| vec![folder(host, "CONTINUE_GLOBAL_DIR", ".continue").join("dev_data/0.2.0")],
    form: |path| ends(path, "tokensGenerated.jsonl").then_some(Form::Lines),
    needles: LazyLock::new(|| Needles::of(&["\"promptTokens\"", "\"generatedTokens\""])),
    take: |page, offset, record| {
        // Records have no name of their own: where one lies is all that tells it from another.
        let place = format!("{}@{offset}", page.file.leaf.path.display());
        page.known.session = Some(String::new());
        page.add(time(&record["timestamp"]), |_, at| Response {
            model: model(&record["model"]),
            tokens: disjoint(
                count(&record["promptTokens"]),
                count(&record["generatedTokens"]),
                0,
                0,
            ),
            quality: Quality::Estimated,
            ..Response::new(key("continue", &place, None), at)
        });
    },
};
