//! What Claude Code tells its status line command: limits without a request, and the files in which they are kept.
//!
//! A line belongs to the account under which its session began. Within one period figures never go back: a session that
//! has been idle repeats what it was told long ago.

use super::{identity, map::BUCKETS, whose};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AccountKey, Allowance, Amount, Coverage, Reading, Scope, Trouble, Window, WindowKind,
    gate::Cadence, settings::ProviderSettings,
};
use claudometer_host::{Host, paths::Paths};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, draft, json, lenient,
    owners::Owners,
};
use futures::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, io, path::PathBuf};

/// Reset instants of one period differ by less than this between two answers.
const SAME_PERIOD: TimeDelta = TimeDelta::minutes(1);
/// Sessions whose last line is remembered, at most.
const MOST_SESSIONS: usize = 16;

/// One line of the bridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The model in use.
    pub model: Option<String>,
    /// The session that wrote it.
    pub session: Option<String>,
    /// For how long the session has run.
    pub age: Option<TimeDelta>,
    /// What the session cost so far, in US dollars.
    pub cost: Option<Amount>,
    /// Windows; empty before the first answer of the vendor, and with an API key.
    pub windows: Vec<Window>,
}

impl Line {
    /// The reading of a line that arrived at `at`.
    pub fn reading(&self, at: DateTime<Utc>) -> Reading {
        Reading {
            windows: self.windows.clone(),
            as_of: Some(at),
            ..Reading::empty(Coverage::Partial)
        }
    }
}

/// Reads what Claude Code writes to its status line command; `None` where it is no JSON object.
pub fn read(input: &[u8]) -> Option<Line> {
    let value = json::read(input).ok()?;
    let limits = &value["rate_limits"];
    let age = lenient::number(&value["cost"]["total_duration_ms"]).filter(|age| *age >= 0.0);
    value.is_object().then(|| Line {
        model: lenient::text(&value["model"]["display_name"])
            .or_else(|| lenient::text(&value["model"]["id"])),
        session: lenient::text(&value["session_id"]),
        age: age.map(|age| TimeDelta::milliseconds(age.min(1e12) as i64)),
        cost: lenient::amount(&value["cost"]["total_cost_usd"]),
        windows: BUCKETS
            .iter()
            .filter_map(|bucket| bucket.window(limits))
            .chain(spend_limit(&limits["spend_limit"]))
            .collect(),
    })
}

/// The spend limit that a gateway of a company sets; it may be passed.
fn spend_limit(value: &Value) -> Option<Window> {
    let allowance = Allowance::used_percent(lenient::number(&value["used_percentage"]));
    let scope = Scope { pool: Some("Spend".to_owned()), ..Scope::default() };
    let resets_at = lenient::instant(&value["resets_at"]);
    let window = draft::window("spend-limit", WindowKind::Other, allowance, resets_at)?;
    Some(window.scoped(scope)).filter(|window| window.tells() || resets_at.is_some())
}

/// What is kept of the lines of one account: a reading, measured when its figures last moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    /// The session that told it.
    #[serde(default)]
    session: Option<String>,
    /// What each session told last, by its id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    sessions: BTreeMap<String, Said>,
    #[serde(flatten)]
    reading: Reading,
}

/// What a session told last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    at: DateTime<Utc>,
    windows: Vec<Window>,
    /// Whether it was told less than what was known then: a fall that waits to be confirmed.
    #[serde(default)]
    fell: bool,
}

impl Record {
    /// Takes in a line. What falls back is believed once a session that has moved on says it again.
    fn take(&mut self, line: &Line, now: DateTime<Utc>) {
        let id = line.session.clone().unwrap_or_default();
        let before = self.sessions.get(&id).cloned();
        let ways: Vec<i8> = line.windows.iter().map(|window| self.movement(window, now)).collect();
        let falls = ways.iter().any(|way| *way < 0);
        let is_alive = before.as_ref().is_some_and(|before| moved(&before.windows, &line.windows))
            || (line.session.is_some() && line.session == self.session);
        let confirmed = falls && before.as_ref().is_some_and(|before| before.fell);
        let news = if falls { confirmed } else { ways.iter().any(|way| *way > 0) };
        let said =
            Said { at: now, windows: line.windows.clone(), fell: falls && is_alive && !confirmed };
        if news {
            let known = std::mem::take(&mut self.reading.windows);
            let kept = known.into_iter().filter(|known| {
                line.windows.iter().all(|window| window.id != known.id) && is_current(known, now)
            });
            let windows = line.windows.iter().cloned().chain(kept).collect();
            self.session.clone_from(&line.session);
            self.reading = Reading { windows, ..line.reading(now) };
        }
        self.sessions.insert(id, said);
        while self.sessions.len() > MOST_SESSIONS {
            let oldest = self.sessions.iter().min_by_key(|(_, said)| said.at);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else { return };
            self.sessions.remove(&oldest);
        }
    }

