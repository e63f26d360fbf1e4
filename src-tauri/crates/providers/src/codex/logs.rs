//! The rollouts that Codex keeps: counters that grow, some lines about what they mean, and copied histories.

mod counters;

use claudometer_core::response::{Key, Merging, Name, Quality, Reader, Response, Speed, Tokens};
use claudometer_host::Host;
use claudometer_scan::{
    Form, LogFile, LogSource, Map, Needles, Reading, Taken, Text, hash, lenient::Instant, lines,
    parse,
};
use counters::{Counters, Pair, Vector};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

/// What names it.
pub(crate) const ID: &str = "codex";
static NEEDLES: LazyLock<Needles> = LazyLock::new(|| {
    Needles::of(&[
        "\"token_count\"",
        "\"session_meta\"",
        "\"turn_context\"",
        "\"thread_settings_applied\"",
    ])
    .unless(is_of_conversation)
});
/// The characters of a time, at most.
const LONGEST_TIME: usize = 40;
/// The model of a rollout that names none.
const UNKNOWN: &str = "unknown";

/// The rollouts.
#[derive(Debug)]
pub(crate) struct Logs;

/// Whether a line is what was said or done: most of a rollout, and nothing in it counts. The fields of a line are always
/// written in this order.
fn is_of_conversation(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"{\"timestamp\":\"") else { return false };
    let time = rest.iter().take(LONGEST_TIME).position(|byte| *byte == b'"');
    time.is_some_and(|end| rest[end..].starts_with(b"\",\"type\":\"response_item\","))
}

/// The only one.
pub(crate) static LOGS: Logs = Logs;

impl LogSource for Logs {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Codex"
    }

    fn reader(&self) -> Reader {
        Reader::SECOND
    }

    fn places(&self, host: &Host) -> Vec<PathBuf> {
        let home = host.folder("CODEX_HOME", ".codex");
        vec![home.join("sessions"), home.join("archived_sessions")]
    }

    fn form(&self, path: &Path) -> Option<Form> {
        path.extension().is_some_and(|end| end == "jsonl").then_some(Form::Lines)
    }

    fn needles(&self) -> &Needles {
        &NEEDLES
    }

    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a> {
        let state = state.and_then(|state| serde_json::from_slice(state).ok()).unwrap_or_default();
        Box::new(Rollout { file, state, calls: Vec::new(), malformed: 0, undated: 0 })
    }
}

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(default)]
    timestamp: Instant,
    #[serde(borrow, default)]
    payload: Map<Payload<'a>>,
}

/// The payloads of all kinds of lines at once.
#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(default)]
    timestamp: Instant,
    #[serde(borrow, default)]
    cwd: Text<'a>,
    #[serde(borrow, default)]
    model: Text<'a>,
    #[serde(borrow, default)]
    forked_from_id: Text<'a>,
    #[serde(borrow, default)]
    source: Map<Origin<'a>>,
    #[serde(borrow, default)]
    git: Map<Git<'a>>,
    #[serde(borrow, default)]
    info: Map<Info<'a>>,
    #[serde(borrow, default)]
    thread_settings: Map<Settings<'a>>,
}

#[derive(Deserialize)]
struct Origin<'a> {
    #[serde(borrow, default)]
    subagent: Map<SubAgent<'a>>,
}

#[derive(Deserialize)]
struct SubAgent<'a> {
    #[serde(borrow, default)]
    thread_spawn: Map<Spawn<'a>>,
}

#[derive(Deserialize)]
struct Spawn<'a> {
    #[serde(borrow, default)]
    parent_thread_id: Text<'a>,
}

#[derive(Deserialize)]
struct Git<'a> {
    #[serde(borrow, default)]
    branch: Text<'a>,
}

#[derive(Deserialize)]
struct Info<'a> {
    #[serde(borrow, default)]
    model: Text<'a>,
    #[serde(default)]
    total_token_usage: Map<Vector>,
    #[serde(default)]
    last_token_usage: Map<Vector>,
}

#[derive(Deserialize)]
struct Settings<'a> {
    #[serde(borrow, default)]
    service_tier: Text<'a>,
}

