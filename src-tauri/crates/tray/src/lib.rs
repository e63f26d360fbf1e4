//! The tray of a Linux desktop: an own `StatusNotifierItem` with its menu, spoken directly over the session bus.
//!
//! Served with zbus itself, because no library offers both the text beside the icon (`XAyatanaLabel`) and rows whose ids stay
//! the same when the menu changes its shape. Nothing here polls: an idle tray never wakes up.
#![cfg(target_os = "linux")]

mod item;
mod menu;
mod shown;
mod watcher;

use claudometer_view::tray::{Action, TrayModel};
use item::Item;
use menu::Menu;
use shown::{Change, Shared};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use tokio::sync::mpsc;
use zbus::{Connection, connection, object_server::SignalEmitter};

pub use watcher::host_present;

/// Why there can be no tray.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No session bus answers. A bus without a tray on it is no error.
    #[error("the session bus does not answer: {0}")]
    Bus(#[from] zbus::Error),
}

/// What a person did, or the desktop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Left click. The token lets a window take the focus on Wayland.
    Activate {
        /// The desktop's activation token.
        token: Option<String>,
    },
    /// Middle click.
    Refresh,
    /// Scrolled down: the next provider.
    ShowNext,
    /// Scrolled up: the provider before.
    ShowPrevious,
    /// A row of the menu was clicked.
    Action {
        /// What it asks for.
        action: Action,
        /// The desktop's activation token.
        token: Option<String>,
    },
    /// Whether anything on this desktop shows the tray: told once at the start, then with every change.
    HostPresent(bool),
}

static ITEMS: AtomicU32 = AtomicU32::new(1);

/// A tray on the bus. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Tray {
    connection: Connection,
    shared: Arc<Shared>,
}

/// Puts the tray on the session bus and keeps it registered, also where the desktop's tray comes later or restarts. What
/// happens to it is told through `tell`; when that is full, clicks are lost rather than waited for.
///
/// Fails only without a session bus. Needs a tokio runtime, and runs in it.
pub async fn spawn(tell: mpsc::Sender<Event>) -> Result<Tray, Error> {
    let shared = Arc::new(Shared::new(tell));
    let name = format!(
        "org.kde.StatusNotifierItem-{}-{}",
        std::process::id(),
        ITEMS.fetch_add(1, Ordering::Relaxed)
    );
    let connection = connection::Builder::session()?
        .serve_at(item::PATH, Item(shared.clone()))?
        .serve_at(menu::PATH, Menu(shared.clone()))?
        .name(name.as_str())?
        .build()
        .await?;
    watcher::keep_registered(&connection, name, shared.clone()).await?;
    Ok(Tray { connection, shared })
}

impl Tray {
    /// Shows a model. Where only texts differ from the last one, they change in place, also in an open menu.
    pub async fn show(&self, model: TrayModel) {
        let changes = self.shared.show(model);
        if let Err(error) = self.announce(changes).await {
            tracing::debug!(%error, "a change of the tray was not announced");
        }
    }

    /// Takes the tray off the desktop.
    pub async fn end(self) {
        if let Err(error) = self.connection.close().await {
            tracing::debug!(%error, "the session bus was gone already");
        }
    }

    async fn announce(&self, changes: Vec<Change>) -> zbus::Result<()> {
        let item = SignalEmitter::new(&self.connection, item::PATH)?;
        let menu = SignalEmitter::new(&self.connection, menu::PATH)?;
        for change in changes {
            match change {
                Change::Icon => Item::new_icon(&item).await?,
                Change::Label(label) => {
                    Item::x_ayatana_new_label(&item, &label, item::LABEL_GUIDE).await?;
                }
                Change::Tooltip => Item::new_tool_tip(&item).await?,
                Change::Texts(rows) => {
                    Menu::items_properties_updated(&menu, rows, Vec::new()).await?;
                }
                Change::Layout(revision) => {
                    Menu::layout_updated(&menu, revision, menu::ROOT).await?;
                }
            }
        }
        Ok(())
    }
}
