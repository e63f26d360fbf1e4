//! A notification daemon that remembers what it was asked to show.
#![allow(missing_docs, reason = "the interface macro makes methods that nobody calls by name")]

use anyhow::Result;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zbus::{Connection, connection, interface, object_server::SignalEmitter, zvariant::OwnedValue};

const PATH: &str = "/org/freedesktop/Notifications";

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub id: u32,
    /// Title.
    pub summary: String,
    /// Text.
    pub body: String,
    /// Keys of its actions.
    pub actions: Vec<String>,
}

type Log = Arc<Mutex<Vec<Shown>>>;

/// The daemon.
#[derive(Debug)]
pub struct Notifications {
    connection: Connection,
    log: Log,
}

struct Daemon(Log);

#[interface(name = "org.freedesktop.Notifications")]
impl Daemon {
    fn get_capabilities(&self) -> Vec<String> {
        ["body", "actions"].map(String::from).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        ("recorder".into(), "claudometer".into(), "1".into(), "1.2".into())
    }

    #[expect(clippy::too_many_arguments, reason = "the interface is the freedesktop one")]
    fn notify(
        &mut self,
        _app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = u32::try_from(log.len()).unwrap_or(u32::MAX).saturating_add(1);
        let id = if replaces == 0 { next } else { replaces };
        let actions = actions.into_iter().step_by(2).collect();
        log.push(Shown { id, summary, body, actions });
        id
    }

    fn close_notification(&self, _id: u32) {}

    #[zbus(signal)]
    async fn action_invoked(
        emitter: &SignalEmitter<'_>,
        id: u32,
        action_key: &str,
    ) -> zbus::Result<()>;
}

impl Notifications {
    /// Takes the name on a bus.
    pub async fn start(address: &str) -> Result<Self> {
        let log = Log::default();
        let connection = connection::Builder::address(address)?
            .serve_at(PATH, Daemon(Arc::clone(&log)))?
            .name("org.freedesktop.Notifications")?
            .build()
            .await?;
        Ok(Self { connection, log })
    }

    /// Everything that was shown so far.
    pub fn shown(&self) -> Vec<Shown> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A person clicks on a notification.
    pub async fn click(&self, id: u32) -> Result<()> {
        let emitter = SignalEmitter::new(&self.connection, PATH)?;
        Ok(Daemon::action_invoked(&emitter, id, "default").await?)
    }
}
