//! Answers to the command table.

use crate::{
    demo::{Demo, Playing},
    desk::{Desk, Role, held},
    diagnostics, forms,
    link::Attendance,
    notify, renewal, saving,
};
use claudometer_core::ProviderId;
use claudometer_provider::Provider;
use claudometer_wire::{Command, ErrorCode, IpcError, State, link::Message};
use futures::{FutureExt as _, future::BoxFuture};
use serde_json::Value;
use std::time::Duration;
use tokio::sync::broadcast;

/// Between the answer to "quit" and the end.
const FAREWELL: Duration = Duration::from_millis(50);

impl Desk {
    /// Answers one command, as the table in `wire` says.
    pub async fn call(&self, command: Command) -> Result<Value, IpcError> {
        match command {
            Command::GetState {} => json(&self.state().await),
            Command::GetBundle {} => json(&*self.bundles().borrow().clone()),
            Command::GetReport {} => json(&crate::words::report(self)),
            Command::SaveSettings { draft } => {
                saving::save(self, *draft).await?;
                json(&forms::settings_state(self).await)
            }
            Command::ForgetSecret { provider, field } => {
                self.forget(&provider, &field).await?;
                json(&forms::settings_state(self).await)
            }
            Command::Refresh { provider } => {
                self.refresh(provider.map(ProviderId::owned)).await;
                json(&*self.bundles().borrow().clone())
            }
            Command::GetStatus { provider } => {
                json(&self.service_reports(provider.as_deref()).await?)
            }
            Command::ForgetNumbers {} => json(&self.forget_numbers().await),
            Command::SetBridge { provider, installed } => {
                self.set_bridge(&provider, installed).await?;
                json(&forms::settings_state(self).await)
            }
            Command::TestAlert {} => {
                let sound = self.settings().alerts.sound;
                let shown = notify::show(&self.0.host, &crate::words::test_note(sound)).await;
                shown.map_err(|error| IpcError::new(ErrorCode::Other, error.to_string()))?;
                json(&())
            }
            Command::Diagnostics {} => json(&diagnostics::report(self).await),
            Command::Diagnose {} => json(&diagnostics::diagnose(self).await),
            Command::HistoryIsCurrent {} => json(&self.history_is_current()),
            Command::GetToday {} => json(&self.today()),
            Command::GetLimits {} => json(&self.limit_courses().await?),
            Command::GetCost { query } => json(&self.cost(&query).await?),
            Command::OpenDashboard { provider } => self.open(self.provider(&provider)?.dashboard),
            Command::LookForUpdates {} | Command::InstallUpdate {} | Command::Restart {} => {
                self.renew(command).await
            }
            Command::OpenLogs {} => {
                let logs = self.0.paths.logs();
                self.0.host.files.make_folder(&logs).ok(); // a folder that cannot be made cannot be opened, which is told
                self.open(&logs.display().to_string())
            }
            Command::SetDemo { on } => {
                self.set_demo(on).await;
                json(&self.state().await)
            }
            Command::OpenWindow { page } => {
                self.open_window(page.as_deref(), None)?;
                json(&())
            }
            // Whoever serves the connection counts it: it knows when the connection ends.
            Command::AttendWindow {} => json(&()),
            Command::Quit {} => {
                self.stop_soon();
                json(&())
            }
        }
    }

    /// Makes numbers as fresh as floors allow, and remembers them before anybody is told.
    async fn refresh(&self, provider: Option<ProviderId>) {
        // A login that no file tells of, such as one in a keychain, is seen by looking.
        if self.0.role == Role::Resident {
            self.recount().await;
        }
        self.0.engine.refresh(provider).await;
        self.render();
        self.remember();
    }

