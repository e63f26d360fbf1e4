//! The system's keychain: one worker thread, all calls in a row, nobody waits longer than a few seconds.
//!
//! A locked keychain blocks the call until its dialog is answered, so calls never run on the runtime's own threads. The
//! store is made at the first call and again after it failed, so that a keychain that appears later is found.

use super::{Availability, SERVICE, SecretError, SecretKey, platform};
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

pub(super) type Store = Arc<dyn CredentialStoreApi + Send + Sync>;
type Work = Box<dyn FnOnce(&mut Worker) + Send>;

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

    /// Reads an item. A locked keychain brings up its dialog; once a person has closed that, no reading brings it up again.
    pub(super) async fn foreign(
        &self,
        service: &str,
        user: &str,
    ) -> Result<Option<SecretString>, SecretError> {
        let (service, user) = (service.to_owned(), user.to_owned());
        self.ask(move |worker, _| {
            if worker.dismissed && platform::is_item_locked(&service, &user)? {
                return Err(SecretError::Locked);
            }
            worker.dismissed = false;
            let read =
                worker.with_store(|store| match entry(store, &service, &user)?.get_password() {
                    Ok(text) => Ok(Some(SecretString::from(text))),
                    Err(Error::NoEntry) => Ok(None),
                    Err(error) => Err(error),
                });
            worker.dismissed = matches!(read, Err(SecretError::Locked));
            read
        })
        .await
    }

    /// Keeps a secret. Where the caller gave up while a dialog was open, nothing is written: it was told so.
    pub(super) async fn set(
        &self,
        key: &SecretKey,
        secret: SecretString,
    ) -> Result<(), SecretError> {
        let user = key.to_string();
        self.ask(move |worker, caller| {
            platform::unlock().inspect_err(|_| worker.dismissed = true)?;
            if !caller.waits() {
                return Err(SecretError::Locked);
            }
            worker.with_store(|store| {
                entry(store, SERVICE, &user)?.set_password(secret.expose_secret())
            })
        })
        .await
    }

    pub(super) async fn delete(&self, key: &SecretKey) -> Result<(), SecretError> {
        let user = key.to_string();
        self.ask(move |worker, _| {
            worker.with_store(|store| match entry(store, SERVICE, &user)?.delete_credential() {
                Err(Error::NoEntry) => Ok(()),
                other => other,
            })
        })
        .await
    }

    pub(super) async fn availability(&self) -> Availability {
        match self.ask(|_, _| platform::is_locked()).await {
            Ok(false) => Availability::Available,
            Ok(true) | Err(SecretError::Locked) => Availability::Locked,
            Err(SecretError::Absent) => Availability::Absent,
            Err(SecretError::Refused) => Availability::Refused,
        }
    }

    /// Runs one call on the worker.
    async fn ask<T: Send + 'static>(
        &self,
        call: impl FnOnce(&mut Worker, &Caller<T>) -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        if self.busy.load(Ordering::Acquire) {
            return Err(SecretError::Locked);
        }
        let worker = self.worker.get_or_init(start_worker).as_ref().ok_or(SecretError::Refused)?;
        let (tell, answer) = oneshot::channel();
        let caller = Caller(tell);
        let work: Work = Box::new(move |worker| {
            if caller.waits() {
                let answer = call(worker, &caller);
                caller.0.send(answer).ok(); // the caller has given up
            }
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

/// Who asked.
struct Caller<T>(oneshot::Sender<Result<T, SecretError>>);

impl<T> Caller<T> {
    /// Whether the caller still wants the answer.
    fn waits(&self) -> bool {
        !self.0.is_closed()
    }
}

fn start_worker() -> Option<mpsc::Sender<Work>> {
    let (sender, works) = mpsc::channel::<Work>();
    let run = move || {
        let mut worker = Worker::default();
        for work in works {
            work(&mut worker);
        }
    };
    std::thread::Builder::new().name("keychain".into()).spawn(run).ok().map(|_| sender)
}

/// What the worker's thread keeps between calls.
#[derive(Default)]
struct Worker {
    store: Option<Store>,
    /// Whether a person closed the dialog, or there was none to answer.
    dismissed: bool,
}

impl Worker {
    /// Runs a call, with a new store if the old one has lost its keychain.
    fn with_store<T>(
        &mut self,
        call: impl Fn(&Store) -> keyring_core::Result<T>,
    ) -> Result<T, SecretError> {
        let was_there = self.store.is_some();
        let attempt = |store: &mut Option<Store>| {
            let made = match store {
                Some(made) => made,
                None => store.insert(platform::open()?),
            };
            call(made)
        };
        match attempt(&mut self.store) {
            Err(Error::PlatformFailure(_) | Error::NoDefaultStore) if was_there => {
                self.store = None;
                attempt(&mut self.store)
            }
            other => other,
        }
        .map_err(|error| {
            let kind = platform::classify(&error);
            if kind != SecretError::Locked {
                self.store = None;
            }
            tracing::debug!(%kind, "the keychain failed");
            kind
        })
    }
}

fn entry(store: &Store, service: &str, user: &str) -> keyring_core::Result<Entry> {
    store.build(service, user, None)
}
