//! The durable history: every billed response once, sums by day, and how far each log has been read. One SQLite file.

mod batch;
mod days;
mod files;
mod names;
mod open;
mod row;

pub use batch::{Batch, Judge};
pub use days::{DayKey, SessionNumber, Sessions, Sums};
pub use files::{KnownFile, Stamp};
pub use open::{Store, StoreError};
pub use row::Stored;
