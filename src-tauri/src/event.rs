//! What the resident tells, passed on to the page.

use crate::{link::Link, window};
use claudometer_wire::link::{Message, SNAPSHOT_UPDATED};
use std::time::Duration;
use tauri::{AppHandle, Emitter as _, Manager as _};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// The page to show; the payload is its id, or `null`.
const SHOW_PAGE: &str = "show-page";
/// The resident went away.
const GONE: &str = "resident:gone";
/// The resident listens again.
const BACK: &str = "resident:back";
/// Between two looks for a resident that went away.
const PAUSE: Duration = Duration::from_secs(1);

/// Passes everything on, for as long as the window lives.
pub(crate) async fn follow(app: AppHandle) {
    let link = app.state::<Link>();
    let mut gone = link.start().await.is_err();
    if gone {
        tell(&app, GONE);
    }
    loop {
        match link.events().await {
            Ok(events) => {
                link.attend().await;
                if gone {
                    tell(&app, BACK);
                }
                relay(&app, events).await;
                link.forget().await;
                tell(&app, GONE);
                gone = true;
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

async fn relay(app: &AppHandle, mut events: Receiver<Message>) {
    loop {
        match events.recv().await {
            Ok(Message::SnapshotUpdated { bundle }) => {
                app.emit(SNAPSHOT_UPDATED, bundle).ok(); // the window is closing
            }
            Ok(Message::ShowPage { page, activation_token }) => {
                if window::show(app, page.as_deref(), activation_token) {
                    app.emit(SHOW_PAGE, page).ok(); // as above
                }
            }
            // Answers go to those who asked. A snapshot that was missed is replaced by the next one.
            Ok(Message::Hello { .. } | Message::Answer { .. } | Message::Error { .. })
            | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

fn tell(app: &AppHandle, event: &str) {
    app.emit(event, ()).ok(); // the window is closing
}
