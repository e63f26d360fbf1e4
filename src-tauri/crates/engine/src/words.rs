//! Failures that only the loop can know of, in words.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Attempt, AttemptResult, Failure, Poll, Skip, Standing, Trouble};

/// How long a seat rests whose source failed in a way that only a new version can mend.
const REST: TimeDelta = TimeDelta::minutes(5);

/// A poll that a source's own fault ended.
pub(crate) fn panicked(now: DateTime<Utc>) -> Poll {
    let detail = "A source of Claudometer's own failed.";
    failed(Trouble::BadPayload, detail, now, now + REST)
}

/// A poll that did not end in time.
pub(crate) fn hung(now: DateTime<Utc>) -> Poll {
    failed(Trouble::UpstreamDown, "No answer came within a minute.", now, now)
}

fn failed(trouble: Trouble, detail: &str, now: DateTime<Utc>, not_before: DateTime<Utc>) -> Poll {
    let remedy = "Claudometer tries again by itself; the log says more.";
    let failure = failure(trouble, detail.to_owned(), remedy, now);
    Poll { standing: Standing::Troubled(failure), ..Poll::unchanged(not_before) }
}

/// Why there is no number although nobody failed: nobody was asked.
pub(crate) fn not_asked(attempts: &[Attempt], now: DateTime<Utc>, until: DateTime<Utc>) -> Failure {
    let skips = attempts.iter().filter_map(|attempt| match attempt.result {
        AttemptResult::Skipped { why, until, .. } => Some((until, why)),
        AttemptResult::Answered | AttemptResult::Failed { .. } => None,
    });
    // The gate that opens first says why; one that only a person can open says it where there is no other.
    let why = skips.min_by_key(|(until, _)| until.unwrap_or(DateTime::<Utc>::MAX_UTC));
    let reason = match why.map(|(_, why)| why) {
        Some(Skip::OtherAccount) => return other_account(now),
        Some(Skip::TurnedOff) => {
            let remedy = "Turn one of its sources on in the settings.";
            return failure(Trouble::NoData, "Its sources are turned off.".into(), remedy, now);
        }
        Some(Skip::Offline) => {
            let detail = "Nobody was asked: this run is offline, and nothing is remembered.".into();
            return failure(Trouble::NoData, detail, "Run it again without --offline.", now);
        }
        Some(Skip::LoginChanged) => "The login changed while it was asked",
        Some(Skip::ServerPause) => "The vendor asked to wait",
        Some(Skip::FailurePause) => "It failed several times within a short time",
        Some(Skip::Floor) => "Asked too recently",
        None if until > now => "Asked too recently",
        None => "Nobody could be asked yet",
    };
    let detail = if until > now {
        format!("{reason}; the next question is allowed at {}.", until.format("%H:%M:%S UTC"))
    } else {
        format!("{reason}.")
    };
    let remedy = "Nothing to do: Claudometer asks again when it is allowed to.";
    failure(Trouble::RateLimited, detail, remedy, now)
}

/// What was told belongs to somebody else, so it is not shown here.
pub(crate) fn other_account(now: DateTime<Utc>) -> Failure {
    let remedy = "Sign in with the account that is shown here.";
    let detail = "The login found here belongs to another account.".into();
    failure(Trouble::AuthMissing, detail, remedy, now)
}

fn failure(trouble: Trouble, detail: String, remedy: &str, now: DateTime<Utc>) -> Failure {
    Failure {
        trouble,
        source: None,
        detail,
        remedy: remedy.to_owned(),
        since: now,
        at: now,
        shape: None,
    }
}
