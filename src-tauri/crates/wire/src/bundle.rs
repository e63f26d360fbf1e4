//! The snapshot as the window and the terminal draw it: values beside the words that say them.

use crate::update::UpdateReport;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything that is shown at one moment. The payload of `snapshot:updated`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Bundle {
    /// Grows with every change within one run of the resident; a lower one than the last is to be dropped.
    pub seq: u32,
    /// When the words were made, in UTC.
    pub at: DateTime<Utc>,
    /// Whether recorded answers are shown, not live ones.
    pub demo: bool,
    /// Whether a refresh is under way.
    pub refreshing: bool,
    /// The one line that matters most, as in the tray's tooltip.
    pub headline: String,
    /// One per account.
    pub cards: Vec<Card>,
    /// Instead of cards, when nothing was found on this machine.
    pub first_run: Option<FirstRun>,
    /// Standing remarks about the whole, such as a test origin in use.
    pub remarks: Vec<String>,
    /// A newer release, where one is known.
    pub update: Option<UpdateReport>,
    /// The version that a package has put in the place of what runs; a restart uses it.
    pub replaced_by: Option<String>,
}

/// One account at one provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// `provider/account`, stable.
    pub seat: String,
    /// Provider id.
    pub provider: String,
    /// Provider's name.
    pub name: String,
    /// Plan as people know it.
    pub plan: Option<String>,
    /// E-mail address or organisation.
    pub account: Option<String>,
    /// A word such as `demo`, shown beside the name.
    pub badge: Option<String>,
    /// Id of the meter that is shown large.
    pub worst: Option<String>,
    /// Windows, the account's own first.
    pub meters: Vec<Meter>,
    /// Money spent beyond the plan.
    pub spend: Option<Meter>,
    /// Balances and other single facts.
    pub lines: Vec<Line>,
    /// Where the newest numbers come from, in words.
    pub source: Option<String>,
    /// Age of the newest numbers, in words (`4 min ago`).
    pub age: Option<String>,
    /// When the newest numbers were measured, in UTC.
    pub observed_at: Option<DateTime<Utc>>,
    /// When it is asked again, in words.
    pub next: Option<String>,
    /// Standing trouble.
    pub trouble: Option<TroubleStrip>,
    /// What the last refresh tried, in order.
    pub attempts: Vec<AttemptLine>,
    /// The vendor's own usage page.
    pub dashboard: String,
}

/// How urgent a meter is. Shown by shape and word as well as by colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Nobody said.
    Unknown,
    /// Below the first threshold.
    Calm,
    /// At or above the first threshold.
    Watch,
    /// At or above the last threshold.
    Low,
    /// Used up.
    Exhausted,
}

/// How far a meter's number can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum Fresh {
    /// Recent.
    Fresh,
    /// Old, or something has failed since.
    Stale,
    /// The window has ended since.
    RolledOver,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Meter {
    /// Stable within its card.
    pub id: String,
    /// `Session`, `Weekly`, `Weekly · Opus`.
    pub label: String,
    /// Percent used, 0-100 or more; `null` is "not reported" and is drawn hollow.
    pub used: Option<f64>,
    /// Whether the vendor says that there is no limit: a word, and no bar.
    pub unlimited: bool,
    /// The figure in words: `37 %`, `63 % left`, `not reported`, `unlimited`.
    pub figure: String,
    /// Urgency.
    pub level: Level,
    /// Urgency as a word, for screen readers and colour-blind eyes; empty when calm.
    pub level_word: String,
    /// Trust.
    pub fresh: Fresh,
    /// Whether the number is an estimate (shown with a leading `~`).
    pub estimated: bool,
    /// Where an even use would stand now, percent 0-100.
    pub expected: Option<f64>,
    /// Where the present pace ends, percent 0-100 or more.
    pub projected: Option<f64>,
    /// Pace in words: `12 points ahead of time`, `runs out 15:40`.
    pub pace: Option<String>,
    /// When the window resets, in UTC.
    pub resets_at: Option<DateTime<Utc>>,
    /// The same in words: `resets 17:00 (in 2 h 10 m)`.
    pub resets: Option<String>,
    /// Length of the window, in minutes.
    pub minutes: Option<u32>,
    /// Where this number comes from and how old it is, in words, when that differs from the card.
    pub provenance: Option<String>,
    /// The whole meter as one sentence, for screen readers and tooltips.
    pub sentence: String,
}

/// A single fact with its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// `Credits`.
    pub label: String,
    /// `7.25 credits`.
    pub value: String,
}

/// Trouble beside the numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct TroubleStrip {
    /// Kind, as in `claudometer usage --json`: `auth_expired`.
    pub code: String,
    /// A few words: `signed out`, `rate limited`.
    pub title: String,
    /// What happened, and what stands meanwhile.
    pub detail: String,
    /// What to do.
    pub remedy: String,
    /// Trouble that the vendor itself admits on its status page.
    pub service: Option<String>,
    /// Keys and types of an answer that was not understood; no values.
    pub shape: Option<String>,
}

/// One line of what was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct AttemptLine {
    /// The source in words.
    pub source: String,
    /// How it ended, in words.
    pub outcome: String,
    /// Whether it answered.
    pub ok: bool,
}

/// What was looked for when nothing was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct FirstRun {
    /// One per provider.
    pub looked: Vec<Looked>,
}

/// What was looked for of one provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct Looked {
    /// Provider id.
    pub provider: String,
    /// Provider's name.
    pub name: String,
    /// Places that were looked at, with `~` for the home folder.
    pub places: Vec<String>,
    /// How to sign in, one sentence.
    pub sign_in: String,
}
