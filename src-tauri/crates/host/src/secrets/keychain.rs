//! The system's keychain: one worker thread, all calls in a row, nobody waits longer than a few seconds.
//!
//! A locked keychain blocks the call until its dialog is answered, so calls never run on the runtime's own threads. The
//! store is made at the first call and again after it failed, so that a keychain that appears later is found.

use super::{Availability, SERVICE, SecretError, SecretKey};
use keyring_core::{Entry, Error, api::CredentialStoreApi};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};
use tokio::sync::oneshot;

/// How long a caller waits. The worker may wait on, for a dialog.
const WAIT: Duration = Duration::from_secs(5);
/// An item that nobody has: asking for it tells whether the keychain answers.
const PROBE: &str = "claudometer/probe/none";

type Store = Arc<dyn CredentialStoreApi + Send + Sync>;
type Work = Box<dyn FnOnce(&mut Option<Store>) + Send>;

/// A handle to the worker.
pub(super) struct Keychain {
    worker: OnceLock<Option<mpsc::Sender<Work>>>,
    /// Whether the worker waits for a dialog: then nobody queues behind it.
    busy: Arc<AtomicBool>,
}

impl fmt::Debug for Keychain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keychain")
            .field("busy", &self.busy.load(Ordering::Relaxed))
            .finish_non_exhaustive()
    }
}

impl Keychain {
    pub(super) fn system() -> Self {
        Self { worker: OnceLock::new(), busy: Arc::default() }
    }

    pub(super) async fn get(&self, key: &SecretKey) -> Result<Option<SecretString>, SecretError> {
        self.foreign(SERVICE, &key.to_string()).await
    }

    pub(super) async fn foreign(
        &self,
        service: &str,
        user: &str,
    ) -> Result<Option<SecretString>, SecretError> {
        let (service, user) = (service.to_owned(), user.to_owned());
        self.ask(move |store| match entry(store, &service, &user)?.get_password() {
            Ok(text) => Ok(Some(SecretString::from(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
        .await
    }

    pub(super) async fn set(
        &self,
        key: &SecretKey,
        secret: SecretString,
    ) -> Result<(), SecretError> {
        let user = key.to_string();
        self.ask(move |store| entry(store, SERVICE, &user)?.set_password(secret.expose_secret()))
            .await
    }

    pub(super) async fn delete(&self, key: &SecretKey) -> Result<(), SecretError> {
        let user = key.to_string();
        self.ask(move |store| match entry(store, SERVICE, &user)?.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            other => other,
        })
        .await
    }

    pub(super) async fn availability(&self) -> Availability {
        match self.foreign(SERVICE, PROBE).await {
            Ok(_) => Availability::Available,
            Err(SecretError::Absent) => Availability::Absent,
            Err(SecretError::Locked | SecretError::Refused) => Availability::Locked,
        }
    }

    /// Runs one call on the worker.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl Fn(&Store) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<T, SecretError> {
        if self.busy.load(Ordering::Acquire) {
            return Err(SecretError::Locked);
        }
        let worker = self.worker.get_or_init(start_worker).as_ref().ok_or(SecretError::Refused)?;
        let (tell, answer) = oneshot::channel();
        let work: Work = Box::new(move |store| {
            tell.send(with_store(store, &call)).ok(); // the caller has given up
        });
        worker.send(work).map_err(|_| SecretError::Refused)?;
        match tokio::time::timeout(WAIT, answer).await {
            Ok(answer) => answer.unwrap_or(Err(SecretError::Refused)),
            Err(_) => {
                self.wait_for_worker(worker);
                Err(SecretError::Locked)
            }
        }
    }

    /// Callers are turned away until the worker is through with what it waits for.
    fn wait_for_worker(&self, worker: &mpsc::Sender<Work>) {
        self.busy.store(true, Ordering::Release);
        let busy = Arc::clone(&self.busy);
        let free: Work = Box::new(move |_| busy.store(false, Ordering::Release));
        if worker.send(free).is_err() {
            self.busy.store(false, Ordering::Release);
        }
    }
}

fn start_worker() -> Option<mpsc::Sender<Work>> {
    let (worker, works) = mpsc::channel::<Work>();
    let run = move || {
        let mut store = None;
        for work in works {
            work(&mut store);
        }
    };
    std::thread::Builder::new().name("keychain".into()).spawn(run).ok().map(|_| worker)
}

/// Runs a call, with a new store if the old one has lost its keychain.
fn with_store<T>(
    store: &mut Option<Store>,
    call: &impl Fn(&Store) -> keyring_core::Result<T>,
) -> Result<T, SecretError> {
    let was_there = store.is_some();
    let attempt = |store: &mut Option<Store>| {
        let made = match store {
            Some(made) => made,
            None => store.insert(open_store()?),
        };
        call(made)
    };
    match attempt(store) {
        Err(Error::PlatformFailure(_) | Error::NoDefaultStore) if was_there => {
            *store = None;
            attempt(store)
        }
        other => other,
    }
    .map_err(|error| {
        let kind = classify(&error);
        if kind != SecretError::Locked {
            *store = None;
        }
        kind
    })
}

#[cfg(target_os = "linux")]
fn open_store() -> keyring_core::Result<Store> {
    Ok(dbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn open_store() -> keyring_core::Result<Store> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

fn entry(store: &Store, service: &str, user: &str) -> keyring_core::Result<Entry> {
    store.build(service, user, None)
}

/// What a failure means. The texts of the platform never leave: they may name items.
fn classify(error: &Error) -> SecretError {
    match error {
        Error::NoStorageAccess(_) => SecretError::Locked,
        Error::NoDefaultStore => SecretError::Absent,
        Error::PlatformFailure(cause) => {
            let text = cause.to_string();
            tracing::debug!("the keychain failed");
            if text.contains("ocked") { SecretError::Locked } else { SecretError::Absent }
        }
        _ => SecretError::Refused,
    }
}
