//! Newer releases: what is offered, whether it is really ours, and how it takes the place of what runs.
//!
//! What is downloaded counts for nothing until its signature is that of the key that is built in, and names the version that
//! was announced: so nobody else's file is installed, and no old one as a new one.

mod install;
mod manifest;
mod place;
mod signature;

pub use install::{Installed, Previous, download, install};
pub use manifest::{Channel, Offer, check};
pub use place::{Place, place};
pub use signature::{Key, verify};

use claudometer_host::http::HttpError;
use std::io;

/// Why there is no update, or why it did not take place. What runs goes on in every case.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// This build has no key, so it cannot tell what is ours.
    #[error("this build has no key to verify updates with")]
    NoKey,
    /// Nobody answered.
    #[error("the releases could not be asked: {0}")]
    Http(#[from] HttpError),
    /// There is no release, or none of this channel.
    #[error("there is no release to be had (status {0})")]
    NoRelease(u16),
    /// What is told of the release is not understood.
    #[error("what is told of the newest release is not understood: {0}")]
    Manifest(String),
    /// There is a release, but none for this system.
    #[error("the newest release has nothing for {0}")]
    Platform(String),
    /// The file is not what its maker signed, or somebody else signed it.
    #[error("the file is not signed by Claudometer's makers: {0}")]
    Signature(String),
    /// The signature is for another version than the one that was announced.
    #[error("the file was signed as version {signed}, but announced as {announced}")]
    Version {
        /// What the signature says.
        signed: String,
        /// What was announced.
        announced: String,
    },
    /// The archive does not hold what it should.
    #[error("the file holds no Claudometer: {0}")]
    Archive(String),
    /// No space is left, or the place cannot be written.
    #[error("it could not be put in its place: {0}")]
    File(#[from] io::Error),
}

impl UpdateError {
    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoKey => {
                "Install a release, or build with a key of your own; UPDATER_SIGNING.md says how."
            }
            Self::Http(_) => "Try again when you are online; it is tried again tomorrow by itself.",
            Self::NoRelease(_) => "Try again later.",
            Self::Manifest(_) | Self::Platform(_) => "Look at the release's page.",
            Self::Signature(_) | Self::Version { .. } | Self::Archive(_) => {
                "Nothing was installed. Please report it, with this text."
            }
            Self::File(error) if error.kind() == io::ErrorKind::StorageFull => {
                "Make some room and try again."
            }
            Self::File(_) => "Look whether you may write into the program's folder, and try again.",
        }
    }
}
