//! Other programs: run to their end, kept as a session of lines, or launched and left alone.

mod find;
mod login;
mod screen;
mod serving;
mod session;

pub use screen::Screen;
pub use serving::Serving;
pub use session::Session;

use crate::{Environment, guard};
use login::LoginPath;
use rustix::process::{Pid, Signal, kill_process_group};
use std::{
    fmt, io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};

/// How long a program may run when nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the output of a program that has ended may take to arrive. Longer only if something it started, and that left
/// its group, still holds the other end.
const REST: Duration = Duration::from_millis(200);
/// The most that is kept of what a program prints.
const LARGEST: u64 = 4 * 1024 * 1024;

/// A program to run.
#[derive(Debug, Clone)]
pub struct Command {
    /// Path, or a name that the system looks up.
    pub program: PathBuf,
    /// Arguments. Never a secret: every user of the machine can read them.
    pub args: Vec<String>,
    /// Variables that are set, or removed where `None`.
    pub env: Vec<(String, Option<String>)>,
    /// Folder to run in.
    pub folder: Option<PathBuf>,
    /// What it reads.
    pub stdin: Vec<u8>,
    /// How long it may run.
    pub timeout: Duration,
}

impl Command {
    /// A program without arguments.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: Vec::new(),
            folder: None,
            stdin: Vec::new(),
            timeout: TIMEOUT,
        }
    }

    /// Sets the arguments.
    #[must_use]
    pub fn args<S: AsRef<str>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// Sets what it reads.
    #[must_use]
    pub fn stdin(mut self, bytes: Vec<u8>) -> Self {
        self.stdin = bytes;
        self
    }

    /// Sets how long it may run.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// What a program left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    /// Standard output, at most 4 MiB.
    pub stdout: Vec<u8>,
    /// Standard error, at most 4 MiB.
    pub stderr: Vec<u8>,
}

impl Output {
    /// Whether it ended with code 0.
    pub fn success(&self) -> bool {
        self.code == Some(0)
    }
}

/// Why a program gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// There is no such program.
    #[error("the program is not installed")]
    NotFound,
    /// The system refused to start it.
    #[error("the program could not be started: {0}")]
    NotStarted(#[source] io::Error),
    /// It ran longer than allowed, and was ended with everything it had started.
    #[error("the program did not end in time")]
    Timeout,
    /// It ended, or closed its output.
    #[error("the program ended")]
    Ended,
}

impl From<io::Error> for ProcessError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            Self::NotFound
        } else {
            Self::NotStarted(error)
        }
    }
}

/// A program that runs on by itself, such as the window.
#[derive(Debug, Clone)]
pub struct Launch {
    /// Its path.
    pub program: PathBuf,
    /// Arguments.
    pub args: Vec<String>,
    /// Variables in addition.
    pub env: Vec<(String, String)>,
    /// Whether it says what is wrong where we do; else it has nothing to do with our terminal, and may outlive it.
    pub speaks: bool,
}

type RunScript = dyn Fn(&Command) -> Result<Output, ProcessError> + Send + Sync;
type ScreenScript = dyn Fn(&Command) -> Option<Vec<String>> + Send + Sync;
type SessionScript = dyn Fn(&Command) -> Result<Session, ProcessError> + Send + Sync;

#[derive(Clone)]
enum Kind {
    Real { environment: Environment, own: Option<Arc<Path>>, login: LoginPath },
    Scripted { run: Arc<RunScript>, session: Arc<SessionScript>, screen: Arc<ScreenScript> },
}

/// The way to other programs. Cheap to clone.
#[derive(Clone)]
pub struct Processes(Kind);

impl fmt::Debug for Processes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Processes").field("real", &matches!(self.0, Kind::Real { .. })).finish()
    }
}

impl Processes {
    /// Real programs. `own` is our executable, which guards long-lived children; without it they are started bare.
    pub fn real(environment: Environment, own: Option<PathBuf>) -> Self {
        let login = LoginPath::default();
        Self(Kind::Real { environment, own: own.map(Into::into), login })
    }

    /// A machine on which nothing is installed.
    pub fn none() -> Self {
        Self::scripted(|_| Err(ProcessError::NotFound), |_| Err(ProcessError::NotFound))
    }

