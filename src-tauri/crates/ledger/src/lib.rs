//! The history of use: what the assistants' own logs tell is read, kept and summed up.

mod archives;
pub mod blocks;
mod brief;
pub mod exchange;
mod ingest;
pub mod prices;
pub mod report;
mod round;
pub mod shelf;
mod sync;
mod tally;
pub mod upkeep;
mod verify;

pub use archives::Taken;
pub use brief::brief;
pub use ingest::{Ingest, Ledger, LedgerError, Oddity, Progress, Reading, Unread, unread};
pub use report::{By, Filter, Query};
pub use shelf::{Opened, Shelf};
pub use sync::Synced;
pub use tally::{Tally, tally};
pub(crate) use upkeep::beside;
pub use verify::{Verdict, verify};
