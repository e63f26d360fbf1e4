//! Droid's sessions: beside each lies what it used in all, without the single answers.

use crate::logs::{PlainLog, count, disjoint, ends, folder, model};
use chrono::DateTime;
use claudometer_core::{
    Response, Tokens,
    response::{Merging, Quality, Reader},
};
use claudometer_scan::{Form, Needles, key};
use std::sync::LazyLock;

const END: &str = ".settings.json";

/// The sessions. The one time that is known is that of the last change.
pub(crate) static LOGS: PlainLog = PlainLog {
    id: "factory",
    name: "Droid",
    reader: Reader::SECOND,
    rows: None,
    places: |host| {
        let folder = folder(host, "FACTORY_DIR", ".factory").join("sessions");
        host.env.get("DROID_SESSIONS_DIR").map_or_else(|| vec![folder], |given| vec![given.into()])
    },
    form: |path| ends(path, END).then_some(Form::Whole),
    needles: LazyLock::new(|| Needles::of(&[])),
    take: |page, _, settings| {
        let usage = &settings["tokenUsage"];
        if !usage.is_object() {
            return;
        }
        let name =
            page.file.leaf.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        page.known.session = Some(name.trim_end_matches(END).to_owned());
        let changed = DateTime::from_timestamp_nanos(page.file.leaf.modified_ns);
        let thinking = count(&usage["thinkingTokens"]);
        let tokens = disjoint(
            count(&usage["inputTokens"]),
            count(&usage["outputTokens"]).saturating_add(thinking),
            count(&usage["cacheReadTokens"]),
            count(&usage["cacheCreationTokens"]),
        );
        page.add(Some(changed), |page, at| Response {
            model: model(&settings["model"]),
            tokens: Tokens { reasoning: thinking, ..tokens },
            quality: Quality::SessionTotal,
            merging: Merging::Latest,
            ..Response::new(key("factory", &page.session(), None), at)
        });
    },
};
