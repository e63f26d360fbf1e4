//! Waking up and coming back online, as the system tells them.

use tokio::sync::mpsc;

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The machine woke from sleep.
    Wake,
    /// A network connection came up.
    NetworkUp,
}

/// Listens until the receiver is dropped. Where the system tells nothing, nothing ever comes; the engine notices a
/// sleep by the clock all the same.
pub fn listen() -> mpsc::Receiver<Change> {
    let (tell, changes) = mpsc::channel(4);
    tokio::spawn(async move {
        if let Err(error) = system::follow(&tell).await {
            tracing::debug!(%error, "sleep and network are not heard");
        }
    });
    changes
}

#[cfg(target_os = "linux")]
mod system {
    use super::Change;
    use futures::StreamExt as _;
    use tokio::sync::mpsc;
    use zbus::Connection;

    /// NetworkManager's state for "connected to the internet".
    const CONNECTED_GLOBAL: u32 = 70;

    #[zbus::proxy(
        interface = "org.freedesktop.login1.Manager",
        default_service = "org.freedesktop.login1",
        default_path = "/org/freedesktop/login1",
        gen_blocking = false
    )]
    trait Login {
        #[zbus(signal)]
        fn prepare_for_sleep(&self, begins: bool) -> zbus::Result<()>;
    }

    #[zbus::proxy(
        interface = "org.freedesktop.NetworkManager",
        default_service = "org.freedesktop.NetworkManager",
        default_path = "/org/freedesktop/NetworkManager",
        gen_blocking = false
    )]
    trait Network {
        #[zbus(signal, name = "StateChanged")]
        fn network_state_changed(&self, state: u32) -> zbus::Result<()>;
    }

    pub(super) async fn follow(
        tell: &mpsc::Sender<Change>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let bus = Connection::system().await?;
        let mut sleeps = LoginProxy::new(&bus).await?.receive_prepare_for_sleep().await?;
        let mut networks = NetworkProxy::new(&bus).await?.receive_network_state_changed().await?;
        loop {
            let change = tokio::select! {
                () = tell.closed() => return Ok(()),
                Some(sleep) = sleeps.next() => (!sleep.args()?.begins).then_some(Change::Wake),
                Some(network) = networks.next() => (network.args()?.state == CONNECTED_GLOBAL).then_some(Change::NetworkUp),
                else => return Ok(()),
            };
            if let Some(change) = change {
                tell.send(change).await?;
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use super::Change;
    use tokio::sync::mpsc;

    /// The engine's clock notices a sleep; a returning network is noticed at the next try.
    pub(super) async fn follow(tell: &mpsc::Sender<Change>) -> Result<(), std::io::Error> {
        tell.closed().await;
        Ok(())
    }
}
