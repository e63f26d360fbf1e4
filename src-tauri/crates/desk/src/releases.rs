//! Newer releases: looked for after the start and once a day, by a process of its own that ends again.

use crate::{
    desk::{Desk, held},
    renewal,
};
use claudometer_core::Settings;
use claudometer_host::process::Launch;
use claudometer_update::Key;
use claudometer_view::text;
use claudometer_wire::{ErrorCode, IpcError, update::UpdateReport};
use std::time::Duration;

/// The start belongs to the numbers.
const FIRST: Duration = Duration::from_mins(1);
const DAILY: Duration = Duration::from_hours(24);
/// A release is a few megabytes, and some lines are slow.
const LONGEST: Duration = Duration::from_mins(15);

impl Desk {
    /// Why no release can be told from a forgery here; `None` where one can.
    pub(crate) fn updates_remark(&self) -> Option<String> {
        Key::of_host(&self.0.host).err().map(|error| error.sentences())
    }

    /// Looks for newer releases while the person wants that. Without a key nobody is asked: nothing could be verified.
    pub(crate) async fn follow_releases(self) {
        if let Some(remark) = self.updates_remark() {
            tracing::info!(remark, "updates");
            return;
        }
        let mut wait = FIRST;
        loop {
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
                () = self.0.other_releases.notified() => {}
            }
            wait = DAILY;
            let wanted = self.settings().check_updates_on_startup && !self.0.offline;
            if !wanted || held(&self.0.demo).is_some() {
                continue;
            }
            if let Err(error) = self.look_for_release().await {
                tracing::info!(error = error.message, "no release is known");
            }
        }
    }

    /// Looks for a newer release; answers what there is, in a sentence.
    pub(crate) async fn look_for_release(&self) -> Result<String, IpcError> {
        let report = self.ask_release(&["update", "--json"]).await;
        let report = report.map_err(|error| IpcError::new(ErrorCode::Other, error))?;
        let said = text::release(&report);
        *held(&self.0.release) = report.newest.is_some().then_some(report);
        self.render();
        Ok(said)
    }

    /// The newer release that was found; one that lies here already is not told again.
    pub(crate) fn release(&self) -> Option<UpdateReport> {
        let found = held(&self.0.release).clone()?;
        let is_told = held(&self.0.demo).is_none() && found.newest != self.replaced_by();
        is_told.then_some(found)
    }

    /// Where other releases are wanted than before, what was found is forgotten, and those that are wanted are looked for.
    pub(crate) fn follow_other_releases(&self, before: &Settings) {
        let wanted =
            |settings: &Settings| (settings.check_updates_on_startup, settings.updates.clone());
        if wanted(before) != wanted(&self.settings()) {
            *held(&self.0.release) = None;
            self.0.other_releases.notify_one();
        }
    }

    /// Puts the newer release in place; where that works, it takes our place too.
    pub(crate) async fn install_release(&self) -> Result<(), IpcError> {
        let other = |error: String| IpcError::new(ErrorCode::Other, error);
        let words = ["update", "--install", "--no-restart", "--json"];
        self.ask_release(&words).await.map_err(other)?;
        self.restart()
    }

    /// Ends, and has what lies in our place by now started as we were.
    pub(crate) fn restart(&self) -> Result<(), IpcError> {
        let failed = |error: String| {
            IpcError::new(ErrorCode::Other, format!("The new one could not be started: {error}."))
        };
        let host = &self.0.host;
        let not_found = || failed("our own program was not found".to_owned());
        let own = host.processes.own_program().ok_or_else(not_found)?;
        // Whoever replaces us must not end with us.
        let program = renewal::starter(host).ok_or_else(not_found)?;
        let own = own.display().to_string();
        let words = ["update".to_owned(), "--restart".to_owned(), own, "--".to_owned()];
        let args = words.into_iter().chain(self.0.words.iter().cloned()).collect();
        let launch = Launch { program, args, env: Vec::new(), speaks: false };
        let launched = self.0.host.processes.launch(launch, || ());
        launched.map_err(|error| failed(error.to_string()))?;
        self.stop_soon();
        Ok(())
    }

    async fn ask_release(&self, words: &[&str]) -> Result<UpdateReport, String> {
        let report = self.ask_ourselves(words, LONGEST).await?;
        serde_json::from_slice(&report).map_err(|error| error.to_string())
    }
}
