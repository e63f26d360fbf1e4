//! The lines of a rollout that mean something.

use super::counters::Vector;
use claudometer_scan::{Count, Map, Text, lenient::Instant};
use serde::Deserialize;

#[derive(Deserialize)]
pub(super) struct Line<'a> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(default)]
    pub(super) timestamp: Instant,
    /// Its place among the records of the thread.
    #[serde(default)]
    pub(super) ordinal: Option<Count>,
    #[serde(borrow, default)]
    pub(super) payload: Map<Payload<'a>>,
}

/// The payloads of all kinds of lines at once.
#[derive(Deserialize)]
pub(super) struct Payload<'a> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Text<'a>,
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(default)]
    pub(super) timestamp: Instant,
    #[serde(borrow, default)]
    pub(super) cwd: Text<'a>,
    #[serde(borrow, default)]
    pub(super) model: Text<'a>,
    #[serde(borrow, default)]
    pub(super) forked_from_id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) parent_thread_id: Text<'a>,
    /// The place of the first record that is a sub-agent's own.
    #[serde(default)]
    pub(super) subagent_history_start_ordinal: Option<Count>,
    /// Whose call a record of usage tells.
    #[serde(borrow, default)]
    pub(super) thread_id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) response_id: Text<'a>,
    /// The call that made a compaction.
    #[serde(borrow, default)]
    pub(super) compaction_response_id: Text<'a>,
    #[serde(default)]
    pub(super) usage: Map<Vector>,
    #[serde(borrow, default)]
    pub(super) source: Map<Origin<'a>>,
    #[serde(borrow, default)]
    pub(super) git: Map<Git<'a>>,
    #[serde(borrow, default)]
    pub(super) info: Map<Info<'a>>,
    #[serde(borrow, default)]
    pub(super) thread_settings: Map<Settings<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Origin<'a> {
    #[serde(borrow, default)]
    pub(super) subagent: Map<SubAgent<'a>>,
}

#[derive(Deserialize)]
pub(super) struct SubAgent<'a> {
    #[serde(borrow, default)]
    pub(super) thread_spawn: Map<Spawn<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Spawn<'a> {
    #[serde(borrow, default)]
    pub(super) parent_thread_id: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Git<'a> {
    #[serde(borrow, default)]
    pub(super) branch: Text<'a>,
}

#[derive(Deserialize)]
pub(super) struct Info<'a> {
    #[serde(borrow, default)]
    pub(super) model: Text<'a>,
    #[serde(default)]
    pub(super) total_token_usage: Map<Vector>,
    #[serde(default)]
    pub(super) last_token_usage: Map<Vector>,
}

#[derive(Deserialize)]
pub(super) struct Settings<'a> {
    #[serde(borrow, default)]
    pub(super) service_tier: Text<'a>,
}

impl Payload<'_> {
    /// The thread that this one goes on from.
    pub(super) fn parent(&self) -> Option<&str> {
        let spawned = || {
            let spawn = self.source.0.as_ref()?.subagent.0.as_ref()?.thread_spawn.0.as_ref()?;
            spawn.parent_thread_id.get()
        };
        self.forked_from_id.get().or_else(spawned).or_else(|| self.parent_thread_id.get())
    }
}
