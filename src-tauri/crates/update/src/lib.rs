//! Newer releases: what is offered, whether it is really ours, and how it takes the place of what runs.
//!
//! What is downloaded counts for nothing until its signature is that of the key that is built in, and names the version that
//! was announced: so nobody else's file is installed, and no old one as a new one.

mod install;
mod manifest;
mod place;
mod signature;
mod unpack;

pub use install::{Previous, download, install};
pub use manifest::{Channel, Offer, check};
pub use place::{Installation, Place, WHOLE, place};
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
    #[error("the releases could not be asked: {}", asked(*.0))]
    Http(HttpError),
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

impl From<HttpError> for UpdateError {
    fn from(error: HttpError) -> Self {
        match error {
            HttpError::Unwritable(kind) => Self::File(kind.into()),
            HttpError::Connect
            | HttpError::Proxy
            | HttpError::Tls
            | HttpError::Timeout
            | HttpError::Broken
            | HttpError::TooLarge
            | HttpError::Malformed => Self::Http(error),
        }
    }
}

/// What came of asking.
const fn asked(error: HttpError) -> &'static str {
    match error {
        HttpError::Connect => "no connection could be made",
        HttpError::Proxy => "a proxy did not let the connection through",
        HttpError::Tls => "no secure connection could be made",
        HttpError::Timeout => "they did not answer in time",
        HttpError::Broken => "the answer broke off",
        HttpError::TooLarge => "the answer is larger than any release",
        HttpError::Malformed => "the address is none",
        HttpError::Unwritable(_) => "what came could not be written",
    }
}

impl UpdateError {
    /// Whether there is no room for it.
    pub(crate) fn needs_room(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        matches!(self, Self::File(error) if [StorageFull, QuotaExceeded, FileTooLarge].contains(&error.kind()))
    }

    /// What is wrong and what to do about it, in sentences.
    pub fn sentences(&self) -> String {
        let text = self.to_string();
        let mut letters = text.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{first}{}. {}", letters.as_str(), self.remedy())
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NoKey => {
                "Install a release, or build with a key of your own; UPDATER_SIGNING.md says how."
            }
            Self::Http(HttpError::Broken) => "Try again: it goes on where it ended.",
            Self::Http(HttpError::Tls) => {
                "Is the clock right? Where a company's proxy looks into connections, CLAUDOMETER_CA_FILE names its certificates."
            }
            Self::Http(HttpError::TooLarge | HttpError::Malformed)
            | Self::Manifest(_)
            | Self::Platform(_) => "Look at the release's page.",
            Self::Http(_) => "Try again when you are online; it is tried again tomorrow by itself.",
            Self::NoRelease(_) => "Try again later.",
            Self::Signature(_) | Self::Version { .. } | Self::Archive(_) => {
                "Nothing was installed. Please report it, with this text."
            }
            Self::File(_) if self.needs_room() => "Make some room and try again.",
            Self::File(_) => "Look whether you may write into the program's folder, and try again.",
        }
    }
}