    /// Ends the desk once an answer has left.
    pub(crate) fn stop_soon(&self) {
        let desk = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(FAREWELL).await;
            desk.stop();
        });
    }

    /// Looks for a newer release, puts it in place, or begins anew with what lies there.
    async fn renew(&self, command: Command) -> Result<Value, IpcError> {
        match command {
            Command::LookForUpdates {} => return json(&self.look_for_release().await?),
            Command::InstallUpdate {} => self.install_release().await?,
            _ => self.restart()?,
        }
        json(&())
    }

    /// Leaves the window to whoever hosts this desk and follows its events.
    pub fn host_window(&self) {
        self.0.window.host();
    }

    /// Opens the window on a page, or brings the open one to the front.
    pub fn open_window(&self, page: Option<&str>, token: Option<&str>) -> Result<(), IpcError> {
        if self.0.window.is_open() {
            let show = Message::ShowPage {
                page: page.map(str::to_owned),
                activation_token: token.map(str::to_owned),
            };
            self.0.events.send(show).ok(); // the window is closing: the next click opens a new one
            return Ok(());
        }
        self.0
            .window
            .open(&self.0.host, page, token)
            .map_err(|error| IpcError::new(ErrorCode::Other, error.to_string()))
    }

    /// What changes from now on, as the link tells it.
    pub fn events(&self) -> broadcast::Receiver<Message> {
        self.0.events.subscribe()
    }

    /// Everything that a window needs to begin.
    pub async fn state(&self) -> State {
        let bundle = self.bundles().borrow().as_ref().clone();
        State { bundle, settings: forms::settings_state(self).await }
    }

    fn provider(&self, id: &str) -> Result<&'static Provider, IpcError> {
        let found = self.providers().iter().copied().find(|provider| provider.id.as_str() == id);
        found.ok_or_else(|| {
            IpcError::new(ErrorCode::Validation, format!("There is no provider {id}."))
        })
    }

    async fn forget_numbers(&self) {
        self.0.state_file.clear();
        self.0.engine.set_seats(Vec::new()).await;
        self.recount().await;
    }

    async fn forget(&self, provider: &str, field: &str) -> Result<(), IpcError> {
        let provider = self.provider(provider)?;
        provider.secret_field(field).ok_or_else(|| {
            IpcError::new(ErrorCode::Validation, format!("There is no field {field}."))
        })?;
        let deleted = self.0.host.secrets.delete(&provider.secret_key(field)).await;
        deleted.map_err(|error| IpcError::new(ErrorCode::Keyring, error.to_string()))?;
        held(&self.0.organizations).remove(&provider.id);
        self.let_go(provider).await;
        self.recount().await;
        self.0.engine.nudge(claudometer_engine::Nudge::Credential(provider.id.clone())).await;
        Ok(())
    }

    async fn set_bridge(&self, provider: &str, installed: bool) -> Result<(), IpcError> {
        let provider = self.provider(provider)?;
        let bridge = provider.bridge.ok_or_else(|| {
            IpcError::new(
                ErrorCode::Validation,
                format!("{} has no status line to bridge.", provider.name),
            )
        })?;
        let changed = if installed {
            let program = renewal::lasting_program(&self.0.host);
            bridge.install(
                &self.0.host,
                &format!(
                    "{} statusline --from {}",
                    shell_word(&program.display().to_string()),
                    provider.id
                ),
            )
        } else {
            bridge.remove(&self.0.host)
        };
        changed.map_err(|error| IpcError::new(ErrorCode::Storage, error.to_string()))?;
        self.recount().await;
        Ok(())
    }

    async fn set_demo(&self, on: bool) {
        *held(&self.0.demo) = on.then(|| Playing::new(Demo::default()));
        if !on {
            self.0.engine.show_simulated(None).await;
        }
        self.recount().await;
        self.render();
    }

    fn open(&self, what: &str) -> Result<Value, IpcError> {
        let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let program = self.0.host.processes.find_program(opener);
        let program = program.ok_or_else(|| {
            IpcError::new(
                ErrorCode::Other,
                format!("Nothing opens links here ({opener} is missing). The address is {what}."),
            )
        })?;
        let launch = claudometer_host::process::Launch {
            program,
            args: vec![what.to_owned()],
            env: Vec::new(),
            speaks: false,
        };
        let launched = self.0.host.processes.launch(launch, || ());
        launched.map_err(|error| {
            IpcError::new(ErrorCode::Other, format!("{what} could not be opened: {error}."))
        })?;
        json(&())
    }
}

impl crate::link::Serves for Desk {
    fn answer(&self, command: Command) -> BoxFuture<'_, Result<Value, IpcError>> {
        self.call(command).boxed()
    }

    fn attend(&self) -> Attendance {
        Box::new(self.0.window.attend())
    }

    fn events(&self) -> broadcast::Receiver<Message> {
        Self::events(self)
    }

    fn version(&self) -> String {
        self.0.version.clone()
    }
}

/// A word that a shell takes as it is.
fn shell_word(text: &str) -> String {
    let plain = !text.is_empty()
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+:@".contains(&b));
    if plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Value, IpcError> {
    serde_json::to_value(value).map_err(|error| IpcError::new(ErrorCode::Other, error.to_string()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_program_in_a_folder_with_spaces_is_one_word_for_the_shell() {
        assert_eq!(super::shell_word("/usr/bin/claudometer"), "/usr/bin/claudometer");
        assert_eq!(
            super::shell_word("/opt/Dana's Apps/claudometer"),
            r"'/opt/Dana'\''s Apps/claudometer'"
        );
    }
}
