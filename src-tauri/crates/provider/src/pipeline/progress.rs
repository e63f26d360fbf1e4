//! One pass over the sources of a seat: how each of them stands, and what they say together.

use super::{Errand, Pass};
use crate::{Ask, FetchError, Fingerprint, Found, Organization, Report, Source};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Attempt, AttemptResult, Finding, Poll, Reading, Skip, SourceId, SourceStanding, Standing,
    Trouble,
    gate::{Last, Verdict},
    poll::{self, Together},
    settings::{ProviderSettings, TIMEOUT_RANGE_S},
};
use std::time::Duration;

/// What is said where an answer turned out to be somebody else's.
const OTHER_ACCOUNT: &str = "The login found here belongs to another account.";
const OTHER_ACCOUNT_REMEDY: &str = "Sign in with the account that is shown here.";

/// A seat's poll ends within a minute whatever its sources do; each source has its share of it, or less where the person
/// says so.
fn time_of_a_source(settings: &ProviderSettings) -> Duration {
    let seconds = settings.timeout_seconds.unwrap_or(*TIMEOUT_RANGE_S.end());
    Duration::from_secs(seconds.clamp(*TIMEOUT_RANGE_S.start(), *TIMEOUT_RANGE_S.end()).into())
}

/// Key of a gate: provider, source, and the credential's fingerprint.
pub fn gate_key(found: &Found, source: &dyn Source, print: &str) -> String {
    format!("{}/{}/{print}", found.seat.provider, source.spec().id)
}

/// What is known so far.
pub(super) struct Progress {
    now: DateTime<Utc>,
    readings: Vec<(SourceId, Reading)>,
    elsewhere: Vec<(SourceId, Reading)>,
    organizations: Vec<Organization>,
    attempts: Vec<Attempt>,
    /// How the sources that may be asked stand, in their order.
    asking: Vec<(SourceId, SourceStanding)>,
    /// How those stand that only look at this machine.
    passive: Vec<(SourceId, SourceStanding)>,
    opens: Vec<DateTime<Utc>>,
    /// Gates of the sources that came before, by the id of the source.
    keys: Vec<(&'static str, String)>,
    is_learned_elsewhere: bool,
}

/// How one question ended, before anybody looked whether it may count.
enum Ended {
    /// With an answer.
    Told(Box<Report>),
    /// In trouble.
    Troubled(FetchError),
}

impl Progress {
    pub(super) const fn new(now: DateTime<Utc>) -> Self {
        Self {
            now,
            readings: Vec::new(),
            elsewhere: Vec::new(),
            organizations: Vec::new(),
            attempts: Vec::new(),
            asking: Vec::new(),
            passive: Vec::new(),
            opens: Vec::new(),
            keys: Vec::new(),
            is_learned_elsewhere: false,
        }
    }

    /// Whether a reading so far was measured since then.
    pub(super) fn told_since(&self, since: DateTime<Utc>) -> bool {
        self.readings.iter().any(|(_, reading)| {
            !reading.windows.is_empty() && reading.as_of.is_none_or(|at| at >= since)
        })
    }

    /// Reads a source that only looks at this machine.
    pub(super) async fn read(&mut self, source: &'static dyn Source, errand: &Errand<'_>) {
        let ask = ask_of(errand);
        let fetched = match source.credential(ask).await {
            Ok(_) => fetch(source, errand).await,
            Err(error) => Err(error),
        };
        let standing = match fetched {
            Ok(report) => self.take(source, report, errand),
            Err(error) => {
                let found = found_in(&error, errand.host.now());
                self.note_failure(source, &found);
                found.into()
            }
        };
        self.passive.push((source.id(), standing));
    }

    /// Notes of a source that nobody may be asked in this run how it stood before.
    pub(super) async fn pass_over(&mut self, source: &'static dyn Source, errand: &Errand<'_>) {
        let standing = match source.credential(ask_of(errand)).await {
            Ok(print) => {
                let last = errand.book.last(&gate_key(errand.found, source, print.as_str()));
                self.skip(source, Skip::Offline, None, &last);
                resting(last)
            }
            Err(error) => self.unusable(source, &error, errand),
        };
        self.asking.push((source.id(), standing));
    }

