//! Everything that crosses a process border: what the window is shown, what it may ask, how errors are told.
//!
//! A value never carries a secret back: a secret crosses once, inside [`Draft`], towards the resident.

pub mod bundle;
pub mod command;
pub mod cost;
pub mod diagnosis;
pub mod error;
pub mod history;
pub mod link;
pub mod prices;
pub mod report;
pub mod settings;
pub mod status;
pub mod ts;
pub mod update;

pub use bundle::{
    AttemptLine, Bundle, Card, FirstRun, Fresh, Level, Line, Looked, Meter, TroubleStrip,
};
pub use command::{Command, State};
pub use error::{ErrorCode, IpcError};
pub use settings::{
    About, Assistant, BridgeForm, Draft, KeyringForm, LedgerRow, Organization, ProviderForm,
    SecretDraft, SecretForm, SettingsState, SourceForm,
};
pub use status::ServiceReport;
