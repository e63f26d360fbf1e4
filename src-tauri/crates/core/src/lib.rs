//! The pure domain: what a limit, a reading, a failure and an alert are, and every decision about them.
//!
//! Nothing here does I/O or reads a clock: a function that needs the time takes `now`. The types derive serde so that
//! one form serves disk, socket and window alike; no format crate is known here.

pub mod allowance;
pub mod amount;
pub mod block;
pub mod bundle;
pub mod cost;
pub mod currency;
pub mod custom;
pub mod gate;
pub mod history;
pub mod id;
pub mod notice;
pub mod pace;
pub mod poll;
pub mod reading;
mod resets;
pub mod response;
pub mod schedule;
pub mod settings;
pub mod status;
pub mod trouble;
pub mod window;

pub use allowance::Allowance;
pub use amount::Amount;
pub use bundle::{
    Freshness, Origin, ProviderInfo, Seat, SeatState, Seen, Stamp, UsageSnapshotBundle,
    default_stale_after,
};
pub use currency::Currency;
pub use id::{AccountKey, ProviderId, SourceId};
pub use poll::{Poll, SourceStanding, Standing};
pub use reading::{Account, Coverage, CreditUnit, Credits, Reading, Spend};
pub use resets::SavedResets;
pub use response::{Response, Tokens};
pub use settings::Settings;
pub use trouble::{Attempt, AttemptResult, Failure, Finding, Skip, Trouble};
pub use window::{Percent, Scope, Window, WindowKind};
