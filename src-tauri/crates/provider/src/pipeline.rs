//! The one pipeline: which seats there are, and asking a seat's sources in order. No provider writes its own.

use crate::{Ask, FetchError, Found, GateBook, Organization, Provider, Report, Source, homes};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Attempt, AttemptResult, Failure, Poll, Reading, Skip, SourceId, Trouble,
    gate::Verdict,
    settings::{ProviderSettings, TIMEOUT_RANGE_S},
};
use claudometer_host::Host;
use std::time::Duration;

/// A seat's poll ends within a minute whatever its sources do; each source has its share of it, or less where the person
/// says so.
fn time_of_a_source(settings: &ProviderSettings) -> Duration {
    let seconds = settings.timeout_seconds.unwrap_or(*TIMEOUT_RANGE_S.end());
    Duration::from_secs(seconds.clamp(*TIMEOUT_RANGE_S.start(), *TIMEOUT_RANGE_S.end()).into())
}

/// Every seat of a provider that a source it may use could answer for, each once, in the order of its sources.
pub async fn discover(provider: &Provider, settings: &ProviderSettings, host: &Host) -> Vec<Found> {
    let mut seats: Vec<Found> = Vec::new();
    for (home, world) in homes::worlds(provider, settings, host) {
        for source in provider.sources.iter().filter(|source| source.allowed(settings)) {
            for found in source.discover(settings, &world).await {
                let found = homes::settle(found, home.as_ref());
                if !homes::reads(provider, &found, source.spec().id) {
                    continue;
                }
                match seats.iter_mut().find(|known| known.seat == found.seat) {
                    Some(known) => known.account = known.account.take().or(found.account),
                    None => seats.push(found),
                }
            }
        }
    }
    seats
}

/// What asking one seat brought, and the organisations that its login opens.
#[derive(Debug)]
pub struct Pass {
    /// Readings, attempts, failure.
    pub poll: Poll,
    /// Organisations to choose from, where a source told.
    pub organizations: Vec<Organization>,
}

/// What the pipeline is asked.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// The provider.
    pub provider: &'static Provider,
    /// The seat, with what is known of its account without asking.
    pub found: &'a Found,
    /// The person's choices.
    pub settings: &'a ProviderSettings,
    /// The world.
    pub host: &'a Host,
    /// Gates.
    pub book: &'a GateBook,
    /// A passive reading younger than this makes asking needless.
    pub fresh_for: TimeDelta,
}

impl Errand<'_> {
    /// The world as it is for the home that the seat belongs to.
    fn world(&self) -> Host {
        homes::world_of(self.provider, self.found, self.host).unwrap_or_else(|| self.host.clone())
    }
}

/// Reads what lies on this machine; asks a vendor only if that is too old, source by source until one answers.
pub async fn poll(errand: Errand<'_>) -> Pass {
    let world = errand.world();
    let errand = Errand { host: &world, ..errand };
    let mut pass = Progress::new(errand.host.now());
    let (passive, asking): (Vec<_>, Vec<_>) =
        sources(&errand).partition(|source| source.spec().passive);
    for source in passive {
        pass.try_source(source, &errand, false).await;
    }
    let fresh_since = pass.now - errand.fresh_for;
    if !pass.told_since(fresh_since) {
        for source in asking {
            if pass.try_source(source, &errand, true).await {
                break;
            }
        }
    }
    pass.finish(&errand)
}

/// Only what lies on this machine, for when a log or a status line has changed.
pub async fn look(errand: Errand<'_>) -> Vec<(SourceId, Reading)> {
    let world = errand.world();
    let errand = Errand { host: &world, ..errand };
    let mut pass = Progress::new(errand.host.now());
    for source in sources(&errand).filter(|source| source.spec().passive) {
        pass.try_source(source, &errand, false).await;
    }
    pass.readings
}

