//! The rollouts that Codex keeps: counters that grow, some lines about what they mean, and copied histories.

mod compactions;
mod counters;
mod line;

use chrono::{DateTime, Utc};
use claudometer_core::response::{Key, Merging, Name, Quality, Reader, Response, Speed, Tokens};
use claudometer_host::Host;
use claudometer_scan::{
    Form, LogFile, LogSource, Needles, Reading, Taken, Text, hash, lenient::Instant, parse,
};
use compactions::{Compactions, Made};
use counters::{Counters, Pair};
use line::{Line, Payload};
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
        "\"token_usage_record\"",
        "\"compaction_response_id\"",
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
    let Some(rest) = time.and_then(|end| rest[end..].strip_prefix(b"\",")) else { return false };
    let kind = rest.strip_prefix(b"\"ordinal\":").map_or(rest, |numbered| {
        let digits = numbered.iter().take_while(|byte| byte.is_ascii_digit()).count();
        numbered[digits..].strip_prefix(b",").unwrap_or_default()
    });
    kind.starts_with(b"\"type\":\"response_item\",")
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
        form(path)
    }

    fn is_of_session(&self, path: &Path, session: &str) -> bool {
        is_named(path, session)
    }

    fn needles(&self) -> &Needles {
        &NEEDLES
    }

    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a> {
        let state = state.and_then(|state| serde_json::from_slice(state).ok()).unwrap_or_default();
        Box::new(Rollout { state, ..Rollout::of(file) })
    }
}

/// A rollout that rested for a week is packed.
fn form(path: &Path) -> Option<Form> {
    let name = path.as_os_str().as_encoded_bytes();
    if name.ends_with(b".jsonl") {
        Some(Form::Lines)
    } else {
        name.ends_with(b".jsonl.zst").then_some(Form::Packed)
    }
}

/// Whether a file is the rollout of a session. The names of all rollouts are looked at: as bytes, which is ten times as quick.
fn is_named(path: &Path, session: &str) -> bool {
    let name = path.as_os_str().as_encoded_bytes();
    let plain = name.strip_suffix(b".zst").unwrap_or(name);
    plain.strip_suffix(b".jsonl").is_some_and(|stem| stem.ends_with(session.as_bytes()))
}

/// Whether the rollout that was packed lies beside it: then that one counts.
fn is_beside_plain(file: &LogFile<'_>) -> bool {
    let Some(plain) = file.leaf.path.to_str().and_then(|path| path.strip_suffix(".zst")) else {
        return false;
    };
    let plain = Path::new(plain);
    file.others
        .binary_search_by(|leaf| {
            leaf.path.as_os_str().as_encoded_bytes().cmp(plain.as_os_str().as_encoded_bytes())
        })
        .is_ok()
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
    /// The place of the first record of its own, where a sub-agent's rollout says so.
    #[serde(default)]
    own_from: Option<u64>,
    #[serde(default, skip_serializing_if = "Compactions::is_empty")]
    compactions: Compactions,
}

/// A line of counters, with what held when it was written.
struct Call {
    pair: Pair,
    at: Instant,
    model: Option<Name>,
    speed: Speed,
    /// Whether its place says that it is the parent's.
    is_copied: bool,
}

struct Rollout<'a> {
    file: LogFile<'a>,
    state: State,
    calls: Vec<Call>,
    /// Calls that made compactions, each with how many other calls stand before it.
    compacting: Vec<(usize, Made)>,
    malformed: u64,
    undated: u64,
}

impl<'a> Rollout<'a> {
    fn of(file: LogFile<'a>) -> Self {
        let (calls, compacting) = (Vec::new(), Vec::new());
        Self { file, state: State::default(), calls, compacting, malformed: 0, undated: 0 }
    }

    fn take(&mut self, line: &Line<'_>) {
        let Some(payload) = &line.payload.0 else { return };
        if line.kind.get() == Some("session_meta") {
            if self.state.session.is_none() {
                self.begin(line, payload);
            }
            return;
        }
        let place = line.ordinal.as_ref().map(|place| place.0);
        let is_copied = self.state.own_from.zip(place).is_some_and(|(own, place)| place < own);
        match (line.kind.get(), payload.kind.get()) {
            (Some("event_msg"), Some("token_count")) => self.call(line, payload, is_copied),
            // What the parent's other records say holds for the parent.
            _ if is_copied => {}
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
            (Some("token_usage_record"), _) | (Some("event_msg"), Some("token_usage_record")) => {
                self.record(line, payload);
            }
            (Some("compacted"), _) => {
                let named = payload.compaction_response_id.get();
                let made = named.and_then(|id| self.state.compactions.name(id));
                self.compacting.extend(made.map(|made| (self.calls.len(), made)));
            }
            _ => {}
        }
    }

