//! Secrets that a person typed: in the system's keychain, or in memory until we end. Nowhere else.

mod keychain;
mod missing;
#[cfg_attr(target_os = "linux", path = "secrets/linux.rs")]
#[cfg_attr(target_os = "macos", path = "secrets/macos.rs")]
mod platform;

use crate::{Files, redact};
use keychain::Keychain;
use missing::Missing;
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The keychain's service name of everything that is ours.
const SERVICE: &str = "claudometer";

/// Which secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SecretKey {
    /// Provider id.
    pub provider: String,
    /// Account at it.
    pub account: String,
    /// Field id.
    pub field: String,
}

impl fmt::Display for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.provider, self.account, self.field)
    }
}

/// How long a secret is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// In the keychain.
    Keychain,
    /// In memory, until we end.
    Session,
}

/// Whether the keychain can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// It answers.
    Available,
    /// It waits for a person to unlock it.
    Locked,
    /// There is none.
    Absent,
    /// There is one, and it does not do its work.
    Refused,
    /// This run keeps secrets in memory only, by choice.
    MemoryOnly,
}

impl Availability {
    /// What it means, and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Available => "The keyring answers.",
            Self::Locked => "The keyring is locked. Unlock it; Claudometer notices by itself.",
            Self::Absent => {
                "No keyring is there (no Secret Service on the session bus). Start gnome-keyring, KWallet or KeePassXC; until then a secret is kept only until Claudometer ends."
            }
            Self::Refused => {
                "The keyring does not answer as it should. Look at it with the desktop's own tool for passwords and keys; until then a secret is kept only until Claudometer ends."
            }
            Self::MemoryOnly => {
                "Secrets are kept in memory only, as CLAUDOMETER_SECRETS asks; they go when Claudometer ends."
            }
        }
    }
}

/// Why a secret could not be read or kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is no keychain.
    #[error(
        "No keyring is there. Turn \"remember\" off to keep the secret until Claudometer ends, or start a keyring."
    )]
    Absent,
    /// It waits to be unlocked.
    #[error("The keyring is locked. Unlock it, then try again.")]
    Locked,
    /// It refused.
    #[error("The keyring refused. Look at it with the desktop's own tool for passwords and keys.")]
    Refused,
}

/// The way to secrets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Secrets(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keychain: Option<Keychain>,
    /// Secrets of this session, and copies of what the keychain gave, so that a poll does not ask it each time.
    memory: Mutex<HashMap<SecretKey, Known>>,
    /// When the keychain last said that it has no such secret. A keychain that is closed or absent said nothing.
    missing: Missing,
    /// Items of other programs, where there is no keychain: service, user, secret.
    items: Vec<(String, String, SecretString)>,
}

#[derive(Debug, Clone)]
enum Known {
    /// Kept in memory only.
    Session(SecretString),
    /// The keychain has it.
    Stored(SecretString),
}

impl Known {
    const fn secret(&self) -> &SecretString {
        match self {
            Self::Session(secret) | Self::Stored(secret) => secret,
        }
    }
}

impl Secrets {
    /// The system's keychain. Nothing is asked before the first secret is. The names of what it has not are noted in a file.
    pub fn keychain(files: Files, missing: PathBuf) -> Self {
        Self::over(Some(Keychain::system()), Missing::at(files, missing))
    }

    /// Memory only.
    pub fn in_memory() -> Self {
        Self::over(None, Missing::default())
    }

    /// Memory only, with these items of other programs: service, user, secret.
    pub fn in_memory_with(items: Vec<(String, String, SecretString)>) -> Self {
        let missing = Missing::default();
        Self(Arc::new(Inner { keychain: None, memory: Mutex::default(), missing, items }))
    }

