//! Registration with the desktop's tray, now and whenever it comes back.

use crate::{Event, shown::Shared};
use futures::StreamExt as _;
use std::sync::Arc;
use zbus::{
    Connection,
    fdo::{DBusProxy, NameOwnerChanged},
    names::BusName,
    proxy::CacheProperties,
};

const WATCHER: &str = "org.kde.StatusNotifierWatcher";

#[zbus::proxy(
    interface = "org.kde.StatusNotifierWatcher",
    default_service = "org.kde.StatusNotifierWatcher",
    default_path = "/StatusNotifierWatcher",
    gen_blocking = false
)]
trait Watcher {
    fn register_status_notifier_item(&self, service: &str) -> zbus::Result<()>;

    #[zbus(property(emits_changed_signal = "false"))]
    fn is_status_notifier_host_registered(&self) -> zbus::Result<bool>;

    #[zbus(signal)]
    fn status_notifier_host_registered(&self) -> zbus::Result<()>;

    #[zbus(signal)]
    fn status_notifier_host_unregistered(&self) -> zbus::Result<()>;
}

/// Whether anything on this desktop shows a tray: somebody watches for items, and somebody draws them. `false` without a
/// session bus.
pub async fn host_present() -> bool {
    match Connection::session().await {
        Ok(connection) => is_present(&connection).await,
        Err(_) => false,
    }
}

async fn is_present(connection: &Connection) -> bool {
    let owned = async {
        let bus = DBusProxy::new(connection).await?;
        // Asked first, because a question to a name that nobody owns would start what may own it.
        bus.name_has_owner(BusName::from_static_str(WATCHER)?).await.map_err(zbus::Error::from)
    };
    if !owned.await.unwrap_or(false) {
        return false;
    }
    let Ok(watcher) = proxy_of(connection).await else { return false };
    // A watcher that does not say is taken to be its own host, as most are.
    watcher.is_status_notifier_host_registered().await.unwrap_or(true)
}

/// Nothing is cached: a cache would follow a property of whose changes no watcher tells.
async fn proxy_of(connection: &Connection) -> zbus::Result<WatcherProxy<'static>> {
    WatcherProxy::builder(connection).cache_properties(CacheProperties::No).build().await
}

/// Registers the item under its bus name, and again with every watcher that appears.
///
/// Fails only when the bus does; a desktop without a watcher is told as [`Event::HostPresent`].
pub(crate) async fn keep_registered(
    connection: &Connection,
    name: String,
    shared: Arc<Shared>,
) -> zbus::Result<()> {
    let watcher = proxy_of(connection).await?;
    let bus = DBusProxy::new(connection).await?;
    // Listening begins before the first try, so that a watcher that appears in between is not missed.
    let mut owners = bus.receive_name_owner_changed_with_args(&[(0, WATCHER)]).await?;
    let mut hosts_came = watcher.receive_status_notifier_host_registered().await?;
    let mut hosts_went = watcher.receive_status_notifier_host_unregistered().await?;
    register(&watcher, &name).await;
    let connection = connection.clone();
    tokio::spawn(async move {
        let mut told = None;
        loop {
            let present = is_present(&connection).await;
            if told.replace(present) != Some(present) {
                shared.tell(Event::HostPresent(present));
            }
            tokio::select! {
                change = owners.next() => match change.as_ref().map(NameOwnerChanged::args) {
                    Some(Ok(args)) if args.new_owner().is_some() => register(&watcher, &name).await,
                    Some(_) => {}
                    None => return tracing::debug!("the session bus is gone"),
                },
                Some(_) = hosts_came.next() => {}
                Some(_) = hosts_went.next() => {}
            }
        }
    });
    Ok(())
}

async fn register(watcher: &WatcherProxy<'_>, name: &str) {
    match watcher.register_status_notifier_item(name).await {
        Ok(()) => tracing::debug!(name, "the tray is registered"),
        Err(error) => tracing::debug!(%error, "no tray is there yet"),
    }
}