    /// 1 where a window moved on since it was recorded, -1 where it fell back, 0 where it stands.
    fn movement(&self, window: &Window, now: DateTime<Utc>) -> i8 {
        let Some(known) = self.reading.windows.iter().find(|known| known.id == window.id) else {
            return 1;
        };
        if !is_current(known, now) {
            return 1;
        }
        if let (Some(before), Some(after)) = (known.resets_at, window.resets_at)
            && (after - before).abs() > SAME_PERIOD
        {
            return if after > before { 1 } else { -1 };
        }
        match (known.used, window.used) {
            (Some(before), Some(after)) if after > before => 1,
            (None, Some(_)) => 1,
            (Some(before), Some(after)) if after < before => -1,
            (Some(_), None) => -1,
            _ => 0,
        }
    }
}

/// Whether a session was told something else than before: an idle one only repeats itself.
fn moved(before: &[Window], after: &[Window]) -> bool {
    let is_same = |before: &Window, after: &Window| {
        let ends = before.resets_at.zip(after.resets_at);
        before.id == after.id
            && before.used == after.used
            && ends.is_none_or(|(before, after)| (after - before).abs() <= SAME_PERIOD)
    };
    before.len() != after.len() || before.iter().zip(after).any(|(a, b)| !is_same(a, b))
}

/// Whether a window's period has not ended.
fn is_current(window: &Window, now: DateTime<Utc>) -> bool {
    window.resets_at.is_none_or(|at| at > now)
}

fn path(host: &Host, account: &AccountKey) -> PathBuf {
    Paths::of(&host.env).passive().join(format!("claude-{account}.json"))
}

fn owners_path(host: &Host) -> PathBuf {
    Paths::of(&host.env).state.join("claude-sessions.json")
}

/// What is kept of an account, also under the key that it had in an earlier release.
fn recorded(host: &Host, account: &AccountKey) -> Option<Record> {
    let read = |key: &AccountKey| -> Option<Record> {
        serde_json::from_slice(&host.files.read(&path(host, key)).ok()??).ok()
    };
    read(account).or_else(|| {
        let current = whose::current_in_files(host);
        let is_current = identity::seat(current.as_ref()).account == *account;
        let former = identity::former_keys(current.as_ref());
        read(former.first()?).filter(|_| is_current)
    })
}

/// Whose a line is; `None` where nobody can tell.
pub fn owner(host: &Host, line: &Line) -> Option<AccountKey> {
    let now = host.now();
    let path = owners_path(host);
    let before = Owners::load(host, &path);
    let mut owners = before.clone();
    let current = identity::seat(whose::current_in_files(host).as_ref()).account;
    owners.see(&current, None, now);
    let owner = match &line.session {
        Some(session) => owners.of(session, line.age.map(|age| now - age), now),
        None => Some(current),
    };
    owners.keep(&before, host, &path);
    owner
}

/// Keeps what a line tells, if it is newer than what is kept of the account, and gives back what is known of it now.
/// Windows whose period has ended are history, not news.
pub fn record(host: &Host, account: &AccountKey, line: &Line) -> io::Result<Reading> {
    let now = host.now();
    let windows = line.windows.iter().filter(|window| is_current(window, now));
    let line = Line { windows: windows.cloned().collect(), ..line.clone() };
    let known = recorded(host, account);
    if line.windows.is_empty() {
        return Ok(known.map_or_else(|| line.reading(now), |known| current_part(known, now)));
    }
    let mut record = known.unwrap_or_else(|| Record {
        session: None,
        sessions: BTreeMap::new(),
        reading: Reading::empty(Coverage::Partial),
    });
    record.take(&line, now);
    host.files.write_private(&path(host, account), &serde_json::to_vec(&record)?)?;
    Ok(current_part(record, now))
}

