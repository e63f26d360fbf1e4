//! The transcripts that Claude Code keeps: a line per block of an answer, several for one response.

use claudometer_core::response::{Key, Name, Reader, Response, Speed, Tokens};
use claudometer_host::Host;
use claudometer_scan::{
    Count, Form, List, LogFile, LogSource, Map, Needles, Reading, Taken, Text, key,
    lenient::{Decimal, Flag, Instant},
    parse,
};
use memchr::memmem;
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
};

/// What names it.
pub(crate) const ID: &str = "claude";
static NEEDLES: LazyLock<Needles> = LazyLock::new(|| Needles::of(&["\"usage\""]));
/// The folder of the desktop application's agents; each session has a home of its own somewhere below.
const AGENTS: &str = "local-agent-mode-sessions";
/// What stands for a model in notices of the program itself.
const NOTICE: &str = "<synthetic>";

/// The transcripts.
#[derive(Debug)]
pub(crate) struct Logs;

/// The only one.
pub(crate) static LOGS: Logs = Logs;

impl LogSource for Logs {
    fn id(&self) -> &'static str {
        ID
    }

    fn name(&self) -> &'static str {
        "Claude Code"
    }

    fn reader(&self) -> Reader {
        Reader::SECOND
    }

    fn places(&self, host: &Host) -> Vec<PathBuf> {
        let mut places = match host.env.get("CLAUDE_CONFIG_DIR") {
            Some(given) => given.split(',').map(str::trim).filter_map(projects).collect(),
            None => {
                let config = host.folder("XDG_CONFIG_HOME", ".config").join("claude/projects");
                vec![config, host.home().join(".claude/projects")]
            }
        };
        places.push(desktop(host).join(AGENTS));
        places
    }

    fn form(&self, path: &Path) -> Option<Form> {
        // Every name of a tree is looked at, so as bytes.
        let name = path.as_os_str().as_encoded_bytes();
        let is_transcript = name.ends_with(b".jsonl") && !name.ends_with(b"/journal.jsonl");
        (is_transcript && !is_audit(path)).then_some(Form::Lines)
    }

    fn needles(&self) -> &Needles {
        &NEEDLES
    }

    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a> {
        let state = state.and_then(|state| serde_json::from_slice(state).ok()).unwrap_or_default();
        Box::new(Transcript { file, state, names: Names::default(), taken: Taken::default() })
    }
}

/// The transcripts of a folder of settings, which may be named itself.
fn projects(folder: &str) -> Option<PathBuf> {
    let path = Path::new(folder);
    let is_projects = path.ends_with("projects");
    (!folder.is_empty()).then(|| if is_projects { path.to_owned() } else { path.join("projects") })
}

/// Where the desktop application keeps its data.
fn desktop(host: &Host) -> PathBuf {
    if cfg!(target_os = "macos") {
        host.home().join("Library/Application Support/Claude")
    } else {
        host.folder("XDG_CONFIG_HOME", ".config").join("Claude")
    }
}

/// Whether a file of the desktop application's agents is no transcript: a second record of the same calls lies beside them.
fn is_audit(path: &Path) -> bool {
    let path = path.as_os_str().as_encoded_bytes();
    let found = memmem::find(path, AGENTS.as_bytes());
    found.is_some_and(|at| memmem::find(&path[at..], b"/.claude/projects/").is_none())
}

/// A line, as far as it is about a response.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    request_id: Text<'a>,
    #[serde(borrow, default)]
    session_id: Text<'a>,
    #[serde(borrow, default)]
    cwd: Text<'a>,
    #[serde(borrow, default)]
    git_branch: Text<'a>,
    #[serde(borrow, default)]
    uuid: Text<'a>,
    #[serde(default)]
    timestamp: Instant,
    #[serde(default)]
    is_sidechain: Flag,
    #[serde(default, rename = "costUSD")]
    cost: Decimal,
    #[serde(borrow, default)]
    message: Map<Message<'a>>,
    #[serde(borrow, default)]
    data: Map<Data<'a>>,
}

/// What a line of progress carries: the line of a sub-agent.
#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    message: Map<Box<Line<'a>>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    model: Text<'a>,
    #[serde(borrow, default)]
    usage: Map<Usage<'a>>,
}

