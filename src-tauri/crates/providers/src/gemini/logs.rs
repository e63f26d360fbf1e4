//! The chats that Gemini CLI keeps: one document each, or a record a line.

use claudometer_core::{
    Response, Tokens,
    response::{Key, Merging, Name, Reader},
};
use claudometer_host::Host;
use claudometer_scan::{
    Count, Form, LogFile, LogSource, Map, Needles, Reading, Taken, Text, hash, lenient::Instant,
    parse,
};
use serde::{Deserialize, Serialize};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles::of(&["\"tokens\"", "\"sessionId\""]));
/// A chat that goes on as lines has its document's messages again, and later.
const LINES_RANK: i64 = 1 << 40;

/// The chats.
#[derive(Debug)]
pub(crate) struct Logs;

/// The only one.
pub(crate) static LOGS: Logs = Logs;

impl LogSource for Logs {
    fn id(&self) -> &'static str {
        "gemini"
    }

    fn name(&self) -> &'static str {
        "Gemini CLI"
    }

    fn reader(&self) -> Reader {
        Reader::SECOND
    }

    fn places(&self, host: &Host) -> Vec<PathBuf> {
        let home = host.env.get("GEMINI_CLI_HOME").map(PathBuf::from);
        vec![home.unwrap_or_else(|| host.home().to_owned()).join(".gemini/tmp")]
    }

    fn form(&self, path: &Path) -> Option<Form> {
        if !path.components().any(|part| part.as_os_str() == "chats") {
            return None;
        }
        match path.extension()?.to_str()? {
            "json" => Some(Form::Whole),
            "jsonl" => Some(Form::Lines),
            _ => None,
        }
    }

    fn needles(&self) -> &Needles {
        &NEEDLES
    }

    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a> {
        let state = state.and_then(|state| serde_json::from_slice(state).ok()).unwrap_or_default();
        let project = project(&file.leaf.path);
        Box::new(Chat { file, state, project, taken: Taken::default() })
    }
}

/// The folder of a project's chats: its short name, or a hash of its path.
fn project(path: &Path) -> Name {
    let chats = path.ancestors().find(|folder| folder.ends_with("chats"));
    let folder = chats.and_then(Path::parent).and_then(Path::file_name);
    folder.and_then(|name| name.to_str()).unwrap_or_default().into()
}

/// A header, a message or a change: what is not there is none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, default)]
    session_id: Text<'a>,
    #[serde(borrow, default)]
    messages: Option<Vec<Map<Message<'a>>>>,
    #[serde(borrow, default, rename = "$set")]
    set: Map<Change<'a>>,
    #[serde(flatten, borrow)]
    message: Message<'a>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow, default)]
    messages: Option<Vec<Map<Message<'a>>>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(default)]
    timestamp: Instant,
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    model: Text<'a>,
    #[serde(default)]
    tokens: Map<Counters>,
}

#[derive(Deserialize)]
struct Counters {
    #[serde(default)]
    input: Count,
    #[serde(default)]
    output: Count,
    #[serde(default)]
    cached: Count,
    #[serde(default)]
    thoughts: Count,
    #[serde(default)]
    tool: Count,
}

impl Counters {
    /// What was cached is part of the input; thoughts stand beside the output, and tools beside the input.
    const fn tokens(&self) -> Tokens {
        Tokens {
            input: self.input.0.saturating_sub(self.cached.0).saturating_add(self.tool.0),
            output: self.output.0.saturating_add(self.thoughts.0),
            reasoning: self.thoughts.0,
            cache_read: self.cached.0,
            cache_write_5m: 0,
            cache_write_1h: 0,
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    session: Option<String>,
}

struct Chat<'a> {
    file: LogFile<'a>,
    state: State,
    project: Name,
    taken: Taken,
}

impl Chat<'_> {
    fn record(&mut self, rank: i64, record: &Record<'_>) {
        if let Some(session) = record.session_id.get().filter(|_| self.state.session.is_none()) {
            self.state.session = Some(session.to_owned());
        }
        let set = record.set.0.as_ref().and_then(|change| change.messages.as_ref());
        let lists = record.messages.iter().chain(set).flatten();
        let messages = lists.filter_map(|message| message.0.as_ref()).chain([&record.message]);
        for (nth, message) in (0_i64..).zip(messages) {
            self.message(rank + nth, message);
        }
    }

    fn message(&mut self, rank: i64, message: &Message<'_>) {
        let (Some("gemini"), Some(counters)) = (message.kind.get(), &message.tokens.0) else {
            return;
        };
        let Some(at) = message.timestamp.0 else {
            self.taken.undated += 1;
            return;
        };
        let session = self.state.session.as_deref().unwrap_or(self.file.stem());
        let id = message.id.get().map_or_else(|| at.to_rfc3339(), str::to_owned);
        let key = Key { message: hash(&["gemini", session, &id]), request: 0 };
        self.taken.add(Response {
            rank,
            model: message.model.get().unwrap_or("unknown").into(),
            session: session.into(),
            project: Arc::clone(&self.project),
            tokens: counters.tokens(),
            merging: Merging::Latest,
            ..Response::new(key, at)
        });
    }
}

impl Reading for Chat<'_> {
    fn line(&mut self, offset: u64, line: &[u8]) {
        let mut scratch = String::new();
        match parse::<Record<'_>>(line, &mut scratch) {
            Some(record) => self.record(LINES_RANK + offset.cast_signed(), &record),
            None => self.taken.malformed += 1,
        }
    }

    fn whole(&mut self, document: &[u8]) {
        let mut scratch = String::new();
        match parse::<Record<'_>>(document, &mut scratch) {
            Some(record) => self.record(0, &record),
            None => self.taken.malformed += u64::from(!document.trim_ascii().is_empty()),
        }
    }

    fn state(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.state).ok()
    }

    fn finish(self: Box<Self>) -> Taken {
        self.taken
    }
}
