//! Signatures by minisign, which name the version that they are for.

use crate::UpdateError;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use claudometer_host::{Host, env};
use minisign_verify::{PublicKey, Signature};

/// The makers' public key, as `minisign` writes it; empty until they have made one.
const BUILT_IN: &str = include_str!("../assets/update.pub");
/// What stands before the version in a signature's trusted comment.
const VERSION: &str = "version:";

/// A key that signatures are verified with.
#[derive(Debug, Clone)]
pub struct Key(PublicKey);

impl Key {
    /// The key that is built in.
    pub fn built_in() -> Result<Self, UpdateError> {
        Self::of(BUILT_IN)
    }

    /// The key that counts here: under test another one, where everything is asked on this machine.
    pub fn of_host(host: &Host) -> Result<Self, UpdateError> {
        let tested = host.http.test_origin().and_then(|_| host.env.get(env::TEST_UPDATE_KEY));
        tested.map_or_else(Self::built_in, Self::of)
    }

    /// A key as `minisign` writes it: a line of comment, and one of base64.
    pub fn of(text: &str) -> Result<Self, UpdateError> {
        let line = text.lines().rfind(|line| !line.trim().is_empty()).ok_or(UpdateError::NoKey)?;
        PublicKey::from_base64(line.trim()).map(Self).map_err(|_| UpdateError::NoKey)
    }
}

/// Whether these bytes are what was signed for this version. The signature is base64 of what `minisign` writes.
pub fn verify(
    bytes: &[u8],
    signature: &str,
    version: &semver::Version,
    key: &Key,
) -> Result<(), UpdateError> {
    let wrong = |why: &dyn std::fmt::Display| UpdateError::Signature(why.to_string());
    let text = STANDARD.decode(signature.trim()).map_err(|error| wrong(&error))?;
    let text = String::from_utf8(text).map_err(|error| wrong(&error))?;
    let signature = Signature::decode(&text).map_err(|error| wrong(&error))?;
    key.0.verify(bytes, &signature, false).map_err(|error| wrong(&error))?;
    // The trusted comment is signed as well.
    let signed =
        signature.trusted_comment().split('\t').find_map(|part| part.strip_prefix(VERSION));
    let announced = version.to_string();
    match signed {
        Some(signed) if signed == announced => Ok(()),
        Some(signed) => Err(UpdateError::Version { signed: signed.to_owned(), announced }),
        None => Err(wrong(&"its signature names no version")),
    }
}