    fn over(keychain: Option<Keychain>, missing: Missing) -> Self {
        let items = Vec::new();
        Self(Arc::new(Inner { keychain, memory: Mutex::default(), missing, items }))
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<SecretKey, Known>> {
        self.0.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes for the next process what the keychain has not.
    pub fn note_missing(&self) {
        self.0.missing.write();
    }

    /// The secret. `None` where none is kept, and where there is no keychain that could have one.
    pub async fn get(&self, key: &SecretKey) -> Result<Option<SecretString>, SecretError> {
        if let Some(known) = self.memory().get(key) {
            return Ok(Some(known.secret().clone()));
        }
        let Some(keychain) = &self.0.keychain else { return Ok(None) };
        if self.0.missing.is(key, missing::OURS) {
            return Ok(None);
        }
        let secret = match keychain.get(key).await {
            // It may come later.
            Err(SecretError::Absent) => None,
            Ok(None) => {
                self.0.missing.note(key);
                None
            }
            other => other?,
        };
        if let Some(secret) = &secret {
            redact::register(secret.expose_secret());
            // One that was set meanwhile is newer.
            self.memory().entry(key.clone()).or_insert_with(|| Known::Stored(secret.clone()));
        }
        Ok(secret)
    }

    /// Where the secret is kept; `None` where none is.
    pub async fn kept(&self, key: &SecretKey) -> Option<Keep> {
        self.get(key).await.ok()??;
        match self.memory().get(key)? {
            Known::Session(_) => Some(Keep::Session),
            Known::Stored(_) => Some(Keep::Keychain),
        }
    }

    /// Keeps a secret. If this fails it is kept nowhere, and what was kept before still is.
    pub async fn set(
        &self,
        key: &SecretKey,
        secret: SecretString,
        keep: Keep,
    ) -> Result<(), SecretError> {
        redact::register(secret.expose_secret());
        self.0.missing.forget(key);
        let known = match (keep, &self.0.keychain) {
            (Keep::Keychain, Some(keychain)) => {
                keychain.set(key, secret.clone()).await?;
                Known::Stored(secret)
            }
            (Keep::Session, Some(keychain)) => {
                // What the keychain still has would come back at the next start.
                let stored = matches!(self.memory().get(key), Some(Known::Stored(_)));
                match keychain.delete(key).await {
                    Err(error) if stored => return Err(error),
                    Ok(()) | Err(_) => Known::Session(secret),
                }
            }
            (_, None) => Known::Session(secret),
        };
        self.memory().insert(key.clone(), known);
        Ok(())
    }

    /// Forgets a secret, in the keychain and in memory. One that is not there is no error; one that the keychain has and
    /// cannot give up is.
    pub async fn delete(&self, key: &SecretKey) -> Result<(), SecretError> {
        let known = self.memory().remove(key);
        let Some(keychain) = &self.0.keychain else { return Ok(()) };
        match (keychain.delete(key).await, known) {
            (Err(SecretError::Absent), None)
            | (Err(SecretError::Absent | SecretError::Refused), Some(Known::Session(_))) => Ok(()),
            (done, _) => done,
        }
    }

    /// An item that another program keeps, read and never written. Its value is not cached, since its owner changes it; that
    /// there is none is believed for a while, as of our own.
    pub async fn foreign(
        &self,
        service: &str,
        user: &str,
    ) -> Result<Option<SecretString>, SecretError> {
        let Some(keychain) = &self.0.keychain else {
            let meant =
                |(its, whose, _): &&(String, String, SecretString)| its == service && whose == user;
            return Ok(self.0.items.iter().find(meant).map(|(_, _, secret)| secret.clone()));
        };
        let key =
            SecretKey { provider: service.into(), account: user.into(), field: "foreign".into() };
        if self.0.missing.is(&key, missing::FOREIGN) {
            return Ok(None);
        }
        let secret = keychain.foreign(service, user).await?;
        match &secret {
            Some(secret) => redact::register(secret.expose_secret()),
            None => self.0.missing.note(&key),
        }
        Ok(secret)
    }

    /// Whether the keychain can be used now.
    pub async fn availability(&self) -> Availability {
        match &self.0.keychain {
            None => Availability::MemoryOnly,
            Some(keychain) => keychain.availability().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SecretKey {
        SecretKey { provider: "acme".into(), account: "default".into(), field: "key".into() }
    }

    #[tokio::test]
    async fn without_a_keychain_a_secret_lives_until_it_is_forgotten() {
        let secrets = Secrets::in_memory();
        assert!(secrets.get(&key()).await.unwrap().is_none());
        secrets.set(&key(), SecretString::from("a-secret-value"), Keep::Keychain).await.unwrap();
        assert_eq!(
            secrets.kept(&key()).await,
            Some(Keep::Session),
            "it is said where it really is"
        );
        assert_eq!(secrets.get(&key()).await.unwrap().unwrap().expose_secret(), "a-secret-value");
        secrets.delete(&key()).await.unwrap();
        assert_eq!(secrets.kept(&key()).await, None);
    }

    #[tokio::test]
    async fn a_secret_shows_in_no_debug_output_and_is_known_to_the_redactor() {
        let secrets = Secrets::in_memory();
        secrets
            .set(&key(), SecretString::from("another-secret-value"), Keep::Session)
            .await
            .unwrap();
        assert!(!format!("{secrets:?}").contains("another-secret-value"));
        assert!(!redact::scrub("x another-secret-value y").contains("another"));
    }
}
