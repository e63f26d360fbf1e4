//! The login keychain of macOS. It is unlocked with the session, and asks by itself where it is not.

use super::{SecretError, keychain::Store};
use keyring_core::Error;

/// A new handle to the keychain.
pub(super) fn open() -> keyring_core::Result<Store> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

/// Whether the keychain is locked, as far as it can be told without asking for a password.
#[expect(clippy::unnecessary_wraps, reason = "the other platform's question can fail")]
pub(super) const fn is_locked() -> Result<bool, SecretError> {
    Ok(false)
}

/// Whether an item is kept in a locked keychain, as far as it can be told without asking for a password.
#[expect(clippy::unnecessary_wraps, reason = "the other platform's question can fail")]
pub(super) const fn is_item_locked(_service: &str, _user: &str) -> Result<bool, SecretError> {
    Ok(false)
}

/// Nothing to do: writing asks by itself.
#[expect(clippy::unnecessary_wraps, reason = "the other platform's step can fail")]
pub(super) const fn unlock() -> Result<(), SecretError> {
    Ok(())
}

/// What a failure of the store means. The platform's own texts never leave: they may name items.
pub(super) const fn classify(error: &Error) -> SecretError {
    match error {
        Error::NoStorageAccess(_) => SecretError::Locked,
        Error::NoDefaultStore => SecretError::Absent,
        _ => SecretError::Refused,
    }
}