/// What lies on this machine, as a poll that asks nobody.
pub async fn offline(errand: Errand<'_>) -> Poll {
    let world = errand.world();
    let errand = Errand { host: &world, ..errand };
    let mut pass = Progress::new(errand.host.now());
    let (passive, asking): (Vec<_>, Vec<_>) =
        sources(&errand).partition(|source| source.spec().passive);
    for source in passive {
        pass.try_source(source, &errand, false).await;
    }
    for source in asking {
        pass.note(source, AttemptResult::Skipped { why: Skip::Offline, until: None });
    }
    pass.finish(&errand).poll
}

fn sources<'a>(errand: &Errand<'a>) -> impl Iterator<Item = &'static dyn Source> + use<'a> {
    let (settings, provider, found) = (errand.settings, errand.provider, errand.found);
    let sources = provider.sources.iter().copied();
    sources.filter(|source| {
        source.allowed(settings) && homes::reads(provider, found, source.spec().id)
    })
}

struct Progress {
    now: DateTime<Utc>,
    readings: Vec<(SourceId, Reading)>,
    organizations: Vec<Organization>,
    attempts: Vec<Attempt>,
    failures: Vec<(SourceId, FetchError)>,
    opens: Vec<DateTime<Utc>>,
    /// Gates of the sources that came before, by the id of the source.
    keys: Vec<(&'static str, String)>,
    asked: bool,
}

impl Progress {
    const fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            readings: Vec::new(),
            organizations: Vec::new(),
            attempts: Vec::new(),
            failures: Vec::new(),
            opens: Vec::new(),
            keys: Vec::new(),
            asked: false,
        }
    }

    fn told_since(&self, since: DateTime<Utc>) -> bool {
        self.readings.iter().any(|(_, reading)| {
            !reading.windows.is_empty() && reading.as_of.is_none_or(|at| at >= since)
        })
    }

    fn note(&mut self, source: &dyn Source, result: AttemptResult) {
        self.attempts.push(Attempt { source: source.id(), at: self.now, result });
    }

    /// Asks one source as far as its gate allows. Returns whether it answered, now or a moment ago.
    async fn try_source(
        &mut self,
        source: &'static dyn Source,
        errand: &Errand<'_>,
        gated: bool,
    ) -> bool {
        let ask = Ask { seat: &errand.found.seat, settings: errand.settings, host: errand.host };
        let cadence = source.spec().cadence;
        let key = match source.credential(ask).await {
            Ok(print) => gate_key(errand.found, source, print.as_str()),
            Err(error) => {
                self.failed(source, error, gated);
                return false;
            }
        };
        if gated {
            if let Some(until) = self.shared_pause(source, errand) {
                self.opens.push(until);
                let why = Skip::ServerPause;
                self.note(source, AttemptResult::Skipped { why, until: Some(until) });
                return false;
            }
            self.keys.push((source.spec().id, key.clone()));
            if let Verdict::Closed { why, until } = errand.book.ask(&key, cadence, self.now) {
                self.opens.push(until);
                self.note(source, AttemptResult::Skipped { why, until: Some(until) });
                // Only a source that answered a moment ago is at its floor: the next would ask the same vendor again.
                return why == Skip::Floor;
            }
            self.asked = true;
        }
        let result = match tokio::time::timeout(
            time_of_a_source(errand.settings),
            source.fetch(ask),
        )
        .await
        {
            Ok(result) => result,
            Err(_) => {
                Err(FetchError::new(Trouble::UpstreamDown, "The source did not answer in time."))
            }
        };
        match result {
            Ok(report) => self.answered(source, report, errand, gated.then_some(key.as_str())),
            Err(error) => {
                if gated && !error.local {
                    errand.book.failed(
                        &key,
                        error.trouble,
                        error.retry_after,
                        cadence,
                        errand.host.now(),
                    );
                    if let Verdict::Closed { until, .. } =
                        errand.book.gates().verdict(&key, cadence, errand.host.now())
                    {
                        self.opens.push(until);
                    }
                }
                self.failed(source, error, gated);
                false
            }
        }
    }

    /// Until when the vendor wants no question with this login: it said so to a source that came before.
    fn shared_pause(&self, source: &dyn Source, errand: &Errand<'_>) -> Option<DateTime<Utc>> {
        let other = source.shares_pause_with()?;
        let (_, key) = self.keys.iter().find(|(id, _)| *id == other)?;
        errand.book.gates().limited_until(key, self.now)
    }

    fn answered(
        &mut self,
        source: &dyn Source,
        report: Report,
        errand: &Errand<'_>,
        key: Option<&str>,
    ) -> bool {
        if let Some(key) = key {
            errand.book.answered(key);
            self.opens.push(self.now + source.spec().cadence.floor());
        }
        for note in &report.notes {
            tracing::info!(source = source.spec().id, note, "shape drift");
        }
        let ours = errand.found.account.as_ref();
        let theirs = report.reading.account.as_ref();
        if let (Some(ours), Some(theirs)) = (ours, theirs)
            && ours.contradicts(theirs)
        {
            self.note(source, AttemptResult::Skipped { why: Skip::OtherAccount, until: None });
            return false;
        }
        self.note(source, AttemptResult::Answered);
        self.organizations.extend(report.organizations);
        self.readings.push((source.id(), report.reading));
        true
    }

    /// A passive source that has nothing is no trouble: it is listed only where it is the only one.
    fn failed(&mut self, source: &dyn Source, error: FetchError, gated: bool) {
        tracing::debug!(source = source.spec().id, trouble = error.trouble.code(), detail = %error.detail, "no reading");
        self.note(
            source,
            AttemptResult::Failed { trouble: error.trouble, detail: error.detail.clone() },
        );
        if gated {
            self.failures.push((source.id(), error));
        }
    }

    fn finish(mut self, errand: &Errand<'_>) -> Pass {
        let answered = self.attempts.iter().any(|a| {
            a.result == AttemptResult::Answered
                && errand.provider.source(&a.source).is_some_and(|s| !s.spec().passive)
        });
        // Looking at local files again costs nobody anything, so it needs no pause of its own.
        let not_before = self.opens.iter().copied().min().unwrap_or(self.now);
        let failure = if answered || (self.failures.is_empty() && !self.readings.is_empty()) {
            None
        } else {
            let all_skipped = self.failures.is_empty();
            worst(std::mem::take(&mut self.failures))
                .map(|(source, error)| Failure {
                    trouble: error.trouble,
                    remedy: errand.provider.advice(error.trouble, Some(&source)),
                    source: Some(source),
                    detail: error.detail,
                    since: self.now,
                    at: self.now,
                    shape: error.shape,
                })
                .or_else(|| self.nothing_to_ask(all_skipped, errand))
        };
        let poll = Poll { readings: self.readings, attempts: self.attempts, failure, not_before };
        Pass { poll, organizations: self.organizations }
    }

    /// Nobody was asked and nothing lies here: that is no login, unless a gate is closed.
    fn nothing_to_ask(&self, all_skipped: bool, errand: &Errand<'_>) -> Option<Failure> {
        let skipped =
            self.attempts.iter().any(|a| matches!(a.result, AttemptResult::Skipped { .. }));
        let trouble = Trouble::AuthMissing;
        (all_skipped && !skipped && self.readings.is_empty()).then(|| Failure {
            trouble,
            remedy: errand.provider.advice(trouble, None),
            source: None,
            detail: "No source has anything to read.".into(),
            since: self.now,
            at: self.now,
            shape: None,
        })
    }
}

/// Key of a gate: provider, source, and the credential's fingerprint.
pub fn gate_key(found: &Found, source: &dyn Source, print: &str) -> String {
    format!("{}/{}/{print}", found.seat.provider, source.spec().id)
}

/// Of several failures the one that a person is told: what was really asked before what is merely not set up, and of
/// those the first in the order of sources.
fn worst(failures: Vec<(SourceId, FetchError)>) -> Option<(SourceId, FetchError)> {
    failures.into_iter().min_by_key(|(_, error)| match error.trouble {
        Trouble::AuthMissing => 2,
        Trouble::Keychain => 1,
        Trouble::AuthExpired
        | Trouble::ForbiddenScope
        | Trouble::NotSubscribed
        | Trouble::UnsupportedAccount
        | Trouble::RateLimited
        | Trouble::Blocked
        | Trouble::UpstreamDown
        | Trouble::BadPayload
        | Trouble::NoData => 0,
    })
}
