//! What explains every trouble, as fields: what is there, what was tried, what is waited for. Without secrets, names of people,
//! or the home folder.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $field_doc:literal])+ $(#[serde($serde:ident)])? $field:ident: $type:ty,)* })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
            #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                $($(#[doc = $field_doc])+ $(#[serde($serde)])? pub $field: $type,)*
            }
        )+
    };
}

fields! {
    /// What `claudometer doctor --json` prints.
    Diagnosis {
        /// Version of this document.
        schema_version: u32,
        /// Version of Claudometer.
        version: String,
        /// Operating system and processor.
        system: String,
        /// When it was made, in UTC.
        generated_at: DateTime<Utc>,
        /// Whether this is the resident's own report.
        resident: bool,
        /// Variables that matter: name and value; `null` is not set. Proxies only say whether they are set.
        environment: Vec<Variable>,
        /// Requests go to this test address instead of to the vendors.
        test_origin: Option<String>,
        /// Why the tray is not seen; `null` where it is.
        tray: Option<String>,
        /// Why no release can be verified; `null` where one can.
        #[serde(default)]
        updates: Option<String>,
        /// Whether secrets can be kept: `available`, `locked`, `absent`, `refused`, `memory_only`.
        keyring: String,
        /// The same as a sentence, with what to do.
        keyring_words: String,
        /// Our files and folders.
        places: Vec<Place>,
        /// What is wrong with the settings file, or put above it.
        settings_remarks: Vec<String>,
        /// Providers.
        providers: Vec<ProviderDiagnosis>,
        /// Floors and pauses of credentials.
        gates: Vec<GateDiagnosis>,
        /// Vendors' hosts, asked without any login; empty where nobody may be asked.
        endpoints: Vec<Endpoint>,
        /// How far this machine's clock is ahead of the vendors', in seconds; `null` where none told the time.
        clock_ahead_seconds: Option<i64>,
        /// Logs of assistants that were read into the history; empty where there is no history yet.
        #[serde(default)]
        logs: Vec<LogDiagnosis>,
    }
    /// An assistant's log, as far as it was read.
    LogDiagnosis {
        /// The assistant's id.
        agent: String,
        /// Its name.
        name: String,
        /// Files of it that are there.
        files: u64,
        /// Their length in bytes.
        bytes: u64,
        /// Records that could not be read, and count nothing.
        malformed: u64,
        /// Records of responses without a time, which belong to no day and count nothing.
        undated: u64,
        /// Files that hold such records, the worst first, three at most; with `~` for the home folder.
        odd_files: Vec<String>,
        /// Files and folders of it that could not be read at all, each with why; with `~` for the home folder.
        #[serde(default)]
        unreadable: Vec<String>,
    }
    /// An environment variable.
    Variable {
        /// Its name.
        name: String,
        /// Its value, or `set` where the value may hold a secret.
        value: Option<String>,
    }
    /// A file or folder of ours.
    Place {
        /// What it is.
        what: String,
        /// Its path, with `~` for the home folder.
        path: String,
    }
    /// One provider.
    ProviderDiagnosis {
        /// Provider id.
        id: String,
        /// Its name.
        name: String,
        /// Whether it is followed.
        active: bool,
        /// Where something of it was found.
        found: Vec<String>,
        /// Sources, in the order in which they are tried.
        sources: Vec<SourceDiagnosis>,
        /// Accounts.
        accounts: Vec<AccountDiagnosis>,
        /// How long the assistant keeps its own logs, where that is limited: what it deletes cannot be counted later.
        log_retention: Option<String>,
    }
    /// One source.
    SourceDiagnosis {
        /// Source id.
        id: String,
        /// Whether it could be used now.
        usable: bool,
        /// Whether it is off until a person turns it on.
        opt_in: bool,
    }
    /// One account.
    AccountDiagnosis {
        /// Opaque name.
        account: String,
        /// When its newest numbers were measured, in UTC.
        observed_at: Option<DateTime<Utc>>,
        /// By which source.
        source: Option<String>,
        /// When it is looked at next, in UTC.
        next_look_at: Option<DateTime<Utc>>,
        /// Standing trouble: its code.
        trouble: Option<String>,
        /// Since when, in UTC.
        trouble_since: Option<DateTime<Utc>>,
        /// What happened, and what to do.
        trouble_words: Option<String>,
        /// Keys and types of an answer that was not understood; no values.
        shape: Option<String>,
        /// What was tried last.
        attempts: Vec<AttemptDiagnosis>,
    }
    /// One attempt.
    AttemptDiagnosis {
        /// Source id.
        source: String,
        /// When, in UTC.
        at: DateTime<Utc>,
        /// What came of it.
        outcome: String,
    }
    /// Floor and pauses of one credential at one source.
    GateDiagnosis {
        /// Provider, source, and a one-way name of the credential.
        key: String,
        /// Closed until then, in UTC; `null` where it is open.
        closed_until: Option<DateTime<Utc>>,
        /// When it was asked last, in UTC.
        asked_at: Option<DateTime<Utc>>,
        /// Failures in a row.
        failures: u32,
    }
    /// A vendor's host.
    Endpoint {
        /// The host.
        host: String,
        /// Whether it answered anything at all.
        reachable: bool,
        /// How long that took, in milliseconds.
        milliseconds: u32,
        /// Why it did not.
        problem: Option<String>,
    }
}
