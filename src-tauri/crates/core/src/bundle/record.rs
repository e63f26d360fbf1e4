//! What a record that nobody asked for may say about a figure that is known already.
//!
//! An idle session repeats what it was told long ago, under the time of today. Within one period use only grows, so of
//! two figures of one period the higher is the newer. A fall is believed from an answer that was asked for, or once the
//! record has moved on and still says less: that is a reset before its time.

use crate::{Percent, Window};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Ends of one period differ by less than this between two sources.
const SAME_END: TimeDelta = TimeDelta::minutes(10);

/// Windows of which a record told less than is known, and when it was made.
pub(super) type Falls = BTreeMap<String, DateTime<Utc>>;

/// Whether a known figure outlasts what a record made at `at` says of the same window. Notes a fall in `falls`.
pub(super) fn outlasts(
    known: &Window,
    told: &Window,
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    falls: &mut Falls,
) -> bool {
    let stays = match place(known, told, now) {
        Place::Earlier => true,
        Place::Same => falls.get(&told.id).is_none_or(|first| at <= *first),
        Place::Newer => false,
    };
    if !stays {
        falls.remove(&told.id);
    } else if matches!(place(known, told, now), Place::Same) {
        falls.entry(told.id.clone()).or_insert(at);
    }
    stays
}

/// Where a record's figure stands beside the known one.
enum Place {
    /// In an earlier period.
    Earlier,
    /// In the same period, and lower.
    Same,
    /// As far or further on, or nothing speaks against it.
    Newer,
}

fn place(known: &Window, told: &Window, now: DateTime<Utc>) -> Place {
    let Some(end) = known.resets_at.filter(|end| *end > now) else { return Place::Newer };
    match told.resets_at {
        Some(other) if other < end - SAME_END => return Place::Earlier,
        Some(other) if other > end + SAME_END => return Place::Newer,
        Some(_) | None => {}
    }
    match (known.used.map(Percent::get), told.used.map(Percent::get)) {
        (Some(known), Some(told)) if told < known => Place::Same,
        _ => Place::Newer,
    }
}
