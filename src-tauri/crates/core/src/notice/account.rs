//! When an account's trouble is the person's to mend, and when it is over.

use super::{NoticeKind, seat::SeatMarks};
use crate::{Failure, SeatState, Trouble};
use chrono::{DateTime, TimeDelta, Utc};

/// A trouble that one poll has seen is told after this long, one that two polls have seen at once.
const STANDS_AFTER: TimeDelta = TimeDelta::minutes(10);
/// A bot filter commonly lets one through again by itself.
const BLOCKED_AFTER: TimeDelta = TimeDelta::minutes(30);
/// A trouble last seen longer ago than this, as before a night's sleep, waits for the next poll.
const RECENT: TimeDelta = TimeDelta::hours(1);

/// Looks at a seat's failure; `wanted` is the person's setting.
pub(super) fn look(
    marks: &mut SeatMarks,
    state: &SeatState,
    wanted: bool,
    now: DateTime<Utc>,
) -> Option<NoticeKind> {
    // An account that never answered is not set up yet; it has not stopped.
    let good = state.last_good.as_ref()?;
    let Some(failure) = &state.failure else {
        let restored = marks.lost.take_if(|lost| good.at > *lost).is_some();
        return (restored && wanted).then_some(NoticeKind::AccountRestored);
    };
    let stands = stands_at(failure).is_some_and(|at| at <= now) && now - failure.at <= RECENT;
    if marks.lost.is_some() || !wanted || !stands {
        return None;
    }
    marks.lost = Some(failure.at);
    Some(NoticeKind::AccountTrouble { failure: failure.clone() })
}

/// From when a failure is worth telling, in UTC; `None` where it is not the person's to mend, or not proven yet.
fn stands_at(failure: &Failure) -> Option<DateTime<Utc>> {
    let seen_twice = failure.at > failure.since;
    match failure.trouble {
        Trouble::AuthMissing
        | Trouble::AuthExpired
        | Trouble::ForbiddenScope
        | Trouble::UnsupportedAccount => {
            let after = failure.since.checked_add_signed(STANDS_AFTER)?;
            Some(if seen_twice { failure.at.min(after) } else { after })
        }
        Trouble::Blocked if seen_twice => failure.since.checked_add_signed(BLOCKED_AFTER),
        Trouble::Blocked
        | Trouble::NotSubscribed
        | Trouble::RateLimited
        | Trouble::UpstreamDown
        | Trouble::BadPayload
        | Trouble::NoData
        | Trouble::Keychain => None,
    }
}