    /// Programs played by functions.
    pub fn scripted(
        run: impl Fn(&Command) -> Result<Output, ProcessError> + Send + Sync + 'static,
        session: impl Fn(&Command) -> Result<Session, ProcessError> + Send + Sync + 'static,
    ) -> Self {
        let screen = Arc::new(|_: &Command| None);
        Self(Kind::Scripted { run: Arc::new(run), session: Arc::new(session), screen })
    }

    /// The same, with a program that draws: each time that something is typed, its next picture.
    #[must_use]
    pub fn drawing(
        self,
        pictures: impl Fn(&Command) -> Option<Vec<String>> + Send + Sync + 'static,
    ) -> Self {
        match self.0 {
            Kind::Scripted { run, session, .. } => {
                Self(Kind::Scripted { run, session, screen: Arc::new(pictures) })
            }
            real @ Kind::Real { .. } => Self(real),
        }
    }

    /// Our own executable.
    pub fn own_program(&self) -> Option<PathBuf> {
        match &self.0 {
            Kind::Real { own, .. } => own.as_deref().map(Path::to_owned),
            Kind::Scripted { .. } => None,
        }
    }

    /// Runs a program to its end.
    pub async fn run(&self, command: Command) -> Result<Output, ProcessError> {
        match &self.0 {
            Kind::Scripted { run, .. } => run(&command),
            Kind::Real { .. } => run_real(command).await,
        }
    }

    /// Starts a program that is spoken with line by line. Where we know our own executable it is guarded: nothing of it
    /// outlives us, however we end.
    pub fn start_session(&self, command: &Command) -> Result<Session, ProcessError> {
        match &self.0 {
            Kind::Scripted { session, .. } => session(command),
            Kind::Real { own, .. } => {
                let guarded = own.as_deref().map(|own| guard::wrap(own, command));
                Session::start(guarded.as_ref().unwrap_or(command), guarded.is_some())
            }
        }
    }

    /// Starts a program in a terminal of its own.
    pub fn start_screen(&self, command: &Command) -> Result<Screen, ProcessError> {
        match &self.0 {
            Kind::Scripted { screen, .. } => {
                screen(command).map(Screen::showing).ok_or(ProcessError::NotFound)
            }
            Kind::Real { .. } => Screen::start(command),
        }
    }

    /// Starts a program that lives on by itself; `ended` is called when it ends.
    pub fn launch(&self, launch: Launch, ended: impl FnOnce() + Send + 'static) -> io::Result<()> {
        if let Kind::Scripted { .. } = self.0 {
            return Err(io::ErrorKind::NotFound.into());
        }
        let mut command = tokio::process::Command::new(&launch.program);
        command.args(&launch.args).envs(launch.env).process_group(0);
        if !launch.speaks {
            command.stderr(Stdio::null());
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        tokio::spawn(async move {
            child.wait().await.ok(); // however it ended, it has ended
            ended();
        });
        Ok(())
    }

    /// Where a program is: on the PATH, in the places where people's tools live, or where their login shell finds it. The
    /// shell is asked once, at the first miss, and nobody waits for it: what only it knows is found from the next time on.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        match &self.0 {
            Kind::Real { environment, login, .. } => find::program(environment, name)
                .or_else(|| find::in_folders(login.folders(environment), name)),
            Kind::Scripted { run, .. } => {
                run(&Command::new(name).args(["--version"])).is_ok().then(|| PathBuf::from(name))
            }
        }
    }
}

async fn run_real(command: Command) -> Result<Output, ProcessError> {
    let mut child = build(&command)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // What the program leaves behind in its group ends with this call, also when nobody waits for it any more.
    let _group = Group(group_of(&child));
    tokio::time::timeout(command.timeout, talk(&mut child, &command.stdin))
        .await
        .map_err(|_| ProcessError::Timeout)?
        .map_err(ProcessError::from)
}

