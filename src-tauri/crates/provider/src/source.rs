//! One way to obtain a reading.

use crate::{FetchError, Organization};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Account, AccountKey, Reading, Seat, SourceId, gate::Cadence, settings::ProviderSettings,
};
use claudometer_host::Host;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, path::PathBuf};

/// What a source is, for people and for the scheduler.
#[derive(Debug, Clone, Copy)]
pub struct SourceSpec {
    /// Id, unique within its provider.
    pub id: &'static str,
    /// A few words, as they stand after "from": `the assistant's login`.
    pub label: &'static str,
    /// What it reads on this machine, one sentence for the privacy ledger.
    pub reads: &'static str,
    /// Which hosts it asks, as whom and with what; empty when it asks nobody.
    pub sends: &'static str,
    /// How often it may be asked. A passive source asks nobody and has no floor.
    pub cadence: Cadence,
    /// Whether it only looks at what lies on this machine already.
    pub passive: bool,
    /// Whether automatic choice leaves it out until a person switches it on.
    pub opt_in: bool,
}

impl SourceSpec {
    /// The host that it asks, where it asks one itself: the sentence of such a source begins with `Asks HOST`.
    pub fn host(&self) -> Option<&'static str> {
        let word = self.sends.strip_prefix("Asks ")?.split_whitespace().next()?;
        let name = word.trim_end_matches([',', '.', ';']);
        name.contains('.').then_some(name)
    }
}

/// An account that a source could answer for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The seat.
    pub seat: Seat,
    /// Whose it is, where that is known without asking.
    pub account: Option<Account>,
    /// Where it was found, for people, with `~` for the home folder.
    pub place: String,
    /// The further home of the assistant that it belongs to; `None` is the usual one.
    pub home: Option<PathBuf>,
    /// Keys under which the same account was kept while less was known of it, or by an earlier release.
    pub formerly: Vec<AccountKey>,
    /// Sources that are signed in to other accounts than this: they have no part in it.
    pub foreign: Vec<SourceId>,
}

impl Found {
    /// A seat at a place, of which nothing more is known.
    pub const fn at(seat: Seat, place: String) -> Self {
        Self { seat, account: None, place, home: None, formerly: Vec::new(), foreign: Vec::new() }
    }
}

/// What a source is asked.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// For which seat.
    pub seat: &'a Seat,
    /// The person's choices about the provider.
    pub settings: &'a ProviderSettings,
    /// The world.
    pub host: &'a Host,
}

/// A short one-way name of a credential: gates are kept by it, and an answer counts only while it is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    print: String,
    /// A one-way name of the account that the credential itself says it is of.
    owner: Option<String>,
}

impl Fingerprint {
    /// The fingerprint of a secret: the first 16 hex digits of its SHA-256.
    pub fn of(secret: &SecretString) -> Self {
        Self { print: hex16(secret.expose_secret()), owner: None }
    }

    /// The fingerprint of something that is no secret, such as a folder.
    pub fn of_name(name: &str) -> Self {
        Self { print: hex16(name), owner: None }
    }

    /// The same, of a credential that names its account: once renewed, it is still the same login.
    #[must_use]
    pub fn of_account(mut self, id: Option<&str>) -> Self {
        self.owner = id.map(hex16);
        self
    }

    /// As text, safe in logs and files.
    pub fn as_str(&self) -> &str {
        &self.print
    }

    /// Whether both are of one login: the same credential, or one of the same account by its own word.
    pub fn is_same_login(&self, other: &Self) -> bool {
        self.print == other.print || (self.owner.is_some() && self.owner == other.owner)
    }
}

/// The first 16 hex digits of the SHA-256 of `text`.
pub fn hex16(text: &str) -> String {
    let mut hex = String::new();
    for byte in &Sha256::digest(text.as_bytes())[..8] {
        write!(hex, "{byte:02x}").ok(); // writing to a String cannot fail
    }
    hex
}

/// What one fetch gave.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The reading.
    pub reading: Reading,
    /// What around it could not be understood: keys and reasons, no values.
    pub notes: Vec<String>,
    /// Organisations of the login, where the source came across them.
    pub organizations: Vec<Organization>,
    /// The credential that was used in the end, where that is another than the source had at first.
    pub asked_with: Option<Fingerprint>,
    /// Whether nobody can tell whose the answer is, although the seat has a name: it is not shown under that name.
    pub nameless: bool,
    /// When the vendor answered by its own clock, in UTC, where the source told.
    pub server_time: Option<DateTime<Utc>>,
}

impl From<Reading> for Report {
    fn from(reading: Reading) -> Self {
        Self {
            reading,
            notes: Vec::new(),
            organizations: Vec::new(),
            asked_with: None,
            nameless: false,
            server_time: None,
        }
    }
}

/// One way to obtain a reading of a provider.
pub trait Source: std::fmt::Debug + Send + Sync {
    /// What it is.
    fn spec(&self) -> &SourceSpec;

    /// Accounts that it could answer for. Local and cheap: files, environment, presence of a secret. Never the network.
    fn discover<'a>(
        &'a self,
        settings: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>>;

    /// Files and folders whose change means that discovery or a fetch may now end differently.
    fn watched(&self, host: &Host) -> Vec<PathBuf>;

    /// The credential's fingerprint, or why there is none that could be used. Asks nobody.
    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>>;

    /// Asks. Gates and floors have been checked by the pipeline.
    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>>;

    /// Whether the person's choices let it be used.
    fn allowed(&self, settings: &ProviderSettings) -> bool {
        settings.allows(&self.id(), self.spec().opt_in)
    }

    /// Another source of the same provider that asks the same vendor with the same login: when the vendor asks that one to
    /// wait, this one waits too.
    fn shares_pause_with(&self) -> Option<&'static str> {
        None
    }

    /// Its id.
    fn id(&self) -> SourceId {
        SourceId::new(self.spec().id)
    }
}
