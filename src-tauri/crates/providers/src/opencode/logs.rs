//! The messages that OpenCode keeps, and Kilo after it: in databases, one a channel, and in files of an older store.

use claudometer_core::{
    Response, Tokens,
    response::{Copies, Key, Name, Reader},
};
use claudometer_host::{
    Host,
    sqlite::{Database, Row},
};
use claudometer_scan::{
    Count, Form, LogFile, LogSource, Map, Needles, Reading, Taken, Text, hash,
    lenient::{Decimal, Instant},
    parse,
};
use serde::{Deserialize, Serialize};
use std::{
    io,
    path::{Path, PathBuf},
};

static ALL: Needles = Needles::ALL;

/// The messages of a program that keeps them like this.
#[derive(Debug)]
pub(crate) struct Logs {
    id: &'static str,
    name: &'static str,
    /// Its folder below that of programs' data.
    folder: &'static str,
    /// What names the folder otherwise, and a database.
    variables: [&'static str; 2],
}

/// Those of OpenCode.
pub(crate) static LOGS: Logs = Logs {
    id: "opencode",
    name: "OpenCode",
    folder: "opencode",
    variables: ["OPENCODE_DATA_DIR", "OPENCODE_DB"],
};

/// Those of Kilo.
pub(crate) static KILO: Logs =
    Logs { id: "kilo", name: "Kilo", folder: "kilo", variables: ["KILO_DATA_DIR", "KILO_DB"] };

impl Logs {
    fn folder(&self, host: &Host) -> PathBuf {
        let given = host.env.get(self.variables[0]).map(PathBuf::from);
        given.unwrap_or_else(|| host.folder("XDG_DATA_HOME", ".local/share").join(self.folder))
    }
}

impl LogSource for Logs {
    fn id(&self) -> &'static str {
        self.id
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn reader(&self) -> Reader {
        Reader::SECOND
    }

    fn places(&self, host: &Host) -> Vec<PathBuf> {
        let folder = self.folder(host);
        let entries = host.files.list(&folder).into_iter().filter(|entry| !entry.is_folder);
        let own = entries.map(|entry| entry.path).filter(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with(self.folder) && path.extension().is_some_and(|end| end == "db")
        });
        let given = host.env.get(self.variables[1]).map(|path| folder.join(path));
        own.chain(given).chain([folder.join("storage/message")]).collect()
    }

    fn form(&self, path: &Path) -> Option<Form> {
        match path.extension()?.to_str()? {
            // One that is named outright may be called otherwise than the program itself would.
            "db" | "db3" | "sqlite" | "sqlite3" => Some(Form::Database),
            "json" => Some(Form::Whole),
            _ => None,
        }
    }

    fn needles(&self) -> &Needles {
        &ALL
    }

    fn open<'a>(&'a self, file: LogFile<'a>, state: Option<&[u8]>) -> Box<dyn Reading + 'a> {
        let state = state.and_then(|state| serde_json::from_slice(state).ok()).unwrap_or_default();
        Box::new(Messages { logs: self, file, state, taken: Taken::default() })
    }
}

/// A message, in either generation.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default, rename = "sessionID")]
    session: Text<'a>,
    #[serde(borrow, default)]
    role: Text<'a>,
    #[serde(borrow, default, rename = "modelID")]
    model_id: Text<'a>,
    #[serde(borrow, default, rename = "providerID")]
    provider_id: Text<'a>,
    #[serde(borrow, default)]
    model: Map<Model<'a>>,
    #[serde(borrow, default)]
    path: Map<Folder<'a>>,
    #[serde(default)]
    time: Map<Time>,
    #[serde(default)]
    cost: Decimal,
    #[serde(default)]
    tokens: Map<Counters>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default, rename = "providerID")]
    provider_id: Text<'a>,
}

#[derive(Deserialize)]
struct Folder<'a> {
    #[serde(borrow, default)]
    cwd: Text<'a>,
}

#[derive(Deserialize)]
struct Time {
    #[serde(default)]
    created: Instant,
}

#[derive(Deserialize)]
struct Counters {
    #[serde(default)]
    input: Count,
    #[serde(default)]
    output: Count,
    #[serde(default)]
    reasoning: Count,
    #[serde(default)]
    cache: Map<Cache>,
}

#[derive(Deserialize)]
struct Cache {
    #[serde(default)]
    read: Count,
    #[serde(default)]
    write: Count,
}

impl Counters {
    /// Reasoning stands beside the output, and the cache beside the input.
    fn tokens(&self) -> Tokens {
        let cache =
            |part: fn(&Cache) -> Count| self.cache.0.as_ref().map_or(0, |cache| part(cache).0);
        Tokens {
            input: self.input.0,
            output: self.output.0.saturating_add(self.reasoning.0),
            reasoning: self.reasoning.0,
            cache_read: cache(|cache| cache.read),
            cache_write_5m: cache(|cache| cache.write),
            cache_write_1h: 0,
        }
    }
}

/// What stands around a message.
#[derive(Default)]
struct Around {
    id: String,
    session: String,
    directory: Option<String>,
    /// When the session began, in milliseconds since 1970.
    session_ms: Option<i64>,
    created_ms: Option<i64>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    /// The newest change that was read of the first generation's rows, in milliseconds since 1970.
    #[serde(default)]
    changed_ms: i64,
    /// The same of the second generation's.
    #[serde(default)]
    second_changed_ms: i64,
}

