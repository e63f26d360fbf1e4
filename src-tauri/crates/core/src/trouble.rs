//! What can go wrong with a seat, and what was tried.

use crate::SourceId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Kinds of failure that a person or the scheduler can act on differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// No credential found anywhere.
    AuthMissing,
    /// The credential was refused or has expired.
    AuthExpired,
    /// The credential works, but may not read usage.
    ForbiddenScope,
    /// The account has no plan that has limits.
    NotSubscribed,
    /// The vendor retired this kind of login.
    UnsupportedAccount,
    /// The vendor asks to wait.
    RateLimited,
    /// A bot filter in front of the vendor answered; the credential may be fine.
    Blocked,
    /// The vendor, or the way to it, is down.
    UpstreamDown,
    /// The answer came, but not in a shape that is understood.
    BadPayload,
    /// Valid, but the vendor says that no quota exists.
    NoData,
    /// The system keychain is locked or absent.
    Keychain,
}

impl Trouble {
    /// Every kind, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::AuthMissing,
        Self::AuthExpired,
        Self::ForbiddenScope,
        Self::NotSubscribed,
        Self::UnsupportedAccount,
        Self::RateLimited,
        Self::Blocked,
        Self::UpstreamDown,
        Self::BadPayload,
        Self::NoData,
        Self::Keychain,
    ];

    /// The name used in JSON, logs and `doctor`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AuthMissing => "auth_missing",
            Self::AuthExpired => "auth_expired",
            Self::ForbiddenScope => "forbidden_scope",
            Self::NotSubscribed => "not_subscribed",
            Self::UnsupportedAccount => "unsupported_account",
            Self::RateLimited => "rate_limited",
            Self::Blocked => "blocked",
            Self::UpstreamDown => "upstream_down",
            Self::BadPayload => "bad_payload",
            Self::NoData => "no_data",
            Self::Keychain => "keychain",
        }
    }

    /// How far a source in this trouble is from an answer: 0 where it will answer by itself, 1 where the vendor answered
    /// that there is nothing for this account, 2 where a person has to sign in differently, 3 where the login could not
    /// be read, 4 where there is none. Of several sources the nearest one tells how the seat stands.
    pub const fn distance(self) -> u8 {
        match self {
            Self::RateLimited
            | Self::Blocked
            | Self::UpstreamDown
            | Self::BadPayload
            | Self::NoData => 0,
            Self::NotSubscribed => 1,
            Self::AuthExpired | Self::ForbiddenScope | Self::UnsupportedAccount => 2,
            Self::Keychain => 3,
            Self::AuthMissing => 4,
        }
    }

    /// Whether only a changed credential can help, so that asking again soon is pointless.
    pub const fn waits_for_credential(self) -> bool {
        match self {
            Self::AuthMissing
            | Self::AuthExpired
            | Self::ForbiddenScope
            | Self::UnsupportedAccount => true,
            Self::NotSubscribed
            | Self::RateLimited
            | Self::Blocked
            | Self::UpstreamDown
            | Self::BadPayload
            | Self::NoData
            | Self::Keychain => false,
        }
    }
}

/// Why a source was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Asked too recently: its floor binds timers and "refresh now" alike.
    Floor,
    /// The vendor asked to wait, or the last failure asks for a rest.
    ServerPause,
    /// Three failures within ten minutes.
    FailurePause,
    /// Turned off in the settings.
    TurnedOff,
    /// Its credential belongs to another account than the seat.
    OtherAccount,
    /// Its login was exchanged while it was asked, so that nobody knows whose the answer is.
    LoginChanged,
    /// Nobody may be asked in this run: it was told to stay offline.
    Offline,
}

/// How one attempt at one source ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum AttemptResult {
    /// It answered.
    Answered,
    /// It was not asked.
    Skipped {
        /// Why not.
        why: Skip,
        /// When it may be asked again, in UTC; `None` where only a change of settings or login helps.
        until: Option<DateTime<Utc>>,
        /// What its last question ended in, if that was no answer.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trouble: Option<Trouble>,
    },
    /// It was asked in vain.
    Failed {
        /// What kind of failure.
        trouble: Trouble,
        /// One sentence without secrets.
        detail: String,
    },
}

/// One line of "what was tried".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which source.
    pub source: SourceId,
    /// When, in UTC.
    pub at: DateTime<Utc>,
    /// How it ended.
    #[serde(flatten)]
    pub result: AttemptResult,
}

/// What an attempt at one source ended in when it was no answer. It is kept beside the gate of the credential that was
/// used, so that every later look, in whatever process, tells the same trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What kind.
    pub trouble: Trouble,
    /// What happened, one sentence without secrets.
    pub detail: String,
    /// Keys and types of an answer that was not understood; no values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
    /// When an unbroken run of the same kind began, in UTC.
    pub since: DateTime<Utc>,
    /// When it was found last, in UTC.
    pub at: DateTime<Utc>,
}

impl Finding {
    /// Found at `at`.
    pub fn new(trouble: Trouble, detail: impl Into<String>, at: DateTime<Utc>) -> Self {
        Self { trouble, detail: detail.into(), shape: None, since: at, at }
    }

    /// The same, in an unbroken run with what was found before.
    #[must_use]
    pub fn following(mut self, before: Option<&Self>) -> Self {
        if let Some(before) = before.filter(|before| before.trouble == self.trouble) {
            self.since = self.since.min(before.since);
        }
        self
    }

    /// As the trouble of a seat, with what a person can do about it.
    pub fn into_failure(self, source: Option<SourceId>, remedy: String) -> Failure {
        let Self { trouble, detail, shape, since, at } = self;
        Failure { trouble, source, detail, remedy, since, at, shape }
    }
}

/// The trouble that a seat is in. It stands beside the last good numbers and never replaces them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What kind.
    pub trouble: Trouble,
    /// The source whose failure counts.
    pub source: Option<SourceId>,
    /// What happened, one sentence without secrets.
    pub detail: String,
    /// What the person can do, one sentence.
    pub remedy: String,
    /// First seen, in UTC: the begin of an unbroken run of the same kind.
    pub since: DateTime<Utc>,
    /// Last seen, in UTC.
    pub at: DateTime<Utc>,
    /// Keys and types of an answer that was not understood; no values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<String>,
}