    /// Asks one source as far as its gate allows. Returns whether it answered, now or a moment ago.
    ///
    /// A login that was exchanged meanwhile is asked with once more; what an earlier one told does not count.
    pub(super) async fn ask(&mut self, source: &'static dyn Source, errand: &Errand<'_>) -> bool {
        let mut standing = SourceStanding::Untried;
        let mut asked_elsewhere = false;
        for may_ask_again in [true, false] {
            let before = match source.credential(ask_of(errand)).await {
                Ok(print) => print,
                Err(error) => {
                    standing = self.unusable(source, &error, errand);
                    break;
                }
            };
            let key = gate_key(errand.found, source, before.as_str());
            if let Some((waiting, is_asked)) = self.held_back(source, &key, errand) {
                standing = waiting;
                asked_elsewhere = is_asked;
                break;
            }
            let ended = match fetch(source, errand).await {
                Ok(report) => Ended::Told(Box::new(report)),
                Err(error) => Ended::Troubled(error),
            };
            let found = self.note_in_book(source, &key, &ended, errand);
            let after = source.credential(ask_of(errand)).await;
            if is_of_now(&before, after.as_ref().ok(), &ended) {
                carry(errand, source, &key, after.as_ref().ok());
                standing = match (ended, found) {
                    (Ended::Told(report), _) => self.take(source, *report, errand),
                    (Ended::Troubled(_), Some(found)) => {
                        self.note_failure(source, &found);
                        found.into()
                    }
                    (Ended::Troubled(_), None) => SourceStanding::Unknown,
                };
                break;
            }
            tracing::info!(source = source.spec().id, may_ask_again, "the login was exchanged");
            if !may_ask_again {
                self.skip(source, Skip::LoginChanged, None, &Last::Never);
            }
        }
        let answered =
            matches!(standing, SourceStanding::Answered | SourceStanding::AnsweredLately);
        self.asking.push((source.id(), standing));
        // The next source would ask the same vendor again.
        answered || asked_elsewhere
    }

    /// How a source stands that must not be asked now, and whether another process is asking it; `None` where it may be
    /// asked, and counts as asked from here on.
    fn held_back(
        &mut self,
        source: &'static dyn Source,
        key: &str,
        errand: &Errand<'_>,
    ) -> Option<(SourceStanding, bool)> {
        let now = errand.host.now();
        let last = errand.book.last(key);
        if let Some(until) = self.shared_pause(source, errand) {
            self.opens.push(until);
            self.skip(source, Skip::ServerPause, Some(until), &last);
            return Some((resting(last), false));
        }
        self.keys.push((source.spec().id, key.to_owned()));
        match errand.book.ask(key, source.spec().cadence, now) {
            Verdict::Open => None,
            Verdict::Closed { why, until } => {
                // It may have been closed just now, by another process.
                let last = errand.book.last(key);
                self.opens.push(until);
                self.skip(source, why, Some(until), &last);
                let is_asked = why == Skip::Floor && last == Last::Unknown;
                // Whoever was answered a moment ago may not have written it down yet.
                self.is_learned_elsewhere |=
                    is_asked || (why == Skip::Floor && last == Last::Answered);
                Some((resting(last), is_asked))
            }
        }
    }

    /// Until when the vendor wants no question with this login: it said so to a source that came before.
    fn shared_pause(&self, source: &dyn Source, errand: &Errand<'_>) -> Option<DateTime<Utc>> {
        let other = source.shares_pause_with()?;
        let (_, key) = self.keys.iter().find(|(id, _)| *id == other)?;
        errand.book.gates().limited_until(key, errand.host.now())
    }

    /// Keeps how a question ended beside its gate, and gives back the trouble as it is kept.
    fn note_in_book(
        &mut self,
        source: &dyn Source,
        key: &str,
        ended: &Ended,
        errand: &Errand<'_>,
    ) -> Option<Finding> {
        let (now, cadence) = (errand.host.now(), source.spec().cadence);
        let last = match ended {
            Ended::Told(_) => {
                errand.book.answered(key);
                self.opens.push(self.now + cadence.floor());
                return None;
            }
            Ended::Troubled(error) if error.local => errand.book.noted(key, found_in(error, now)),
            Ended::Troubled(error) => {
                errand.book.failed(key, found_in(error, now), error.retry_after, cadence)
            }
        };
        // What was found on this machine may change at any moment.
        let local = matches!(ended, Ended::Troubled(error) if error.local);
        let verdict = errand.book.gates().verdict(key, cadence, now);
        if let (false, Verdict::Closed { until, .. }) = (local, verdict) {
            self.opens.push(until);
        }
        match last {
            Last::Troubled(found) => Some(found),
            Last::Never | Last::Answered | Last::Unknown => None,
        }
    }

    /// Takes in an answer, unless it is another account's.
    fn take(&mut self, source: &dyn Source, report: Report, errand: &Errand<'_>) -> SourceStanding {
        for note in &report.notes {
            tracing::info!(source = source.spec().id, note, "shape drift");
        }
        let ours = errand.found.account.as_ref();
        let theirs = report.reading.account.as_ref();
        self.organizations.extend(report.organizations);
        let is_anothers = ours.zip(theirs).is_some_and(|(ours, theirs)| ours.contradicts(theirs));
        if is_anothers || (report.nameless && ours.is_some()) {
            self.skip(source, Skip::OtherAccount, None, &Last::Answered);
            self.elsewhere.push((source.id(), report.reading));
            let now = errand.host.now();
            let found = Finding::new(Trouble::AuthMissing, OTHER_ACCOUNT, now);
            return SourceStanding::OtherAccount(found);
        }
        self.note(source, AttemptResult::Answered);
        self.readings.push((source.id(), report.reading));
        SourceStanding::Answered
    }