impl Payload<'_> {
    fn parent(&self) -> Option<&str> {
        let spawned = || {
            let spawn = self.source.0.as_ref()?.subagent.0.as_ref()?.thread_spawn.0.as_ref()?;
            spawn.parent_thread_id.get()
        };
        self.forked_from_id.get().or_else(spawned)
    }
}

/// What the lines so far say about those that follow.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    session: Option<String>,
    parent: Option<String>,
    /// When the session began, in milliseconds since 1970.
    born_ms: Option<i64>,
    cwd: String,
    branch: String,
    model: Option<String>,
    speed: Speed,
    counters: Counters,
}

/// A line of counters, with what held when it was written.
struct Call {
    pair: Pair,
    at: claudometer_scan::lenient::Instant,
    model: Option<Name>,
    speed: Speed,
}

struct Rollout<'a> {
    file: LogFile<'a>,
    state: State,
    calls: Vec<Call>,
    malformed: u64,
    undated: u64,
}

impl Rollout<'_> {
    fn take(&mut self, line: &Line<'_>) {
        let Some(payload) = &line.payload.0 else { return };
        match (line.kind.get(), payload.kind.get()) {
            (Some("session_meta"), _) if self.state.session.is_none() => self.begin(line, payload),
            (Some("turn_context"), _) => {
                if let Some(model) = payload.model.get() {
                    self.state.model = Some(model.to_owned());
                }
                if let Some(cwd) = payload.cwd.get().filter(|_| self.state.cwd.is_empty()) {
                    cwd.clone_into(&mut self.state.cwd);
                }
            }
            (Some("event_msg"), Some("thread_settings_applied")) => {
                let settings = payload.thread_settings.0.as_ref();
                self.state.speed = match settings.and_then(|settings| settings.service_tier.get()) {
                    Some("priority" | "fast") => Speed::Priority,
                    Some("flex") => Speed::Flex,
                    _ => Speed::Standard,
                };
            }
            (Some("event_msg"), Some("token_count")) => {
                let Some(info) = &payload.info.0 else { return };
                let pair = Pair { total: info.total_token_usage.0, last: info.last_token_usage.0 };
                let model = info.model.get().or(self.state.model.as_deref());
                let last = self.calls.last().and_then(|call| call.model.as_ref());
                let model = model.map(|model| match last {
                    Some(last) if **last == *model => Arc::clone(last),
                    _ => Arc::from(model),
                });
                let speed = self.state.speed;
                self.calls.push(Call { pair, at: line.timestamp, model, speed });
            }
            _ => {}
        }
    }

    /// The first line about a session is about this one; later ones are copied.
    fn begin(&mut self, line: &Line<'_>, payload: &Payload<'_>) {
        let text = |text: &Text<'_>| text.get().unwrap_or_default().to_owned();
        let born = payload.timestamp.0.or(line.timestamp.0);
        let branch = payload.git.0.as_ref().map(|git| text(&git.branch));
        self.state.session = Some(payload.id.get().unwrap_or_else(|| self.file.stem()).to_owned());
        self.state.parent = payload.parent().map(str::to_owned);
        self.state.born_ms = born.map(|at| at.timestamp_millis());
        self.state.cwd = text(&payload.cwd);
        self.state.branch = branch.unwrap_or_default();
    }

    /// How many of the first calls a fork has copied: those with which the session before it begins too, and those whose
    /// lines were all written when the file was made. That other session counts them itself.
    fn inherited(&self) -> usize {
        let Some(parent) = &self.state.parent else { return 0 };
        // The names of all rollouts are looked at: as bytes, which is ten times as quick.
        let end = format!("{parent}.jsonl");
        let is_named = |path: &Path| path.as_os_str().as_encoded_bytes().ends_with(end.as_bytes());
        let files = self.file.others.iter().filter(|leaf| is_named(&leaf.path));
        let same = files.map(|leaf| {
            let history = pairs(LogFile { leaf, ..self.file });
            self.calls.iter().zip(&history).take_while(|(call, pair)| call.pair == **pair).count()
        });
        let at_birth = |call: &&Call| {
            let Some((born, at)) = self.state.born_ms.zip(call.at.0) else { return false };
            (at.timestamp_millis() - born).abs() <= 1000
        };
        // One call may well be made within a second; of two, the second waited for the first.
        let burst = Some(self.calls.iter().take_while(at_birth).count()).filter(|burst| *burst > 1);
        same.chain(burst).max().unwrap_or(0)
    }

    fn shared(&self) -> Shared {
        let session = self.state.session.as_deref().unwrap_or_else(|| self.file.stem());
        Shared {
            session: session.into(),
            project: self.state.cwd.as_str().into(),
            branch: self.state.branch.as_str().into(),
            unknown: UNKNOWN.into(),
        }
    }
}

