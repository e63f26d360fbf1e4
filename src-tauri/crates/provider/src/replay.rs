//! Recorded answers, played along the very path that people get: discovery, source, mapper, merging, view.
//!
//! A provider says of a record which world it stands for: files, keys, answers, programs. Nothing here reads an answer, so
//! that a reader which only records reach cannot pass.

use crate::{
    DeviceLogin, FetchError, Found, GateBook, Provider,
    device::Progress,
    pipeline::{self, Errand},
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Account, AccountKey, Credits, Failure, Seat, SeatState, SourceId, Spend, Trouble, Window,
    settings::ProviderSettings,
};
use claudometer_host::{
    Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Request, Response},
    process::{Output, ProcessError, Session},
    secrets::Keep,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

/// The home folder of a replay.
const HOME: &str = "/home/replay";

/// One recorded answer.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// Its name in the index: `folder/file`.
    pub file: String,
    /// What would have been asked, in the index's words.
    pub request: String,
    /// The answer; status 0 where it did not come over HTTP.
    pub response: Response,
}

impl Recorded {
    /// The folder: which family of answers it belongs to.
    pub fn folder(&self) -> &str {
        self.file.split_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether the request holds these words.
    pub fn asks(&self, what: &str) -> bool {
        self.request.contains(what)
    }

    /// The path that was asked, without what precedes it.
    pub fn path(&self) -> &str {
        let address = self.request.split_whitespace().last().unwrap_or_default();
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..])
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.response.body).into_owned()
    }
}

/// What is added to an outcome: facts that no surface shows, taken from what was sent or from the reader that was used.
pub type Adds = fn(&Recorded, &Played) -> Map<String, Value>;

