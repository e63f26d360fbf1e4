//! What a row or a click of the tray asks for, whoever hosts the tray.

use crate::desk::Desk;
use claudometer_view::tray::Action;
use claudometer_wire::Command;

impl Desk {
    /// Does it. A failure is told as a notification: a tray has no other place for it.
    pub async fn act(&self, action: Action, token: Option<&str>) {
        let done = match action {
            Action::Refresh => self.call(Command::Refresh { provider: None }).await.map(drop),
            Action::Open(page) => self.open_window(page.as_deref(), token),
            Action::Remedy(_) => self.open_window(Some("providers"), token),
            Action::OpenDashboard(provider) => {
                self.call(Command::OpenDashboard { provider: provider.to_string() }).await.map(drop)
            }
            Action::Simulate(what) => {
                self.simulate(what).await;
                Ok(())
            }
            Action::EndSimulation => {
                self.end_simulation().await;
                Ok(())
            }
            Action::LookForUpdates => match self.look_for_release().await {
                Ok(_) if self.release().is_some() => self.open_window(Some("about"), token),
                Ok(said) => {
                    self.say(&said).await;
                    Ok(())
                }
                Err(error) => Err(error),
            },
            Action::Restart => self.restart(),
            Action::Quit => {
                self.stop();
                Ok(())
            }
        };
        if let Err(error) = done {
            self.say(&error.message).await;
        }
    }
}
