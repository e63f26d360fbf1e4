//! What Claude Code tells its status line command: limits without a request, and the file in which they are kept.

use super::{identity, map::BUCKETS};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AccountKey, Amount, Coverage, Reading, Trouble, Window, gate::Cadence,
    settings::ProviderSettings,
};
use claudometer_host::{Host, paths::Paths};
use claudometer_provider::{
    Ask, FetchError, Fingerprint, Found, Report, Source, SourceSpec, json, lenient,
};
use futures::{FutureExt as _, future::BoxFuture};
use serde::{Deserialize, Serialize};
use std::{io, path::PathBuf};

/// Reset instants of one period differ by less than this between two answers.
const SAME_PERIOD: TimeDelta = TimeDelta::minutes(1);

/// One line of the bridge.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The model in use.
    pub model: Option<String>,
    /// The session that wrote it.
    pub session: Option<String>,
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
    value.is_object().then(|| Line {
        model: lenient::text(&value["model"]["display_name"])
            .or_else(|| lenient::text(&value["model"]["id"])),
        session: lenient::text(&value["session_id"]),
        cost: lenient::amount(&value["cost"]["total_cost_usd"]),
        windows: BUCKETS.iter().filter_map(|bucket| bucket.window(&value["rate_limits"])).collect(),
    })
}

/// What is kept of the lines: a reading, measured when its figures last moved, and the session that told it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    #[serde(default)]
    session: Option<String>,
    #[serde(flatten)]
    reading: Reading,
}

impl Record {
    /// Whether a line tells something newer. A session that has been idle repeats old figures whenever it redraws, so a
    /// line of another session counts only if a window moved on and none fell back.
    fn is_outdated_by(&self, line: &Line, now: DateTime<Utc>) -> bool {
        if line.session.is_some() && line.session == self.session {
            return line.windows != self.reading.windows;
        }
        let moves = || line.windows.iter().map(|window| self.movement(window, now));
        moves().any(|way| way > 0) && moves().all(|way| way >= 0)
    }

    /// 1 where a window moved on since it was recorded, -1 where it fell back, 0 where it stands.
    fn movement(&self, window: &Window, now: DateTime<Utc>) -> i8 {
        let Some(known) = self.reading.windows.iter().find(|known| known.id == window.id) else {
            return 1;
        };
        if known.resets_at.is_some_and(|at| at <= now) {
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

fn path(host: &Host, account: &AccountKey) -> PathBuf {
    Paths::of(&host.env).passive().join(format!("claude-{account}.json"))
}

fn recorded(host: &Host, account: &AccountKey) -> Option<Record> {
    serde_json::from_slice(&host.files.read(&path(host, account)).ok()??).ok()
}

/// Keeps what a line tells, if it is newer than what is kept, and gives back what is known now. Windows whose period has
/// ended are history, not news.
pub fn record(host: &Host, account: &AccountKey, line: &Line) -> io::Result<Reading> {
    let now = host.now();
    let current = |window: &Window| window.resets_at.is_none_or(|at| at > now);
    let line = Line {
        windows: line.windows.iter().filter(|w| current(w)).cloned().collect(),
        ..line.clone()
    };
    if line.windows.is_empty() {
        return Ok(line.reading(now));
    }
    match recorded(host, account) {
        Some(known) if !known.is_outdated_by(&line, now) => Ok(known.reading),
        _ => {
            let record = Record { reading: line.reading(now), session: line.session };
            host.files.write_private(&path(host, account), &serde_json::to_vec(&record)?)?;
            Ok(record.reading)
        }
    }
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
            let account = identity::account(host);
            let seat = identity::seat(account.as_ref());
            let place = host.tilde(&path(host, &seat.account));
            recorded(host, &seat.account)
                .map(|_| Found { seat, account, place, home: None })
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
            if !ask.host.files.is_file(&path) {
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
            let record = recorded(ask.host, &ask.seat.account).ok_or_else(|| {
                FetchError::local(Trouble::BadPayload, "What the status line told is not readable.")
            })?;
            Ok(Report::from(Reading { coverage: Coverage::Partial, ..record.reading }))
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
            (4, line("b", 41.0, reset), 41.0, 4),
            (5, line("c", 99.0, reset - 18_000), 41.0, 4),
            (61, line("a", 10.0, reset), 41.0, 4),
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
