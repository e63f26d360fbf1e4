//! Notifications, as the desktop shows them.

use claudometer_host::Host;
use std::time::Duration;

/// A desktop that does not answer must not hold anything up.
const WAIT: Duration = Duration::from_secs(5);

/// A notification in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// One line.
    pub title: String,
    /// One to three sentences.
    pub body: String,
    /// Whether it is about a limit that is nearly or wholly used up.
    pub urgent: bool,
    /// Whether it may make a sound.
    pub sound: bool,
}

/// What a person did with a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clicked {
    /// Lets the window take the focus on Wayland.
    pub activation_token: Option<String>,
}

/// Why a notification was not shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// No program shows notifications on this desktop.
    #[error(
        "No program shows notifications on this desktop. Install a notification daemon such as dunst or mako, or use a desktop that has one."
    )]
    NoDaemon,
    /// It did not answer in time.
    #[error(
        "The desktop's notification program does not answer. Restart it, or log out and in again."
    )]
    NoAnswer,
    /// It refused.
    #[error("The desktop refused the notification: {0}.")]
    Refused(String),
}

/// Shows a note. The answer comes once the desktop has taken it.
pub async fn show(host: &Host, note: &Note) -> Result<(), NotifyError> {
    tracing::debug!(title = note.title, "notification");
    match tokio::time::timeout(WAIT, desktop::show(host, note)).await {
        Ok(shown) => shown,
        Err(_) => Err(NotifyError::NoAnswer),
    }
}

#[cfg(target_os = "linux")]
pub use desktop::Clicks;

#[cfg(target_os = "linux")]
mod desktop {
    use super::{Clicked, Note, NotifyError};
    use claudometer_host::Host;
    use futures::StreamExt as _;
    use std::collections::{HashMap, HashSet};
    use tokio::sync::{Mutex, OnceCell, mpsc};
    use zbus::{Connection, zvariant::Value};

    #[zbus::proxy(
        interface = "org.freedesktop.Notifications",
        default_service = "org.freedesktop.Notifications",
        default_path = "/org/freedesktop/Notifications",
        gen_blocking = false
    )]
    trait Notifications {
        #[expect(clippy::too_many_arguments, reason = "the interface is the freedesktop one")]
        fn notify(
            &self,
            app_name: &str,
            replaces_id: u32,
            app_icon: &str,
            summary: &str,
            body: &str,
            actions: &[&str],
            hints: HashMap<&str, Value<'_>>,
            expire_timeout: i32,
        ) -> zbus::Result<u32>;
        #[zbus(signal)]
        fn action_invoked(&self, id: u32, action_key: String) -> zbus::Result<()>;
        #[zbus(signal)]
        fn activation_token(&self, id: u32, activation_token: String) -> zbus::Result<()>;
    }

    static CONNECTION: OnceCell<Connection> = OnceCell::const_new();
    static SHOWN: Mutex<Option<HashSet<u32>>> = Mutex::const_new(None);

    async fn connection() -> Result<&'static Connection, NotifyError> {
        CONNECTION.get_or_try_init(Connection::session).await.map_err(|_| NotifyError::NoDaemon)
    }

    pub(super) async fn show(_: &Host, note: &Note) -> Result<(), NotifyError> {
        let proxy =
            NotificationsProxy::new(connection().await?).await.map_err(|error| refused(&error))?;
        let mut hints = HashMap::from([
            ("desktop-entry", Value::from("claudometer")),
            ("urgency", Value::from(if note.urgent { 2_u8 } else { 1_u8 })),
        ]);
        if note.sound {
            hints.insert("sound-name", Value::from(if note.urgent { "bell" } else { "complete" }));
        } else {
            hints.insert("suppress-sound", Value::from(true));
        }
        let body = escaped(&note.body);
        let id = proxy
            .notify(
                "Claudometer",
                0,
                "claudometer",
                &note.title,
                &body,
                &["default", "Open"],
                hints,
                -1,
            )
            .await
            .map_err(|error| refused(&error))?;
        SHOWN.lock().await.get_or_insert_default().insert(id);
        Ok(())
    }

    /// Bodies may be read as markup, so what is text is escaped.
    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    fn refused(error: &zbus::Error) -> NotifyError {
        match error {
            zbus::Error::MethodError(name, _, _) if name.as_str().ends_with("ServiceUnknown") => {
                NotifyError::NoDaemon
            }
            zbus::Error::FDO(inner) if matches!(**inner, zbus::fdo::Error::ServiceUnknown(_)) => {
                NotifyError::NoDaemon
            }
            other => NotifyError::Refused(other.to_string()),
        }
    }

    /// Clicks on our notifications.
    #[derive(Debug)]
    pub struct Clicks;

    impl Clicks {
        /// Listens until the receiver is dropped. Where there is no session bus, nothing ever comes.
        pub fn listen() -> mpsc::Receiver<Clicked> {
            let (tell, clicks) = mpsc::channel(4);
            tokio::spawn(async move {
                if let Err(error) = follow(&tell).await {
                    tracing::debug!(%error, "clicks on notifications are not heard");
                }
            });
            clicks
        }
    }

    async fn follow(
        tell: &mpsc::Sender<Clicked>,
    ) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let proxy = NotificationsProxy::new(connection().await?).await?;
        let (mut actions, mut tokens) =
            (proxy.receive_action_invoked().await?, proxy.receive_activation_token().await?);
        let mut last_token = None;
        loop {
            tokio::select! {
                () = tell.closed() => return Ok(()),
                Some(token) = tokens.next() => {
                    let args = token.args()?;
                    last_token = Some((args.id, args.activation_token.clone()));
                }
                Some(action) = actions.next() => {
                    let id = action.args()?.id;
                    let ours = SHOWN.lock().await.as_mut().is_some_and(|shown| shown.remove(&id));
                    if ours {
                        let token = last_token.take().filter(|(of, _)| *of == id).map(|(_, token)| token);
                        tell.send(Clicked { activation_token: token }).await?;
                    }
                }
                else => return Ok(()),
            }
        }
    }
}

#[cfg(target_os = "macos")]
mod desktop {
    use super::{Note, NotifyError};
    use claudometer_host::Host;

    pub(super) async fn show(_: &Host, note: &Note) -> Result<(), NotifyError> {
        let note = note.clone();
        let shown = tokio::task::spawn_blocking(move || {
            let mut shown = notify_rust::Notification::new();
            shown.summary(&note.title).body(&note.body);
            if note.sound {
                shown.sound_name("Ping");
            }
            shown.show().map(drop).map_err(|error| NotifyError::Refused(error.to_string()))
        });
        shown.await.unwrap_or(Err(NotifyError::NoAnswer))
    }
}