    /// How a source stands whose credential cannot be used as it lies here.
    fn unusable(
        &mut self,
        source: &dyn Source,
        error: &FetchError,
        errand: &Errand<'_>,
    ) -> SourceStanding {
        let found = found_in(error, errand.host.now());
        self.note_failure(source, &found);
        found.into()
    }

    fn skip(&mut self, source: &dyn Source, why: Skip, until: Option<DateTime<Utc>>, last: &Last) {
        let trouble = match last {
            Last::Troubled(found) => Some(found.trouble),
            Last::Never | Last::Answered | Last::Unknown => None,
        };
        self.note(source, AttemptResult::Skipped { why, until, trouble });
    }

    fn note_failure(&mut self, source: &dyn Source, found: &Finding) {
        let (trouble, detail) = (found.trouble, found.detail.clone());
        tracing::debug!(source = source.spec().id, trouble = trouble.code(), %detail, "no reading");
        self.note(source, AttemptResult::Failed { trouble, detail });
    }

    fn note(&mut self, source: &dyn Source, result: AttemptResult) {
        self.attempts.push(Attempt { source: source.id(), at: self.now, result });
    }

    /// What the sources say together, in words. Those that only look at this machine speak where no other is there: that
    /// they have nothing is no trouble otherwise.
    pub(super) fn finish(self, errand: &Errand<'_>) -> Pass {
        let together = poll::together(&self.asking);
        let standing = match together.or_else(|| poll::together(&self.passive)) {
            Some(Together::Answered) => Standing::Answered,
            Some(Together::Unchanged) => Standing::Unchanged,
            Some(Together::Untroubled) => Standing::Untroubled,
            Some(Together::Troubled(source, found)) => {
                let remedy = errand.provider.advice(found.trouble, Some(&source));
                Standing::Troubled(found.into_failure(Some(source), remedy))
            }
            Some(Together::OtherAccount(source, found)) => {
                let remedy = OTHER_ACCOUNT_REMEDY.to_owned();
                Standing::Troubled(found.into_failure(Some(source), remedy))
            }
            None => Standing::Troubled(nothing_to_ask(self.now)),
        };
        // Looking at local files again costs nobody anything, so it needs no pause of its own.
        let not_before = self.opens.iter().copied().min().unwrap_or(self.now);
        let is_learned_elsewhere = self.is_learned_elsewhere;
        let Self { readings, attempts, organizations, elsewhere, .. } = self;
        let poll = Poll { readings, attempts, standing, not_before };
        Pass { poll, organizations, elsewhere, is_learned_elsewhere }
    }
}

/// A person turned every source off.
fn nothing_to_ask(now: DateTime<Utc>) -> claudometer_core::Failure {
    let found = Finding::new(Trouble::NoData, "Its sources are turned off.", now);
    found.into_failure(None, "Turn one of its sources on in the settings.".to_owned())
}

/// How a source stands that is not asked now.
fn resting(last: Last) -> SourceStanding {
    match last {
        Last::Never => SourceStanding::Untried,
        Last::Answered => SourceStanding::AnsweredLately,
        Last::Troubled(found) => found.into(),
        Last::Unknown => SourceStanding::Unknown,
    }
}

/// Whether what was told counts: the login is still the one that was asked with.
fn is_of_now(before: &Fingerprint, after: Option<&Fingerprint>, ended: &Ended) -> bool {
    let Some(after) = after else { return false };
    let noticed = match ended {
        Ended::Told(report) => report.asked_with.as_ref(),
        Ended::Troubled(_) => None,
    };
    after.is_same_login(before) || noticed.is_some_and(|print| print.is_same_login(after))
}

/// A login that was renewed by being asked keeps its gate under its new token.
fn carry(errand: &Errand<'_>, source: &dyn Source, key: &str, after: Option<&Fingerprint>) {
    let after = after.map(|print| gate_key(errand.found, source, print.as_str()));
    if let Some(new) = after.filter(|new| new != key) {
        errand.book.carry(key, &new);
    }
}

const fn ask_of<'a>(errand: &'a Errand<'_>) -> Ask<'a> {
    Ask { seat: &errand.found.seat, settings: errand.settings, host: errand.host }
}

fn found_in(error: &FetchError, now: DateTime<Utc>) -> Finding {
    Finding { shape: error.shape.clone(), ..Finding::new(error.trouble, &error.detail, now) }
}

async fn fetch(source: &'static dyn Source, errand: &Errand<'_>) -> Result<Report, FetchError> {
    let within = time_of_a_source(errand.settings);
    tokio::time::timeout(within, source.fetch(ask_of(errand))).await.unwrap_or_else(|_| {
        Err(FetchError::new(Trouble::UpstreamDown, "The source did not answer in time."))
    })
}