#[derive(Deserialize)]
struct Usage<'a> {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    #[serde(default)]
    cache_creation: Map<Split>,
    #[serde(default)]
    server_tool_use: Map<Searches>,
    #[serde(default)]
    output_tokens_details: Map<Details>,
    #[serde(borrow, default)]
    speed: Text<'a>,
    #[serde(borrow, default)]
    inference_geo: Text<'a>,
    #[serde(borrow, default)]
    iterations: List<Map<Iteration<'a>>>,
}

/// One of the calls that a response consists of.
#[derive(Deserialize)]
struct Iteration<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    model: Text<'a>,
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    #[serde(default)]
    cache_creation: Map<Split>,
    #[serde(default)]
    output_tokens_details: Map<Details>,
    #[serde(borrow, default)]
    speed: Text<'a>,
}

/// What of the output was not shown.
#[derive(Deserialize, Default)]
struct Details {
    #[serde(default)]
    thinking_tokens: Count,
}

/// Cache writes by how long they last.
#[derive(Deserialize, Default)]
struct Split {
    #[serde(default)]
    ephemeral_5m_input_tokens: Count,
    #[serde(default)]
    ephemeral_1h_input_tokens: Count,
}

#[derive(Deserialize)]
struct Searches {
    #[serde(default)]
    web_search_requests: Count,
}

/// Input, output, read from a cache and written to one, by what is written of the latter two.
type Counters<'a> = ([&'a Count; 4], &'a Map<Split>, &'a Map<Details>);

/// Gateways write a split of zeros beside a flat figure, and old versions only the flat one.
fn tokens(([input, output, read, written], split, details): Counters<'_>) -> Tokens {
    let of = |class: fn(&Split) -> Count| split.0.as_ref().map_or(0, |split| class(split).0);
    let hour = of(|split| split.ephemeral_1h_input_tokens);
    let minutes = of(|split| split.ephemeral_5m_input_tokens);
    let thought = details.0.as_ref().map_or(0, |details| details.thinking_tokens.0);
    Tokens {
        input: input.0,
        output: output.0,
        reasoning: thought.min(output.0),
        cache_read: read.0,
        cache_write_5m: minutes.max(written.0.saturating_sub(hour)),
        cache_write_1h: hour,
    }
}

fn speed(told: &Text<'_>) -> Speed {
    if told.get() == Some("fast") { Speed::Fast } else { Speed::Standard }
}

impl Usage<'_> {
    fn tokens(&self) -> Tokens {
        let read = &self.cache_read_input_tokens;
        let written = &self.cache_creation_input_tokens;
        let flat = [&self.input_tokens, &self.output_tokens, read, written];
        tokens((flat, &self.cache_creation, &self.output_tokens_details))
    }

    /// Calls of another model within the response, with their places: the counters above leave them out.
    fn advice(&self) -> impl Iterator<Item = (usize, &Iteration<'_>)> {
        let all = self.iterations.0.iter().enumerate();
        all.filter_map(|(place, one)| one.0.as_ref().map(|one| (place, one)))
            .filter(|(_, one)| one.kind.get() == Some("advisor_message"))
    }
}

impl Iteration<'_> {
    fn tokens(&self) -> Tokens {
        let read = &self.cache_read_input_tokens;
        let written = &self.cache_creation_input_tokens;
        let flat = [&self.input_tokens, &self.output_tokens, read, written];
        tokens((flat, &self.cache_creation, &self.output_tokens_details))
    }
}

/// What a reading of a transcript knows beyond its lines.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// The folder that the file names first.
    cwd: Option<String>,
}

/// By what a response is known.
struct Identity<'a> {
    kind: &'static str,
    id: Cow<'a, str>,
    request: Option<&'a str>,
}

impl Identity<'_> {
    fn key(&self) -> Key {
        key(self.kind, &self.id, self.request)
    }

    /// A further call within it, at a place of its list.
    fn within(&self, place: usize) -> Key {
        key(self.kind, &format!("{}#{place}", self.id), self.request)
    }
}

/// Names that the line before had too, most of the time.
#[derive(Default)]
struct Names {
    model: Recent,
    session: Recent,
    project: Recent,
    branch: Recent,
}

#[derive(Default)]
struct Recent(Name);

impl Recent {
    fn get(&mut self, text: &str) -> Name {
        if *self.0 != *text {
            self.0 = text.into();
        }
        Arc::clone(&self.0)
    }
}

struct Transcript<'a> {
    file: LogFile<'a>,
    state: State,
    names: Names,
    taken: Taken,
}