    fn call(&mut self, line: &Line<'_>, payload: &Payload<'_>, is_copied: bool) {
        let Some(info) = &payload.info.0 else { return };
        let pair = Pair { total: info.total_token_usage.0, last: info.last_token_usage.0 };
        let model = info.model.get().or(self.state.model.as_deref());
        let last = self.calls.last().and_then(|call| call.model.as_ref());
        let model = model.map(|model| match last {
            Some(last) if **last == *model => Arc::clone(last),
            _ => Arc::from(model),
        });
        let speed = self.state.speed;
        self.calls.push(Call { pair, at: line.timestamp, model, speed, is_copied });
    }

    /// Takes a record of usage: it repeats what the counters tell, unless the call made a compaction.
    fn record(&mut self, line: &Line<'_>, payload: &Payload<'_>) {
        let Some((id, usage)) = payload.response_id.get().zip(payload.usage.0) else { return };
        let model = payload.model.get().or(self.state.model.as_deref());
        let thread = payload.thread_id.get();
        let made = Made {
            id: id.to_owned(),
            usage,
            at: line.timestamp.0,
            model: model.map(str::to_owned),
            speed: self.state.speed,
            is_of_other: thread.is_some_and(|thread| self.state.session.as_deref() != Some(thread)),
        };
        let made = self.state.compactions.record(made);
        self.compacting.extend(made.map(|made| (self.calls.len(), made)));
    }

    /// The first line about a session is about this one; later ones are copied.
    fn begin(&mut self, line: &Line<'_>, payload: &Payload<'_>) {
        let text = |text: &Text<'_>| text.get().unwrap_or_default().to_owned();
        let born = payload.timestamp.0.or(line.timestamp.0);
        let branch = payload.git.0.as_ref().map(|git| text(&git.branch));
        self.state.session = Some(payload.id.get().unwrap_or_else(|| stem(&self.file)).to_owned());
        // A session is not its own parent, whatever it says.
        let session = self.state.session.as_deref();
        let parent = payload.parent().filter(|parent| Some(*parent) != session);
        self.state.parent = parent.map(str::to_owned);
        self.state.born_ms = born.map(|at| at.timestamp_millis());
        self.state.cwd = text(&payload.cwd);
        self.state.branch = branch.unwrap_or_default();
        self.state.own_from = payload.subagent_history_start_ordinal.as_ref().map(|own| own.0);
    }

    /// The rollouts of the session that this one goes on from.
    fn parents(&self) -> impl Iterator<Item = LogFile<'a>> {
        let (parent, file) = (self.state.parent.as_deref().unwrap_or("\0"), self.file);
        let leaves = file.others.iter().filter(move |leaf| is_named(&leaf.path, parent));
        leaves.map(move |leaf| LogFile { leaf, ..file })
    }

    /// Whether a record was written while the file was made.
    fn is_at_birth(&self, at: Option<DateTime<Utc>>) -> bool {
        let born = self.state.born_ms.zip(at);
        born.is_some_and(|(born, at)| (at.timestamp_millis() - born).abs() <= 1000)
    }

    /// How many of the first calls a fork has copied: those with which the session before it begins too, which counts them
    /// itself, those that the history knows as that one's, which may be gone or trimmed, and those whose lines were all
    /// written when the file was made.
    fn inherited(&self, same: &[Same]) -> usize {
        if self.state.parent.is_none() || self.state.own_from.is_some() {
            return 0;
        }
        let same = same.iter().map(|same| same.calls).max().unwrap_or(0);
        let same = same.max(self.known_of_parent());
        // One call may well be made within a second; of two, the second waited for the first.
        let burst = self.calls.iter().take_while(|call| self.is_at_birth(call.at.0)).count();
        if burst > 1 { same.max(burst) } else { same }
    }

    /// With how many of its calls each rollout of the parent begins.
    fn same(&self) -> Vec<Same> {
        if self.state.parent.is_none() || self.state.own_from.is_some() {
            return Vec::new();
        }
        let compared = self.parents().map(|parent| {
            let history = pairs(parent);
            let both = self.calls.iter().zip(&history);
            let calls = both.take_while(|(call, pair)| call.pair == **pair).count();
            Same { calls, is_all: calls == history.len() }
        });
        compared.collect()
    }

    /// How many of the first calls the history knows as the parent's.
    fn known_of_parent(&self) -> usize {
        let Some(parent) = &self.state.parent else { return 0 };
        let (mut counters, mut known) = (Counters::default(), 0);
        for (nth, call) in self.calls.iter().enumerate() {
            let Some(used) = counters.count(&call.pair) else { continue };
            match self.file.kept.tokens(key(parent, nth as u64)) {
                Some(tokens) if tokens == used => known = nth + 1,
                Some(_) => break,
                None => {}
            }
        }
        known
    }

    fn shared(&self) -> Shared {
        let session = self.state.session.as_deref().unwrap_or_else(|| stem(&self.file));
        Shared {
            session: session.into(),
            project: self.state.cwd.as_str().into(),
            branch: self.state.branch.as_str().into(),
            unknown: UNKNOWN.into(),
        }
    }
}

