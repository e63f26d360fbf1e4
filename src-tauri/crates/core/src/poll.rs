//! What one poll of one seat brought.

use crate::{Attempt, Failure, Reading, SourceId};
use chrono::{DateTime, Utc};

/// The outcome of asking a seat's sources in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Poll {
    /// Good answers, passive ones first.
    pub readings: Vec<(SourceId, Reading)>,
    /// What was tried.
    pub attempts: Vec<Attempt>,
    /// The trouble to show when no source that was asked answered. `None` with no readings: nobody was asked.
    pub failure: Option<Failure>,
    /// The earliest moment at which any source may be asked again, in UTC.
    pub not_before: DateTime<Utc>,
}
