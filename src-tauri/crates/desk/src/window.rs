//! The window's process: started on demand, told which page to show, gone when its window closes.

use claudometer_host::{Host, memory, process::Launch};
use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// The executable of the window.
const PROGRAM: &str = "claudometer-desktop";

/// Where programs look for the token that lets them take the focus: Wayland, X11.
const TOKEN_NAMES: [&str; 2] = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"];
/// Turns WebKitGTK's DMA-BUF renderer off.
const RENDERER: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// The window's process.
#[derive(Debug, Default)]
pub struct Window {
    /// Whether whoever hosts the desk shows the window itself: then it is told, not started.
    hosted: AtomicBool,
    /// Windows that are connected: one may outlive the resident that started it.
    connected: Arc<()>,
    running: Mutex<Option<CancellationToken>>,
}

/// Why no window opens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WindowError {
    /// The executable is not there.
    #[error(
        "The window's program {PROGRAM} was not found beside claudometer or on the PATH. Install it, or use `claudometer usage`."
    )]
    NotInstalled,
    /// There is no screen.
    #[error("There is no display to open a window on. Use `claudometer usage` in this terminal.")]
    NoDisplay,
    /// The system refused to start it.
    #[error("The window could not be started: {0}.")]
    NotStarted(String),
}

impl Window {
    /// Leaves the window to whoever hosts the desk.
    pub fn host(&self) {
        self.hosted.store(true, Ordering::Relaxed);
    }

    /// Whether it needs only to be told: its process runs, or the desk's host shows it.
    pub fn is_open(&self) -> bool {
        let connected = Arc::strong_count(&self.connected) > 1;
        self.hosted.load(Ordering::Relaxed) || connected || self.runs()
    }

    /// Counts a window that has connected until what is returned is dropped.
    pub fn attend(&self) -> impl Send + use<> {
        Arc::clone(&self.connected)
    }

    fn runs(&self) -> bool {
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .is_some_and(|over| !over.is_cancelled())
    }

    /// Starts the window's process on `page`. Does nothing while one runs.
    pub fn open(
        &self,
        host: &Host,
        page: Option<&str>,
        token: Option<&str>,
    ) -> Result<(), WindowError> {
        if self.is_open() {
            return Ok(());
        }
        if cfg!(target_os = "linux")
            && ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| host.env.get(name).is_none())
        {
            return Err(WindowError::NoDisplay);
        }
        let program = program(host).ok_or(WindowError::NotInstalled)?;
        let mut args = vec!["--window".to_owned()];
        args.extend(page.map(str::to_owned));
        let tokens = token
            .into_iter()
            .flat_map(|token| TOKEN_NAMES.map(|name| (name.to_owned(), token.to_owned())));
        let env = tokens.chain(renderer(host)).collect();
        let launch = Launch { program, args, env, speaks: true };
        let over = CancellationToken::new();
        let ended = over.clone();
        let started = host.processes.launch(launch, move || {
            ended.cancel();
            // What served the window is not needed until there is another one.
            memory::give_back_code();
        });
        started.map_err(|error| WindowError::NotStarted(error.to_string()))?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(over);
        Ok(())
    }
}

/// The renderer without DMA-BUF opens the window 150 ms sooner, takes 80 MiB less, and shows no blank window on drivers that
/// mishandle it. A person's own choice wins, and a driver of tests needs the other one for its pictures.
fn renderer(host: &Host) -> Option<(String, String)> {
    let chosen = host.env.has(RENDERER) || host.env.has("TAURI_WEBVIEW_AUTOMATION");
    (cfg!(target_os = "linux") && !chosen).then(|| (RENDERER.to_owned(), "1".to_owned()))
}

/// Beside our own executable, else on the PATH.
fn program(host: &Host) -> Option<PathBuf> {
    let beside = host
        .processes
        .own_program()
        .and_then(|own| Some(own.parent()?.join(PROGRAM)))
        .filter(|path| host.files.is_file(path));
    beside.or_else(|| host.processes.find_program(PROGRAM))
}
