//! The history of use: what the assistants' own logs tell is read, kept and summed up.

mod ingest;
mod tally;

pub use ingest::{Ingest, Ledger, LedgerError, Oddity};
pub use tally::{Tally, tally};