/// The world that a record stands for, made of a sealed machine on which nothing else is.
pub struct Stage {
    source: &'static str,
    variables: Vec<(String, String)>,
    files: Vec<(PathBuf, Vec<u8>)>,
    typed: Vec<(&'static str, String)>,
    items: Vec<(String, String, SecretString)>,
    answers: Vec<(String, Result<Response, HttpError>)>,
    programs: Vec<(&'static str, Vec<u8>)>,
    conversation: Option<Vec<u8>>,
    pictures: Vec<String>,
    status_line: Option<Vec<u8>>,
    signs_in: bool,
    adds: Option<Adds>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("source", &self.source).finish_non_exhaustive()
    }
}

/// The members of an object, for what is added to an outcome.
pub fn map(object: Value) -> Map<String, Value> {
    match object {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

/// A good answer of JSON.
pub fn good(body: &str) -> Response {
    Response { status: 200, headers: Vec::new(), body: body.into() }
}

impl Stage {
    /// Only this source of the provider may be used.
    pub const fn of(source: &'static str) -> Self {
        Self {
            source,
            variables: Vec::new(),
            files: Vec::new(),
            typed: Vec::new(),
            items: Vec::new(),
            answers: Vec::new(),
            programs: Vec::new(),
            conversation: None,
            pictures: Vec::new(),
            status_line: None,
            signs_in: false,
            adds: None,
        }
    }

    /// A call that no source of ours makes, with what its reader makes of the record: for a reference alone.
    pub fn reference(read: Adds) -> Self {
        Self { adds: Some(read), ..Self::of("") }
    }

    /// A source that is asked with a typed key, by whatever address.
    pub fn keyed(recorded: &Recorded) -> Self {
        let path = recorded.request.split_whitespace().last().filter(|word| word.starts_with('/'));
        Self::of("key").typed("key", "replayed-key").answer(path.unwrap_or(""), recorded)
    }

    /// A variable of the environment.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file, by its path below the home folder or an absolute one.
    #[must_use]
    pub fn file(mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.push((path.into(), bytes.into()));
        self
    }

    /// A secret that a person typed into a field.
    #[must_use]
    pub fn typed(mut self, field: &'static str, secret: &str) -> Self {
        self.typed.push((field, secret.to_owned()));
        self
    }

    /// An item that another program keeps in the keyring.
    #[must_use]
    pub fn item(mut self, service: &str, user: &str, secret: &str) -> Self {
        self.items.push((service.to_owned(), user.to_owned(), SecretString::from(secret)));
        self
    }

    /// The record answers requests whose address contains `part`. One without a status never came.
    #[must_use]
    pub fn answer(self, part: &str, recorded: &Recorded) -> Self {
        let missing = recorded.response.status == 0;
        let response =
            if missing { Err(HttpError::Timeout) } else { Ok(recorded.response.clone()) };
        self.answering(part, response)
    }

    /// Another answer to requests whose address contains `part`; of several that fit the first counts.
    #[must_use]
    pub fn answering(mut self, part: &str, response: Result<Response, HttpError>) -> Self {
        self.answers.push((part.to_owned(), response));
        self
    }

    /// A program, by the name of its file, and what it prints.
    #[must_use]
    pub fn program(mut self, name: &'static str, prints: &[u8]) -> Self {
        self.programs.push((name, prints.to_owned()));
        self
    }

    /// What a program says that is spoken with line by line.
    #[must_use]
    pub fn conversation(mut self, lines: &[u8]) -> Self {
        // A recording may have lost the end of its last line, which a living program always writes.
        self.conversation = Some([lines, b"\n"].concat());
        self
    }

    /// What a program draws: a picture, and after each word that is typed the next.
    #[must_use]
    pub fn pictures(mut self, pictures: &[&str]) -> Self {
        self.pictures = pictures.iter().map(|picture| (*picture).to_owned()).collect();
        self
    }

    /// What the assistant writes to its status line.
    #[must_use]
    pub fn status_line(mut self, input: &[u8]) -> Self {
        self.status_line = Some(input.to_owned());
        self
    }

    /// Signing in with a code: both steps are taken, and the one that the record answers is told.
    #[must_use]
    pub const fn signing_in(mut self) -> Self {
        self.signs_in = true;
        self
    }

    /// What is added to the outcome.
    #[must_use]
    pub const fn adding(mut self, adds: Adds) -> Self {
        self.adds = Some(adds);
        self
    }

    fn host(&self, real: &Host, asked: &Arc<Mutex<Vec<Request>>>) -> Host {
        let (answers, log) = (self.answers.clone(), Arc::clone(asked));
        let http = Http::recorded(move |request| {
            log.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
            let answer = answers.iter().find(|(part, _)| request.url.contains(part.as_str()));
            answer.map_or(Err(HttpError::Connect), |(_, response)| response.clone())
        });
        let (programs, lines) = (self.programs.clone(), self.conversation.clone());
        let pictures = self.pictures.clone();
        let processes = Processes::scripted(
            move |command| {
                let name = command.program.file_name().unwrap_or_default();
                let program = programs.iter().find(|(known, _)| *known == name);
                let (_, stdout) = program.ok_or(ProcessError::NotFound)?.clone();
                Ok(Output { code: Some(0), stdout, stderr: Vec::new() })
            },
            move |_| {
                let lines = lines.clone().ok_or(ProcessError::NotFound)?;
                Ok(Session::saying(lines))
            },
        );
        let processes =
            processes.drawing(move |_| (!pictures.is_empty()).then(|| pictures.clone()));
        Host {
            clock: real.clock.clone(),
            env: Environment::of(HOME, self.variables.clone()),
            files: Files::memory(),
            http,
            processes,
            secrets: Secrets::in_memory_with(self.items.clone()),
        }
    }
}

/// What became of a record.
#[derive(Debug)]
pub struct Played {
    /// The seat as every surface shows it.
    pub state: SeatState,
    /// The wait that the vendor asked for.
    pub wish: Option<TimeDelta>,
    /// What was sent.
    pub asked: Vec<Request>,
    signed_in: Option<Value>,
    adds: Option<Adds>,
}

impl Played {
    /// The value of a header that was sent to an address which contains `part`.
    pub fn sent(&self, part: &str, header: &str) -> Option<String> {
        let request = self.asked.iter().find(|request| request.url.contains(part))?;
        request.sent(header).map(str::to_owned)
    }

    /// Whether the seat's trouble is this one.
    pub fn has(&self, trouble: Trouble) -> bool {
        self.state.failure.as_ref().is_some_and(|failure| failure.trouble == trouble)
    }
}

/// Plays a record: every step is the one that a running program takes.
pub async fn play(
    provider: &'static Provider,
    stage: Stage,
    recorded: &Recorded,
    real: &Host,
) -> Played {
    let asked: Arc<Mutex<Vec<Request>>> = Arc::default();
    let host = stage.host(real, &asked);
    let now = host.now();
    for (path, bytes) in &stage.files {
        // Files of a sealed machine are in memory, which has room.
        host.files.place(&host.home().join(path), bytes, now).unwrap_or_default();
    }
    for (field, secret) in &stage.typed {
        let kept = SecretString::from(secret.clone());
        host.secrets
            .set(&provider.secret_key(field), kept, Keep::Session)
            .await
            .unwrap_or_default();
    }
    if stage.source.is_empty() {
        let signed_in = match provider.device.filter(|_| stage.signs_in) {
            Some(device) => Some(signing_in(device, recorded, &host).await),
            None => None,
        };
        let (state, adds) = (state(provider, None), stage.adds);
        return Played { state, wish: None, asked: Vec::new(), signed_in, adds };
    }
    let source = SourceId::new(stage.source);
    let settings = ProviderSettings { source: Some(source.clone()), ..ProviderSettings::default() };
    let arrived = stage
        .status_line
        .as_deref()
        .zip(provider.bridge)
        .map(|(input, bridge)| bridge.receive(&host, input));
    let found = pipeline::discover(provider, &settings, &host).await.into_iter().next();
    let mut state = state(provider, found.as_ref());
    let book = GateBook::in_memory();
    match (&found, arrived) {
        (Some(found), _) => {
            let fresh_for = TimeDelta::zero();
            let errand = Errand {
                provider,
                found,
                settings: &settings,
                host: &host,
                book: &book,
                fresh_for,
            };
            let poll = pipeline::poll(errand).await.poll;
            let failure = poll.failure().cloned();
            for (source, reading) in poll.readings {
                state.observe(reading, &source, now);
            }
            if let Some(failure) = failure {
                state.fail(failure);
            }
        }
        // A line that tells no limit is no trouble, and leaves no seat where there was none.
        (None, Some(Some(_))) => {}
        (None, Some(None)) => state.fail(nothing(Trouble::BadPayload, &source, now)),
        // Who only reads a file of this machine has nothing to sign in to.
        (None, None) => {
            let passive = provider.source(&source).is_some_and(|source| source.spec().passive);
            let trouble = if passive { Trouble::NoData } else { Trouble::AuthMissing };
            state.fail(nothing(trouble, &source, now));
        }
    }
    let wish = book.gates().iter().find_map(|(_, gate)| gate.wish_s).map(TimeDelta::seconds);
    let asked = asked.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Played { state, wish, asked, signed_in: None, adds: stage.adds }
}

/// How signing in with a code goes, in the notation of the fixtures' index.
async fn signing_in(device: DeviceLogin, recorded: &Recorded, host: &Host) -> Value {
    let code = match device.begin(host).await {
        Ok(code) => code,
        Err(error) => return of_error(&error),
    };
    if device.code_url.ends_with(recorded.path()) {
        return json!({
            "ok": true, "user_code": code.user_code, "interval_s": code.interval.as_secs(),
            "expires_in_s": code.lifetime.as_secs(),
        });
    }
    match device.look(&code, host).await {
        Ok(Progress::Granted(token)) => json!({"ok": true, "token": token.expose_secret()}),
        Ok(Progress::Pending(interval)) => {
            let interval = interval.map(|wait| wait.as_secs());
            json!({"ok": true, "pending": true, "interval_s": interval})
        }
        Err(error) => of_error(&error),
    }
}

/// A failure of a step that is no poll.
pub fn of_error(error: &FetchError) -> Value {
    json!({
        "ok": false, "error": error.trouble.code(), "terminal": error.trouble.waits_for_credential(),
        "retry_after_s": error.retry_after.map(|wait| wait.num_seconds()), "keep_last_good": true,
    })
}

fn state(provider: &Provider, found: Option<&Found>) -> SeatState {
    let nobody = || Seat { provider: provider.id.clone(), account: AccountKey::new("default") };
    let seat = found.map_or_else(nobody, |found| found.seat.clone());
    let account = found.and_then(|found| found.account.clone());
    SeatState { account, ..SeatState::unknown(seat, provider.info()) }
}

fn nothing(trouble: Trouble, source: &SourceId, now: DateTime<Utc>) -> Failure {
    Failure {
        trouble,
        source: Some(source.clone()),
        detail: "No account was found.".to_owned(),
        remedy: String::new(),
        since: now,
        at: now,
        shape: None,
    }
}

/// What is shown, in the notation of the fixtures' index.
pub fn outcome(recorded: &Recorded, played: &Played) -> Value {
    if let Some(steps) = &played.signed_in {
        return steps.clone();
    }
    let state = &played.state;
    let mut outcome = Map::new();
    if let Some(failure) = &state.failure {
        outcome.insert("ok".into(), json!(false));
        outcome.insert("error".into(), json!(failure.trouble.code()));
        outcome.insert("detail".into(), json!(failure.detail));
        outcome.insert("retry_after_s".into(), json!(played.wish.map(|wait| wait.num_seconds())));
        // Numbers always stay: a failure has nowhere to erase them from.
        outcome.insert("keep_last_good".into(), json!(true));
        outcome.insert("terminal".into(), json!(failure.trouble.waits_for_credential()));
    } else {
        outcome.insert("ok".into(), json!(true));
        outcome.insert("plan".into(), json!(state.plan));
        outcome.insert("account".into(), state.account.as_ref().map_or(Value::Null, of_account));
        let windows = || state.windows.iter().map(|seen| &seen.value);
        outcome.insert("windows".into(), windows().map(of_window).collect());
        let unlimited = windows().filter(|window| window.unlimited);
        outcome.insert("unlimited".into(), unlimited.map(|window| json!(window.id)).collect());
        outcome.insert("limit_reached".into(), json!(state.limit_reached));
        let resets = state.reset_credits.as_ref().map(|seen| seen.value.left);
        outcome.insert("reset_credits_available".into(), json!(resets));
        outcome.insert("as_of".into(), json!(state.last_good.as_ref().map(|good| good.at)));
        let credits: Vec<&Credits> = state.credits.iter().map(|seen| &seen.value).collect();
        let own = credits.iter().find(|it| it.name.is_none());
        let own = own.or_else(|| credits.iter().find(|it| it.balance.is_some()));
        outcome.insert("credits".into(), json!(own.map(|credits| of_credits(credits))));
        let used = credits.iter().find_map(|credits| credits.used);
        outcome
            .insert("credits_used".into(), json!(used.map(claudometer_core::Amount::approximate)));
        outcome.insert("extra_balances".into(), extra(&credits));
        let spend = state.spend.as_ref().map(|seen| of_spend(&seen.value));
        outcome.insert("spend".into(), json!(spend));
    }
    if let Some(adds) = played.adds {
        outcome.extend(adds(recorded, played));
    }
    Value::Object(outcome)
}

fn of_window(window: &Window) -> Value {
    json!({
        "id": window.id, "kind": window.kind, "used": window.used, "resets_at": window.resets_at,
        "minutes": window.minutes, "scope": window.scope,
    })
}

fn of_credits(credits: &Credits) -> Value {
    json!({
        "balance": credits.balance, "unit": credits.unit, "unlimited": credits.unlimited,
        "expires_at": credits.expires_at,
    })
}

fn of_spend(spend: &Spend) -> Value {
    json!({
        "used": spend.used, "limit": spend.limit, "currency": spend.currency,
        "used_percent": spend.used_percent, "resets_at": spend.resets_at,
    })
}

/// Balances beside the first one, by their name, or by their unit where they have none.
fn extra(credits: &[&Credits]) -> Value {
    let rest =
        credits.iter().enumerate().filter(|(nth, credits)| *nth > 0 || credits.name.is_some());
    let named = rest.filter_map(|(_, credits)| {
        let unit = || credits.unit.to_string().to_uppercase();
        Some((credits.name.clone().unwrap_or_else(unit), json!(credits.balance?.fixed(2))))
    });
    Value::Object(named.collect())
}

/// Whose it is.
pub fn of_account(account: &Account) -> Value {
    json!({"id": account.id, "email": account.email, "org": account.org, "org_id": account.org_id})
}
