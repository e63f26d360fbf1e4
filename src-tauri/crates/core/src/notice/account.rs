//! What has been told of one account.

use super::NoticeKind;
use crate::{SeatState, Trouble};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// A trouble is told when it has stood through this many polls...
const POLLS: u32 = 2;
/// ...or for this long.
const STANDS: TimeDelta = TimeDelta::minutes(10);
/// A bot filter often lets through again by itself.
const BLOCKED_STANDS: TimeDelta = TimeDelta::minutes(30);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AccountMark {
    /// When the last failure was seen, in UTC.
    failed_at: Option<DateTime<Utc>>,
    /// How many polls have failed alike.
    polls: u32,
    /// Whether the trouble has been told.
    told: bool,
    seen_at: DateTime<Utc>,
}

impl AccountMark {
    pub(super) fn see(&mut self, state: &SeatState, now: DateTime<Utc>) -> Option<NoticeKind> {
        self.seen_at = now;
        // An account that never answered is set up, not lost.
        state.last_good.as_ref()?;
        let Some(failure) = &state.failure else {
            let restored = std::mem::take(&mut self.told);
            self.polls = 0;
            return restored.then_some(NoticeKind::AccountRestored);
        };
        if self.failed_at != Some(failure.at) {
            self.failed_at = Some(failure.at);
            self.polls = self.polls.saturating_add(1);
        }
        let stood = now - failure.since;
        let lasting = match failure.trouble {
            Trouble::AuthMissing
            | Trouble::AuthExpired
            | Trouble::ForbiddenScope
            | Trouble::UnsupportedAccount => self.polls >= POLLS || stood >= STANDS,
            Trouble::Blocked => stood >= BLOCKED_STANDS,
            Trouble::NotSubscribed
            | Trouble::RateLimited
            | Trouble::UpstreamDown
            | Trouble::BadPayload
            | Trouble::NoData
            | Trouble::Keychain => false,
        };
        let tell = lasting && !self.told;
        self.told |= lasting;
        tell.then(|| NoticeKind::AccountTrouble { failure: failure.clone() })
    }

    pub(super) fn is_recent(&self, now: DateTime<Utc>, span: TimeDelta) -> bool {
        now - self.seen_at < span
    }
}