/// What of a record is not history yet.
fn current_part(record: Record, now: DateTime<Utc>) -> Reading {
    let mut reading = Reading { coverage: Coverage::Partial, ..record.reading };
    reading.windows.retain(|window| is_current(window, now));
    reading
}

/// The passive source over the kept lines.
#[derive(Debug)]
pub struct StatusLine;

static SPEC: SourceSpec = SourceSpec {
    id: "statusline",
    label: "Claude Code's status line",
    reads: "The limits that Claude Code hands to its status line command, kept in Claudometer's own state folder; only after you install the bridge.",
    sends: "",
    cadence: Cadence { normal_s: 60, floor_s: 0 },
    passive: true,
    opt_in: false,
};

impl Source for StatusLine {
    fn spec(&self) -> &'static SourceSpec {
        &SPEC
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            let account = whose::current(host).await;
            let seat = identity::seat(account.as_ref());
            let place = host.tilde(&path(host, &seat.account));
            let formerly = identity::former_keys(account.as_ref());
            recorded(host, &seat.account)
                .map(|_| Found { account, formerly, ..Found::at(seat, place) })
                .into_iter()
                .collect()
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        vec![Paths::of(&host.env).passive()]
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move {
            let path = path(ask.host, &ask.seat.account);
            if recorded(ask.host, &ask.seat.account).is_none() {
                return Err(FetchError::local(
                    Trouble::AuthMissing,
                    "Claude Code's status line has told nothing yet.",
                ));
            }
            Ok(Fingerprint::of_name(&path.display().to_string()))
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        async move {
            let nothing = || {
                FetchError::local(
                    Trouble::NoData,
                    "Claude Code's status line tells nothing current.",
                )
            };
            let record = recorded(ask.host, &ask.seat.account).ok_or_else(nothing)?;
            let reading = current_part(record, ask.host.now());
            if reading.windows.is_empty() { Err(nothing()) } else { Ok(Report::from(reading)) }
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const DEFAULT: AccountKey = AccountKey::new("default");

    fn line(session: &str, used: f64, resets_at: i64) -> Line {
        let told = json!({"session_id": session, "model": {"id": "x"}, "cost": {"total_cost_usd": 0.0125}, "rate_limits": {"five_hour": {"used_percentage": used, "resets_at": resets_at}}});
        read(told.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn an_idle_session_that_repeats_old_figures_does_not_replace_newer_ones() {
        let begin = 1_789_473_600_i64;
        let host = crate::claude::testing::host();
        let reset = begin + 3_600;
        for (minute, given, want_used, want_minute) in [
            (0, line("a", 10.0, reset), 10.0, 0),
            (1, line("b", 42.0, reset), 42.0, 1),
            (2, line("a", 10.0, reset + 1), 42.0, 1),
            (3, line("b", 42.0, reset), 42.0, 1),
            (4, line("b", 41.0, reset), 42.0, 1),
            (5, line("b", 43.0, reset), 43.0, 5),
            (6, line("c", 99.0, reset - 18_000), 43.0, 5),
            (7, line("b", 2.0, reset), 43.0, 5),
            (8, line("a", 10.0, reset), 43.0, 5),
            (9, line("b", 2.0, reset), 2.0, 9),
            (61, line("a", 10.0, reset), 2.0, 9),
            (62, line("a", 1.0, reset + 18_000), 1.0, 62),
            (63, line("c", 99.0, reset), 1.0, 62),
        ] {
            let at = |minute: i64| DateTime::from_timestamp(begin + minute * 60, 0).unwrap();
            host.clock.set(at(minute));
            record(&host, &DEFAULT, &given).unwrap();
            let kept = recorded(&host, &DEFAULT).unwrap();
            let used = kept.reading.windows[0].used.unwrap().get();
            assert_eq!(
                (used, kept.reading.as_of),
                (want_used, Some(at(want_minute))),
                "minute {minute}"
            );
        }
    }

    #[test]
    fn input_that_is_no_status_is_refused_and_one_without_limits_is_empty() {
        for input in ["", "hello", "[]", "null", "{\"cut\":"] {
            assert_eq!(read(input.as_bytes()), None, "{input}");
        }
        let line = read(
            br#"{"model":{"display_name":"Haiku"},"rate_limits":{"five_hour":null,"seven_day":7}}"#,
        )
        .unwrap();
        assert_eq!((line.model.as_deref(), line.windows.len()), (Some("Haiku"), 0));
    }
}