struct Messages<'a> {
    logs: &'a Logs,
    file: LogFile<'a>,
    state: State,
    taken: Taken,
}

impl Messages<'_> {
    fn take(&mut self, message: &Message<'_>, around: &Around) {
        let Some(counters) = &message.tokens.0 else { return };
        let created = message.time.0.as_ref().and_then(|time| time.created.0);
        let row = || chrono::DateTime::from_timestamp_millis(around.created_ms?);
        let Some(at) = created.or_else(row) else {
            self.taken.undated += 1;
            return;
        };
        let nested = message.model.0.as_ref();
        let text = |own: &Text<'_>, nested: Option<&Text<'_>>| {
            own.get().or_else(|| nested?.get()).unwrap_or("unknown").to_owned()
        };
        let model = text(&message.model_id, nested.map(|model| &model.id));
        let provider = text(&message.provider_id, nested.map(|model| &model.provider_id));
        let created_ms = at.timestamp_millis();
        // A fork copies a message under another id, with the same times.
        let moment = hash(&[self.logs.id, &model, &provider, &created_ms.to_string()]);
        let id = message.id.get().unwrap_or(&around.id);
        let project = message.path.0.as_ref().and_then(|path| path.cwd.get());
        let project: Name = around.directory.as_deref().or(project).unwrap_or_default().into();
        self.taken.add(Response {
            rank: around.session_ms.unwrap_or(created_ms),
            model: model.into(),
            session: message.session.get().unwrap_or(&around.session).into(),
            project,
            tokens: counters.tokens(),
            // Nothing means that nobody priced it: plans do not.
            logged_cost: message.cost.0.filter(|cost| !cost.is_zero()),
            copies: Copies::ByEquality,
            ..Response::new(Key { message: moment, request: hash(&[id]) }, at)
        });
    }

    fn row(&mut self, row: &Row<'_>, generation: Generation) {
        let around = Around {
            id: row.text(0).unwrap_or_default(),
            session: row.text(1).unwrap_or_default(),
            created_ms: row.integer(2),
            directory: row.text(5),
            session_ms: row.integer(6),
        };
        let changed = match generation {
            Generation::First => &mut self.state.changed_ms,
            Generation::Second => &mut self.state.second_changed_ms,
        };
        *changed = row.integer(3).unwrap_or_default().max(*changed);
        let Some(data) = row.text(4) else { return };
        let mut scratch = String::new();
        match parse::<Message<'_>>(data.as_bytes(), &mut scratch) {
            // The second generation says in a column what a row is.
            Some(message)
                if generation == Generation::Second || message.role.get() == Some("assistant") =>
            {
                self.take(&message, &around);
            }
            Some(_) => {}
            None => self.taken.malformed += 1,
        }
    }
}

/// Of which release a table is. The newer one holds what was migrated, too, but the older one grows on when a person goes
/// back to the older release: a message counts by its id, whichever holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    First,
    Second,
}

/// Rows that changed since, with their sessions where a table of these tells more; `None` where there is no such table. A
/// compaction is a request of its own.
fn query(database: &Database, generation: Generation) -> io::Result<Option<String>> {
    let (messages, only) = match generation {
        Generation::First => ("message", ""),
        Generation::Second => ("session_message", "AND m.type IN ('assistant', 'compaction')"),
    };
    if database.columns(messages)?.is_empty() {
        return Ok(None);
    }
    let (mut joins, mut directory, mut began) = (Vec::new(), Vec::new(), Vec::new());
    for (sessions, name) in [("session_v2", "s2"), ("session", "s1")] {
        let columns = database.columns(sessions)?;
        let has = |column: &str| columns.iter().any(|name| name == column);
        if has("id") {
            joins.push(format!("LEFT JOIN {sessions} {name} ON {name}.id = m.session_id"));
            directory.extend(has("directory").then(|| format!("{name}.directory, ")));
            began.extend(has("time_created").then(|| format!("{name}.time_created, ")));
        }
    }
    let (joins, directory, began) = (joins.join(" "), directory.concat(), began.concat());
    Ok(Some(format!(
        "SELECT m.id, m.session_id, m.time_created, m.time_updated, m.data, coalesce({directory}NULL, NULL), coalesce({began}NULL, NULL) FROM {messages} m {joins} WHERE m.time_updated >= ?1 {only}"
    )))
}

impl Reading for Messages<'_> {
    fn whole(&mut self, document: &[u8]) {
        let mut scratch = String::new();
        match parse::<Message<'_>>(document, &mut scratch) {
            Some(message) if message.role.get() == Some("assistant") => {
                let around = Around { id: self.file.stem().to_owned(), ..Around::default() };
                self.take(&message, &around);
            }
            Some(_) => {}
            None => self.taken.malformed += u64::from(!document.trim_ascii().is_empty()),
        }
    }

    fn database(&mut self) -> io::Result<()> {
        let files = self.file.host.files.clone();
        files.database(&self.file.leaf.path, &mut |database| {
            for (generation, since) in [
                (Generation::First, self.state.changed_ms),
                (Generation::Second, self.state.second_changed_ms),
            ] {
                if let Some(query) = query(database, generation)? {
                    database.rows(&query, &[since], &mut |row| self.row(row, generation))?;
                }
            }
            Ok(())
        })
    }

    fn state(&self) -> Option<Vec<u8>> {
        serde_json::to_vec(&self.state).ok()
    }

    fn finish(self: Box<Self>) -> Taken {
        self.taken
    }
}
