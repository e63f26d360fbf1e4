//! What a resident does after an update: it says that it runs, or the one before it comes back.

use claudometer_host::{Files, Host, process::Launch};
use claudometer_update::Previous;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// Who has run for so long runs.
const TRIAL: Duration = Duration::from_mins(1);

/// Our own executable, without links.
pub(crate) fn own_program() -> PathBuf {
    std::env::current_exe().unwrap_or_default()
}

fn folder() -> PathBuf {
    own_program().parent().unwrap_or(Path::new("/")).to_owned()
}

/// Before anything else: where this release was started before and did not live, the one before it comes back, and is
/// started in our place. Answers whether it was.
pub(crate) fn gives_way(host: &Host) -> bool {
    let files = &host.files;
    let Some(previous) = Previous::of(files, &folder()) else { return false };
    if !previous.has_failed(files) {
        if let Err(error) = previous.note_start(files) {
            tracing::warn!(%error, "the start after the update is not noted");
        }
        return false;
    }
    let program = match previous.put_back(files) {
        Ok(program) => program,
        Err(error) => {
            tracing::error!(%error, "the release before could not be put back");
            return false;
        }
    };
    let launch = Launch { program, args: Vec::new(), env: Vec::new(), speaks: false };
    host.processes.launch(launch, || ()).is_ok()
}

/// Says after a while that this release runs.
pub(crate) async fn prove(files: Files) {
    if Previous::of(&files, &folder()).is_some() {
        tokio::time::sleep(TRIAL).await;
        runs(&files);
    }
}

/// Says that this release runs: it has for a while, or has ended as it was asked to.
pub(crate) fn runs(files: &Files) {
    if let Some(previous) = Previous::of(files, &folder())
        && let Err(error) = previous.forget(files)
    {
        tracing::warn!(%error, "the release before is still kept");
    }
}
