//! What the Secret Service of a Linux desktop tells beyond the common store: whether it is locked, and why it failed.

use super::{SecretError, keychain::Store};
use dbus_secret_service::{EncryptionType, Error as ServiceError, SecretService};
use keyring_core::Error;
use std::collections::HashMap;

/// Name of the keyring that is made where a desktop has none to keep secrets in.
const NEW_KEYRING: &str = "Default";
/// How the bus calls everything that goes wrong on the way to a service.
const BUS: &str = "org.freedesktop.DBus.Error.";
/// Errors of the bus which mean that somebody is there and does not answer.
const SILENT: &[&str] = &["NoReply", "Timeout", "TimedOut"];
/// How the Secret Service says that it waits to be unlocked.
const LOCKED: &str = "org.freedesktop.Secret.Error.IsLocked";

/// A new connection to the keyring.
pub(super) fn open() -> keyring_core::Result<Store> {
    Ok(dbus_secret_service_keyring_store::Store::new()?)
}

/// Whether the keyring in which new secrets go is locked. Brings up no dialog.
pub(super) fn is_locked() -> Result<bool, SecretError> {
    let service = connect()?;
    match service.get_default_collection() {
        Ok(keyring) => keyring.is_locked().map_err(|error| kind_of(&error)),
        Err(ServiceError::NoResult) => Ok(false),
        Err(error) => Err(kind_of(&error)),
    }
}

/// Whether an item is kept in a locked keyring. Brings up no dialog.
pub(super) fn is_item_locked(service: &str, user: &str) -> Result<bool, SecretError> {
    let attributes = HashMap::from([("service", service), ("username", user)]);
    let keyring = connect()?;
    let found = keyring.search_items(attributes).map_err(|error| kind_of(&error))?;
    Ok(!found.locked.is_empty())
}

/// Makes sure that a new secret can be kept: unlocks the keyring, or makes one where the desktop has none. Blocks until a
/// person has answered the dialog that this may take.
pub(super) fn unlock() -> Result<(), SecretError> {
    let service = connect()?;
    let keyring = match service.get_default_collection() {
        Err(ServiceError::NoResult) => service.create_collection(NEW_KEYRING, "default"),
        known => known,
    };
    keyring.and_then(|keyring| keyring.ensure_unlocked()).map_err(|error| kind_of(&error))
}

/// What a failure of the store means. The platform's own texts never leave: they may name items.
pub(super) fn classify(error: &Error) -> SecretError {
    match error {
        Error::NoDefaultStore => SecretError::Absent,
        Error::NoStorageAccess(cause) | Error::PlatformFailure(cause) => {
            cause.downcast_ref().map_or(SecretError::Refused, kind_of)
        }
        _ => SecretError::Refused,
    }
}

fn connect() -> Result<SecretService, SecretError> {
    // No secret crosses these connections.
    SecretService::connect(EncryptionType::Plain).map_err(|error| kind_of(&error))
}

fn kind_of(error: &ServiceError) -> SecretError {
    match error {
        ServiceError::Locked | ServiceError::Prompt => SecretError::Locked,
        ServiceError::Unavailable => SecretError::Absent,
        ServiceError::Dbus(error) => kind_of_name(error.name().unwrap_or_default()),
        _ => SecretError::Refused,
    }
}

fn kind_of_name(name: &str) -> SecretError {
    match name.strip_prefix(BUS) {
        Some(name) if SILENT.contains(&name) => SecretError::Refused,
        Some(_) => SecretError::Absent,
        None if name == LOCKED => SecretError::Locked,
        None => SecretError::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_error_tells_no_keyring_from_a_locked_or_a_broken_one() {
        for (name, kind) in [
            ("org.freedesktop.DBus.Error.ServiceUnknown", SecretError::Absent),
            ("org.freedesktop.DBus.Error.NoServer", SecretError::Absent),
            ("org.freedesktop.DBus.Error.NotSupported", SecretError::Absent),
            ("org.freedesktop.DBus.Error.NoReply", SecretError::Refused),
            ("org.freedesktop.Secret.Error.IsLocked", SecretError::Locked),
            ("org.freedesktop.Secret.Error.NoSession", SecretError::Refused),
            ("", SecretError::Refused),
        ] {
            assert_eq!(kind_of_name(name), kind, "{name}");
        }
    }

    #[test]
    fn the_cause_of_a_failure_is_found_in_the_error_of_the_store() {
        for (cause, kind) in [
            (ServiceError::Prompt, SecretError::Locked),
            (ServiceError::Unavailable, SecretError::Absent),
            (ServiceError::Parse, SecretError::Refused),
        ] {
            assert_eq!(classify(&Error::PlatformFailure(Box::new(cause))), kind);
        }
        assert_eq!(classify(&Error::BadEncoding(b"token".to_vec())), SecretError::Refused);
    }
}
