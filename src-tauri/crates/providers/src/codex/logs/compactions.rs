//! Calls that make compactions. No running total holds them: a record of usage tells each, and the compacted item names it.

use super::counters::Vector;
use chrono::{DateTime, Utc};
use claudometer_core::response::Speed;
use serde::{Deserialize, Serialize};

/// Records that wait to be named while a rollout is read, and between two readings: an item stands close to its record.
const MOST: usize = 1024;
const MOST_KEPT: usize = 16;

/// A call as a record of usage tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Made {
    /// What the vendor calls it.
    pub(super) id: String,
    pub(super) usage: Vector,
    pub(super) at: Option<DateTime<Utc>>,
    pub(super) model: Option<String>,
    pub(super) speed: Speed,
    /// Whether it is said to be another thread's.
    pub(super) is_of_other: bool,
}

/// Records and items that have not found each other yet.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Compactions {
    told: Vec<Made>,
    named: Vec<String>,
}

impl Compactions {
    pub(super) const fn is_empty(&self) -> bool {
        self.told.is_empty() && self.named.is_empty()
    }

    /// Takes a record. Returns it where an item has named it already.
    pub(super) fn record(&mut self, made: Made) -> Option<Made> {
        if let Some(at) = self.named.iter().position(|id| *id == made.id) {
            self.named.remove(at);
            return Some(made);
        }
        self.told.push(made);
        keep_last(&mut self.told, MOST);
        None
    }

    /// Takes what an item names. Returns its record where that was seen already.
    pub(super) fn name(&mut self, id: &str) -> Option<Made> {
        if let Some(at) = self.told.iter().position(|made| made.id == id) {
            return Some(self.told.remove(at));
        }
        self.named.push(id.to_owned());
        keep_last(&mut self.named, MOST);
        None
    }

    /// What another reading needs of it.
    pub(super) fn kept(mut self) -> Self {
        keep_last(&mut self.told, MOST_KEPT);
        keep_last(&mut self.named, MOST_KEPT);
        self
    }
}

fn keep_last<T>(all: &mut Vec<T>, most: usize) {
    all.drain(..all.len().saturating_sub(most));
}