/// Feeds and reads a program until it ends.
async fn talk(child: &mut tokio::process::Child, bytes: &[u8]) -> io::Result<Output> {
    let (stdin, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let feed = async {
        if let Some(mut stdin) = stdin {
            stdin.write_all(bytes).await.ok(); // a program need not read what it is given
        }
    };
    let status = {
        let read =
            async { tokio::join!(feed, read_into(out, &mut stdout), read_into(err, &mut stderr)) };
        let mut read = std::pin::pin!(read);
        tokio::select! {
            _ = &mut read => child.wait().await?,
            status = child.wait() => {
                tokio::time::timeout(REST, &mut read).await.ok(); // what came is what there is
                status?
            }
        }
    };
    Ok(Output { code: status.code(), stdout, stderr })
}

async fn read_into(from: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) {
    if let Some(from) = from {
        from.take(LARGEST).read_to_end(bytes).await.ok(); // what came before the break is what there is
    }
}

fn build(command: &Command) -> tokio::process::Command {
    let mut built = tokio::process::Command::new(&command.program);
    built.args(&command.args).process_group(0).kill_on_drop(true);
    for (name, value) in &command.env {
        match value {
            Some(value) => built.env(name, value),
            None => built.env_remove(name),
        };
    }
    if let Some(folder) = &command.folder {
        built.current_dir(folder);
    }
    built
}

/// The group of a program that was built here: it leads its own.
fn group_of(child: &tokio::process::Child) -> Option<Pid> {
    child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
}

/// A group of processes that ends when this is dropped.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        end_group(self.0);
    }
}

fn end_group(group: Option<Pid>) {
    if let Some(group) = group {
        kill_process_group(group, Signal::KILL).ok(); // an empty group is what is wanted
    }
}

/// The name of this machine, without its domain.
pub fn machine_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    name.split('.').next().filter(|name| !name.is_empty()).unwrap_or("this machine").to_owned()
}

/// The user whose process this is.
pub fn own_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real() -> Processes {
        Processes::real(Environment::of("/nowhere", []), None)
    }

    fn sh(script: &str) -> Command {
        Command::new("/bin/sh").args(["-c", script])
    }

    #[tokio::test]
    async fn a_program_is_fed_read_and_its_code_is_told() {
        let output =
            real().run(sh("cat; echo wrong >&2; exit 3").stdin(b"hello".to_vec())).await.unwrap();
        assert_eq!(
            output,
            Output { code: Some(3), stdout: b"hello".to_vec(), stderr: b"wrong\n".to_vec() }
        );
    }

    /// Whether the process is gone, or only waits to be noticed by its parent.
    pub(super) async fn is_soon_gone(pid: &str) -> bool {
        let gone = async {
            loop {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                if stat.is_empty() || stat.contains(") Z") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), gone).await.is_ok()
    }

    #[tokio::test]
    async fn one_that_hangs_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("pid");
        let script = format!("sleep 60 & echo $! > {}; wait", mark.display());
        let error = real().run(sh(&script).timeout(Duration::from_millis(300))).await.unwrap_err();
        assert!(matches!(error, ProcessError::Timeout));
        assert!(is_soon_gone(std::fs::read_to_string(&mark).unwrap().trim()).await);
    }

    #[tokio::test]
    async fn one_that_leaves_something_running_has_ended_all_the_same() {
        let output = real().run(sh("sleep 60 & echo $!")).await.unwrap();
        assert!(output.success());
        assert!(is_soon_gone(std::str::from_utf8(&output.stdout).unwrap().trim()).await);
    }

    #[tokio::test]
    async fn more_output_than_is_kept_ends_the_reading_and_not_the_program() {
        let output = real().run(sh("head -c 5000000 /dev/zero; exit 0")).await.unwrap();
        assert_eq!(output.stdout.len() as u64, LARGEST);
    }

    #[tokio::test]
    async fn a_session_answers_line_by_line_and_ends_with_what_it_started() {
        let script =
            "trap '' TERM; sleep 60 & echo $!; while read -r line; do echo got $line; done";
        let mut session = real().start_session(&sh(script)).unwrap();
        let pid = session.read_line(Duration::from_secs(5)).await.unwrap();
        session.write_line("this").await.unwrap();
        assert_eq!(session.read_line(Duration::from_secs(5)).await.unwrap(), "got this");
        let none = session.read_line(Duration::from_millis(1)).await.unwrap_err();
        assert!(matches!(none, ProcessError::Timeout));
        assert!(session.is_running());
        session.end().await;
        assert!(is_soon_gone(&pid).await);
    }

    #[test]
    fn a_session_that_is_dropped_without_a_runtime_ends_too() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (session, pid) = runtime.block_on(async {
            let script = "trap '' TERM; sleep 60 & echo $!; wait";
            let mut session = real().start_session(&sh(script)).unwrap();
            let pid = session.read_line(Duration::from_secs(5)).await.unwrap();
            (session, pid)
        });
        drop(session);
        assert!(runtime.block_on(is_soon_gone(&pid)));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named_so() {
        let error = real().run(Command::new("/no/such/program")).await.unwrap_err();
        assert!(matches!(error, ProcessError::NotFound));
    }
}
