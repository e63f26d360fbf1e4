//! What the tests start as a process of its own: one that dies by kill -9, and one that has a bus of its own.

#![expect(clippy::disallowed_methods, reason = "it is the world of a test")]

use claudometer_host::{
    Environment, Files, Processes, Secrets, guard,
    process::{Command, Session},
    secrets::{Keep, SecretKey},
};
use secrecy::{ExposeSecret as _, SecretString};
use std::{
    cell::Cell,
    io::Write as _,
    process::ExitCode,
    rc::Rc,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::LocalSet};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What another program would do meanwhile, this often.
const TICK: Duration = Duration::from_millis(10);
/// How long a program is listened to that is to say nothing, and to live.
const SILENCE: Duration = Duration::from_millis(500);

fn main() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let word = words.next().ok_or("a word that says what to be")?;
    if word == guard::WORD {
        return Ok(guard::main(words));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let script = words.next().and_then(|script| script.into_string().ok());
    match word.to_str() {
        Some("session") => {
            let script = script.ok_or("a script")?;
            runtime.block_on(async { converse(start(&script)?, None).await })?;
        }
        Some("session-of-a-thread") => {
            let script = script.ok_or("a script")?;
            let (leave, left) = std::sync::mpsc::channel::<()>();
            let (tell, told) = std::sync::mpsc::channel();
            let handle = runtime.handle().clone();
            let thread = std::thread::spawn(move || {
                tell.send(handle.block_on(async { start(&script) })).ok(); // the other end waits
                left.recv().ok(); // until the other end is dropped
            });
            runtime.block_on(converse(told.recv()??, Some((leave, thread))))?;
        }
        Some("secrets") => runtime.block_on(LocalSet::new().run_until(secrets()))?,
        _ => return Err(format!("no such word: {}", word.display()).into()),
    }
    // As our own executables end.
    runtime.shutdown_background();
    Ok(ExitCode::SUCCESS)
}

fn start(script: &str) -> Result<Session> {
    let own = std::env::current_exe()?;
    let processes = Processes::real(Environment::of_this_process(), Some(own));
    Ok(processes.start_session(&Command::new("/bin/sh").args(["-c", script]))?)
}

/// The thread that has started the session, and what keeps it.
type Starter = (std::sync::mpsc::Sender<()>, std::thread::JoinHandle<()>);

/// Passes on what the program says, until we are told to drop it.
async fn converse(mut session: Session, mut starter: Option<Starter>) -> Result<()> {
    let mut commands = commands();
    while let Some(command) = commands.recv().await {
        match command.as_str() {
            "read" => say(&session.read_line(Duration::from_secs(5)).await?)?,
            "silence" => say(&format!("{:?}", session.read_line(SILENCE).await))?,
            "leave" => {
                let (leave, thread) = starter.take().ok_or("a thread")?;
                drop(leave);
                thread.join().map_err(|_| "the thread")?;
                say("left")?;
            }
            "running" => say(if session.is_running() { "yes" } else { "no" })?,
            "end" => {
                session.end().await;
                say("ended")?;
                break;
            }
            _ => break,
        }
    }
    Ok(())
}

/// Answers `get`, `set VALUE`, `session VALUE`, `delete`, `kept`, `availability`, each with a line of three fields: the answer,
/// how many milliseconds it took, and how often another task had its turn meanwhile.
async fn secrets() -> Result<()> {
    let secrets = Secrets::keychain(Files::memory(), "/no-secrets".into());
    let ticks = Rc::new(Cell::new(0_u32));
    let counted = Rc::clone(&ticks);
    tokio::task::spawn_local(async move {
        let mut interval = tokio::time::interval(TICK);
        loop {
            interval.tick().await;
            counted.set(counted.get() + 1);
        }
    });
    let mut commands = commands();
    while let Some(command) = commands.recv().await {
        ticks.set(0);
        let before = Instant::now();
        let answer = answer(&secrets, &command).await;
        say(&format!("{answer}\t{}\t{}", before.elapsed().as_millis(), ticks.get()))?;
    }
    Ok(())
}

async fn answer(secrets: &Secrets, command: &str) -> String {
    let key = SecretKey { provider: "acme".into(), account: "default".into(), field: "key".into() };
    let (word, value) = command.split_once(' ').unwrap_or((command, ""));
    let said = |done: std::result::Result<(), claudometer_host::secrets::SecretError>| match done {
        Ok(()) => "done".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    match word {
        "get" => match secrets.get(&key).await {
            Ok(Some(secret)) => secret.expose_secret().to_owned(),
            Ok(None) => "none".to_owned(),
            Err(error) => format!("{error:?}"),
        },
        "set" => said(secrets.set(&key, SecretString::from(value), Keep::Keychain).await),
        "session" => said(secrets.set(&key, SecretString::from(value), Keep::Session).await),
        "delete" => said(secrets.delete(&key).await),
        "kept" => format!("{:?}", secrets.kept(&key).await),
        "availability" => format!("{:?}", secrets.availability().await),
        other => format!("no such command: {other}"),
    }
}

/// The lines of standard input.
fn commands() -> mpsc::UnboundedReceiver<String> {
    let (tell, commands) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(std::io::Result::ok) {
            tell.send(line).ok(); // the test has seen enough
        }
    });
    commands
}

fn say(line: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}