impl Transcript<'_> {
    fn take(&mut self, offset: u64, line: &Line<'_>) {
        match line.kind.get() {
            Some("assistant") => self.respond(offset, line, line),
            Some("progress") => {
                let inner = line.data.0.as_ref().and_then(|data| data.message.0.as_deref());
                if let Some(inner) = inner.filter(|inner| inner.kind.get() == Some("assistant")) {
                    self.respond(offset, inner, line);
                }
            }
            _ => {}
        }
    }

    /// Takes the response of `line`; what it does not say itself, the line `around` it does.
    fn respond(&mut self, offset: u64, line: &Line<'_>, around: &Line<'_>) {
        let Some(message) = &line.message.0 else { return };
        let Some(usage) = &message.usage.0 else { return };
        if message.model.get() == Some(NOTICE) {
            return;
        }
        let Some(at) = line.timestamp.0.or(around.timestamp.0) else {
            self.taken.undated += 1;
            return;
        };
        let searches = usage.server_tool_use.0.as_ref();
        let project = either(&line.cwd, &around.cwd).or(self.state.cwd.as_deref());
        let session = either(&line.session_id, &around.session_id);
        let branch = either(&line.git_branch, &around.git_branch);
        let identity = self.identity(offset, line, message, around);
        let named = Response::of(
            identity.key(),
            at,
            self.names.model.get(message.model.get().unwrap_or("unknown")),
            self.names.session.get(session.unwrap_or_else(|| self.file.stem())),
            self.names.project.get(project.unwrap_or_default()),
            self.names.branch.get(branch.unwrap_or_default()),
        );
        let side_chain = line.is_sidechain.0 || around.is_sidechain.0;
        let named =
            Response { side_chain, in_us: usage.inference_geo.get() == Some("us"), ..named };
        for (place, call) in usage.advice() {
            self.taken.add(Response {
                key: identity.within(place),
                model: call.model.get().unwrap_or("unknown").into(),
                tokens: call.tokens(),
                speed: speed(&call.speed),
                ..named.clone()
            });
        }
        self.taken.add(Response {
            tokens: usage.tokens(),
            web_searches: searches.map_or(0, |searches| searches.web_search_requests.0),
            speed: speed(&usage.speed),
            logged_cost: line.cost.0,
            ..named
        });
    }

    /// Message and request; else the record's own id; else the place of the line.
    fn identity<'l>(
        &self,
        offset: u64,
        line: &'l Line<'_>,
        message: &'l Message<'_>,
        around: &'l Line<'_>,
    ) -> Identity<'l> {
        let (kind, id, request) = match message.id.get() {
            Some(id) => (ID, Cow::Borrowed(id), line.request_id.get()),
            None => match line.uuid.get().or(around.uuid.get()) {
                Some(uuid) => ("claude/uuid", Cow::Borrowed(uuid), None),
                None => {
                    let place = format!("{}:{offset}", self.file.leaf.path.display());
                    ("claude/line", Cow::Owned(place), None)
                }
            },
        };
        Identity { kind, id, request }
    }

    /// The folder of the transcripts of one project: its name is what is left of the project's path.
    fn slug(&self) -> &str {
        let mut parts = self.file.leaf.path.iter().rev();
        let mut inner = "";
        while let Some(part) = parts.next().and_then(|part| part.to_str()) {
            if part == "projects" {
                break;
            }
            inner = part;
        }
        inner
    }
}

impl Reading for Transcript<'_> {
    fn line(&mut self, offset: u64, line: &[u8]) {
        let mut scratch = String::new();
        match parse::<Line<'_>>(line, &mut scratch) {
            Some(line) => {
                if self.state.cwd.is_none() {
                    self.state.cwd = line.cwd.get().map(str::to_owned);
                }
                self.take(offset, &line);
            }
            None => self.taken.malformed += 1,
        }
    }

    fn state(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.state).ok()
    }

    fn finish(mut self: Box<Self>) -> Taken {
        let project: Name = self.state.cwd.as_deref().unwrap_or(self.slug()).into();
        for response in self.taken.responses.iter_mut().filter(|one| one.project.is_empty()) {
            response.project = Arc::clone(&project);
        }
        self.taken
    }
}

fn either<'a>(one: &'a Text<'_>, other: &'a Text<'_>) -> Option<&'a str> {
    one.get().or(other.get())
}