/// What all responses of a rollout have in common.
struct Shared {
    session: Name,
    project: Name,
    branch: Name,
    unknown: Name,
}

impl Shared {
    fn response(&self, nth: u64, call: &Call, tokens: Tokens) -> Option<Response> {
        let key = Key { message: hash(&[ID, &self.session, &nth.to_string()]), request: 0 };
        let model = Arc::clone(call.model.as_ref().unwrap_or(&self.unknown));
        let [session, project, branch] =
            [&self.session, &self.project, &self.branch].map(Arc::clone);
        Some(Response {
            tokens,
            speed: call.speed,
            quality: Quality::Exact,
            merging: Merging::Latest,
            ..Response::of(key, call.at.0?, model, session, project, branch)
        })
    }
}

/// Every pair of counters in a rollout, in order.
fn pairs(file: LogFile<'_>) -> Vec<Pair> {
    let mut rollout =
        Rollout { file, state: State::default(), calls: Vec::new(), malformed: 0, undated: 0 };
    if let Ok(Some(mut stream)) = file.host.files.stream(&file.leaf.path, 0) {
        let mut each = |offset: u64, line: &[u8]| rollout.line(offset, line);
        lines(&mut stream, 0, &NEEDLES, &mut Vec::new(), &mut each).ok(); // what could be read counts
    }
    rollout.calls.into_iter().map(|call| call.pair).collect()
}

impl Reading for Rollout<'_> {
    fn line(&mut self, _: u64, line: &[u8]) {
        let mut scratch = String::new();
        match parse::<Line<'_>>(line, &mut scratch) {
            Some(line) => self.take(&line),
            None => self.malformed += 1,
        }
    }

    /// A fork is read anew each time: only its whole beginning tells what was copied.
    fn state(&self) -> Option<Vec<u8>> {
        if self.state.parent.is_some() {
            return None;
        }
        let mut state = self.state.clone();
        for call in &self.calls {
            state.counters.count(&call.pair);
        }
        serde_json::to_vec(&state).ok()
    }

    fn finish(self: Box<Self>) -> Taken {
        let mut taken = Taken::default();
        (taken.malformed, taken.undated) = (self.malformed, self.undated);
        let inherited = self.inherited();
        let shared = self.shared();
        let mut counters = self.state.counters.clone();
        let first = counters.calls;
        for (nth, call) in self.calls.iter().enumerate() {
            let used = counters.count(&call.pair);
            if let Some(tokens) = used.filter(|_| nth >= inherited) {
                match shared.response(first + nth as u64, call, tokens) {
                    Some(response) => taken.add(response),
                    None => taken.undated += 1,
                }
            }
        }
        // Of two copies of a session the one with more lines counts.
        let rank = counters.calls.cast_signed();
        for response in &mut taken.responses {
            response.rank = rank;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_said_or_done_is_passed_over_and_only_in_the_usual_order_of_fields() {
        let usual =
            r#"{"timestamp":"2026-09-23T15:56:13.956Z","type":"response_item","payload":{}}"#;
        assert!(is_of_conversation(usual.as_bytes()));
        for other in [
            r#"{"timestamp":"2026-09-23T15:56:13.956Z","type":"event_msg","payload":{"a":","type":"response_item","}}"#,
            r#"{"type":"response_item","timestamp":"2026-09-23T15:56:13.956Z","payload":{}}"#,
            r#"{"timestamp":"an endless time, behind which nobody looks","type":"response_item","#,
            r#"{"timestamp":""#,
            "",
        ] {
            assert!(!is_of_conversation(other.as_bytes()), "{other}");
        }
    }
}
