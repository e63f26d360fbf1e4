//! What a desk does after an update: it says that it runs, or what ran before comes back.

use crate::Desk;
use claudometer_host::{Host, process::Launch};
use claudometer_update::{Installation, Previous};
use std::{path::PathBuf, time::Duration};

/// Who has run for so long runs.
const TRIAL: Duration = Duration::from_mins(1);

/// The release that this process is of.
pub(crate) fn installation(host: &Host) -> Installation {
    let program = host.processes.own_program().unwrap_or_default();
    Installation::of(&program, &host.files, &host.env)
}

/// What a shell or an entry of the desktop finds again after this process: within an `AppImage` our own executable is there
/// only as long as we are.
pub(crate) fn lasting_program(host: &Host) -> PathBuf {
    match installation(host) {
        Installation::AppImage(image) => image,
        Installation::Folder(_) | Installation::Bundle(_) => {
            host.processes.own_program().unwrap_or_default()
        }
    }
}

/// Who has what was put in place take over: what ran before, because it is known to run, else what lies here.
pub(crate) fn starter(host: &Host) -> Option<PathBuf> {
    let previous = Previous::of(&host.files, &installation(host));
    let kept = previous.and_then(|previous| previous.program());
    kept.filter(|program| host.files.is_file(program)).or_else(|| host.processes.own_program())
}

/// Where this release was started before and did not live, what ran before comes back. Answers whether it did; else the start
/// is noted.
pub(crate) fn goes_back(host: &Host) -> bool {
    let files = &host.files;
    let Some(previous) = Previous::of(files, &installation(host)) else { return false };
    if !previous.has_failed(files) {
        if let Err(error) = previous.note_start(files) {
            tracing::warn!(%error, "the start after the update is not noted");
        }
        return false;
    }
    let put_back = previous.put_back(files);
    put_back
        .inspect_err(|error| tracing::error!(%error, "the release before could not be put back"))
        .is_ok()
}

/// Starts what lies here now.
pub(crate) fn start(host: &Host, words: &[String]) {
    let (program, _) = installation(host).start();
    let launch = Launch { program, args: words.to_vec(), env: Vec::new(), speaks: false };
    if let Err(error) = host.processes.launch(launch, || ()) {
        tracing::error!(%error, "the release before could not be started");
    }
}

/// Says after a while that this release runs, where something before it is kept.
pub(crate) async fn prove(desk: Desk) {
    if Previous::of(&desk.0.host.files, &installation(&desk.0.host)).is_none() {
        return; // who is idle is not woken for nothing
    }
    tokio::select! {
        () = desk.stopped() => {}
        () = tokio::time::sleep(TRIAL) => runs(&desk.0.host),
    }
}

/// Says that this release runs: it has for a while, or has ended as it was asked to.
pub(crate) fn runs(host: &Host) {
    // What was put in place while we ran has not been started yet, and is not us.
    let previous = Previous::of(&host.files, &installation(host));
    if let Some(previous) = previous.filter(|previous| previous.is_on_trial(&host.files))
        && let Err(error) = previous.forget(&host.files)
    {
        tracing::warn!(%error, "the release before is still kept");
    }
}
