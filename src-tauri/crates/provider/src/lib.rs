//! What a provider is: data, typed sources, and the one pipeline that asks them in order.

pub mod answer;
pub mod book;
pub mod bridge;
pub mod custom;
pub mod descriptor;
pub mod device;
pub mod draft;
pub mod error;
pub mod homes;
pub mod json;
pub mod key;
pub mod lenient;
pub mod local;
pub mod money;
pub mod pipeline;
pub mod program;
pub mod refusal;
pub mod replay;
pub mod scene;
pub mod shape;
pub mod source;
pub mod status;
#[cfg(test)]
mod testing;

pub use answer::Vendor;
pub use book::GateBook;
pub use bridge::{Bridge, BridgeState};
pub use descriptor::{Checked, Organization, Provider, SecretField};
pub use device::DeviceLogin;
pub use draft::{Draft, Odd};
pub use error::FetchError;
pub use refusal::Word;
pub use replay::Recorded;
pub use scene::Scene;
pub use source::{Ask, Fingerprint, Found, Report, Source, SourceSpec};
pub use status::StatusPage;
