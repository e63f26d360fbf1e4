//! For the window's process: where the resident listens, and how it is started when it does not.

use crate::link::{Client, connect};
use claudometer_host::{Environment, Files, Processes, paths::Paths, process::Launch};
use claudometer_update::WHOLE;
use claudometer_wire::{ErrorCode, IpcError};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// The resident's executable.
const PROGRAM: &str = "claudometer";
/// A resident listens within milliseconds; a loaded machine gets more.
const WITHIN: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);

/// Where the resident of this environment listens.
pub fn socket() -> PathBuf {
    Paths::of(&Environment::of_this_process()).socket()
}

/// Connects to the resident, and starts it first where none runs. [`ErrorCode::Disconnected`] when none listens within 5 s.
pub async fn connect_or_start() -> Result<Client, IpcError> {
    let socket = socket();
    let refused = match connect(&socket).await {
        Ok(client) => return Ok(client),
        Err(error) => error,
    };
    start()?;
    let tries = async {
        loop {
            tokio::time::sleep(PAUSE).await;
            if let Ok(client) = connect(&socket).await {
                return client;
            }
        }
    };
    tokio::time::timeout(WITHIN, tries).await.map_err(|_| refused)
}

/// The resident's executable in the folder of ours, which may be started through a link.
pub(crate) fn program_beside() -> Option<PathBuf> {
    let files = Files::disk();
    let path = files.canonical(&std::env::current_exe().ok()?).parent()?.join(PROGRAM);
    files.is_file(&path).then_some(path)
}

/// What is started to have a tray, where the resident's executable is `program`: that one, or on macOS the window's beside it.
pub(crate) fn whole(program: &Path, system: &str) -> (PathBuf, Vec<String>) {
    if system == "macos" {
        (program.with_file_name(WHOLE.0), vec![WHOLE.1.to_owned()])
    } else {
        (program.to_owned(), Vec::new())
    }
}

/// Starts the resident beside our own executable, else the one on the PATH; it outlives us.
fn start() -> Result<(), IpcError> {
    let processes = Processes::real(Environment::of_this_process(), None);
    let program =
        program_beside().or_else(|| processes.find_program(PROGRAM)).ok_or_else(|| {
            let message = format!(
                "The program {PROGRAM} was not found beside the window's or on the PATH. Install it again."
            );
            IpcError::new(ErrorCode::Disconnected, message)
        })?;
    let (program, args) = whole(&program, std::env::consts::OS);
    let launch = Launch { program, args, env: Vec::new(), speaks: false };
    processes.launch(launch, || ()).map_err(|error| {
        IpcError::new(ErrorCode::Disconnected, format!("{PROGRAM} could not be started: {error}."))
    })
}