/// How far a fork and its parent are the same.
struct Same {
    calls: usize,
    /// Whether the parent has no further call.
    is_all: bool,
}

/// What all responses of a rollout have in common.
struct Shared {
    session: Name,
    project: Name,
    branch: Name,
    unknown: Name,
}

impl Shared {
    fn response(
        &self,
        key: Key,
        at: DateTime<Utc>,
        model: Option<&Name>,
        used: Tokens,
    ) -> Response {
        let model = Arc::clone(model.unwrap_or(&self.unknown));
        let [session, project, branch] =
            [&self.session, &self.project, &self.branch].map(Arc::clone);
        Response {
            tokens: used,
            quality: Quality::Exact,
            merging: Merging::Latest,
            ..Response::of(key, at, model, session, project, branch)
        }
    }
}

/// The call of a session that stands on its nth line of counters.
fn key(session: &str, nth: u64) -> Key {
    Key { message: hash(&[ID, session, &nth.to_string()]), request: 0 }
}

/// The name of a rollout without its endings.
fn stem<'a>(file: &LogFile<'a>) -> &'a str {
    let name = file.leaf.path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.strip_suffix(".zst").unwrap_or(name);
    name.strip_suffix(".jsonl").unwrap_or(name)
}

/// Every pair of counters in a rollout, in order.
fn pairs(file: LogFile<'_>) -> Vec<Pair> {
    let mut rollout = Rollout::of(file);
    let mut each = |offset: u64, line: &[u8]| rollout.line(offset, line);
    if let Some(form) = form(&file.leaf.path) {
        file.each_line(form, &NEEDLES, &mut Vec::new(), &mut each).ok(); // what could be read counts
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

    /// A fork is read anew each time, unless its lines say themselves whose they are: only its whole beginning tells what
    /// was copied.
    fn state(&self) -> Option<Vec<u8>> {
        if self.state.parent.is_some() && self.state.own_from.is_none() {
            return None;
        }
        let mut state = self.state.clone();
        for call in &self.calls {
            state.counters.count(&call.pair);
        }
        state.compactions = state.compactions.kept();
        serde_json::to_vec(&state).ok()
    }

    fn finish(self: Box<Self>) -> Taken {
        let mut taken = Taken::default();
        (taken.malformed, taken.undated) = (self.malformed, self.undated);
        if form(&self.file.leaf.path) == Some(Form::Packed) && is_beside_plain(&self.file) {
            return taken;
        }
        let same = self.same();
        // A parent that is not there, or that has told nothing else yet, may still tell more that was copied.
        let may_tell_more = self.state.own_from.is_none() && same.iter().all(|same| same.is_all);
        taken.waits_for = self.state.parent.clone().filter(|_| may_tell_more);
        let inherited = self.inherited(&same);
        let shared = self.shared();
        let mut counters = self.state.counters.clone();
        let first = counters.calls;
        for (nth, call) in self.calls.iter().enumerate() {
            let used = counters.count(&call.pair);
            let key = key(&shared.session, first + nth as u64);
            if nth < inherited || call.is_copied {
                taken.copies.push(key);
            } else if let Some(tokens) = used {
                let Some(at) = call.at.0 else {
                    taken.undated += 1;
                    continue;
                };
                let response = shared.response(key, at, call.model.as_ref(), tokens);
                taken.add(Response { speed: call.speed, ..response });
            }
        }
        // Of two copies of a session the one with more lines counts.
        let rank = counters.calls.cast_signed();
        for response in &mut taken.responses {
            response.rank = rank;
        }
        self.compactions(inherited, &shared, &mut taken);
        taken
    }
}

impl Rollout<'_> {
    /// Adds the calls that made compactions. One of them is one wherever it is told: the vendor has named it.
    fn compactions(&self, inherited: usize, shared: &Shared, taken: &mut Taken) {
        let is_fork = self.state.parent.is_some() && self.state.own_from.is_none();
        for (before, made) in &self.compacting {
            let at_border = *before == inherited && inherited > 0 && self.is_at_birth(made.at);
            let is_copied = *before < inherited || at_border || made.is_of_other;
            if is_fork && is_copied {
                continue;
            }
            let Some(at) = made.at else {
                taken.undated += 1;
                continue;
            };
            let key = Key { message: hash(&[ID, "compaction", &made.id]), request: 0 };
            let model: Option<Name> = made.model.as_deref().map(Arc::from);
            let used = made.usage.tokens();
            if used.total() > 0 {
                let response = shared.response(key, at, model.as_ref(), used);
                taken.add(Response { speed: made.speed, ..response });
            }
        }
    }
}

#[cfg(test)]
mod tests;
