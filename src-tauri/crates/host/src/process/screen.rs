//! A program that draws on a terminal, and the screen that it draws.

use super::{Command, ProcessError, end_group};
use pty_process::{Pty, Size};
use rustix::process::{Pid, Signal, kill_process_group};
use std::{collections::VecDeque, fmt, io, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::Instant,
};
use vt100::{Callbacks, Parser};

/// Rows and columns: enough for a dialog without a scroll bar.
const ROWS: u16 = 50;
const COLUMNS: u16 = 160;
/// A screen that has not changed for this long is drawn to its end.
const QUIET: Duration = Duration::from_millis(150);
/// One that never rests, because something turns on it, is looked at this often.
const RESTLESS: Duration = Duration::from_millis(500);

/// A program in a terminal of its own. It ends with its whole group when this is dropped; and when we are killed, the system
/// hangs up its terminal.
pub struct Screen(Kind);

enum Kind {
    Real(Box<Terminal>),
    /// Pictures that a script shows, the present one first.
    Shown(VecDeque<String>),
}

struct Terminal {
    pty: Pty,
    group: Option<Pid>,
    child: tokio::process::Child,
    drawn: Parser<Answers>,
}

/// What the terminal itself has to answer.
#[derive(Debug, Default)]
struct Answers(Vec<u8>);

impl Callbacks for Answers {
    fn unhandled_csi(
        &mut self,
        screen: &mut vt100::Screen,
        first: Option<u8>,
        _: Option<u8>,
        params: &[&[u16]],
        letter: char,
    ) {
        match (first, letter, params) {
            // Where is the cursor?
            (None, 'n', [[6]]) => {
                let (row, column) = screen.cursor_position();
                self.0.extend(format!("\x1b[{};{}R", row + 1, column + 1).bytes());
            }
            // What kind of terminal is it? One with nothing special.
            (None, 'c', _) => self.0.extend(b"\x1b[?1;2c"),
            _ => (),
        }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let group = match &self.0 {
            Kind::Real(terminal) => terminal.group,
            Kind::Shown(_) => None,
        };
        f.debug_struct("Screen").field("group", &group).finish_non_exhaustive()
    }
}

fn not_started(error: pty_process::Error) -> ProcessError {
    match error {
        pty_process::Error::Io(error) => error.into(),
        other => ProcessError::NotStarted(io::Error::other(other)),
    }
}

impl Screen {
    pub(super) fn start(command: &Command) -> Result<Self, ProcessError> {
        Terminal::start(command).map(|terminal| Self(Kind::Real(Box::new(terminal))))
    }

    pub(super) fn showing(pictures: Vec<String>) -> Self {
        Self(Kind::Shown(pictures.into()))
    }

    /// What is on the screen, line by line, without colours.
    pub fn text(&self) -> String {
        match &self.0 {
            Kind::Real(terminal) => terminal.text(),
            Kind::Shown(pictures) => pictures.front().cloned().unwrap_or_default(),
        }
    }

    /// Types `keys`, as a keyboard would send them.
    pub async fn type_keys(&mut self, keys: &str) -> Result<(), ProcessError> {
        match &mut self.0 {
            Kind::Real(terminal) => {
                terminal.pty.write_all(keys.as_bytes()).await.map_err(|_| ProcessError::Ended)
            }
            Kind::Shown(pictures) => {
                if pictures.len() > 1 {
                    pictures.pop_front();
                }
                Ok(())
            }
        }
    }

    /// Watches until `seen` finds on the screen what it looks for: each time that it has come to rest, and now and then while it
    /// does not.
    pub async fn until<T>(
        &mut self,
        within: Duration,
        mut seen: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, ProcessError> {
        match &mut self.0 {
            Kind::Real(terminal) => terminal.until(within, seen).await,
            Kind::Shown(_) => seen(&self.text()).ok_or(ProcessError::Timeout),
        }
    }

    /// Ends the program and its group, giving it `grace` to do so by itself.
    pub async fn end(self, grace: Duration) {
        match self.0 {
            Kind::Real(terminal) => terminal.end(grace).await,
            Kind::Shown(_) => {}
        }
    }
}

impl Terminal {
    fn start(command: &Command) -> Result<Self, ProcessError> {
        let (pty, end) = pty_process::open().map_err(not_started)?;
        pty.resize(Size::new(ROWS, COLUMNS)).map_err(not_started)?;
        let mut built = pty_process::Command::new(&command.program).args(&command.args);
        for (name, value) in &command.env {
            built = match value {
                Some(value) => built.env(name, value),
                None => built.env_remove(name),
            };
        }
        if let Some(folder) = &command.folder {
            built = built.current_dir(folder);
        }
        let child = built.kill_on_drop(true).spawn(end).map_err(not_started)?;
        let group = child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let size = |length: u16| length.try_into().unwrap_or(std::num::NonZeroU16::MIN);
        let drawn = Parser::new_with_callbacks(size(ROWS), size(COLUMNS), 0, Answers::default());
        Ok(Self { pty, group, child, drawn })
    }

    fn text(&self) -> String {
        self.drawn.screen().contents()
    }

    async fn until<T>(
        &mut self,
        within: Duration,
        mut seen: impl FnMut(&str) -> Option<T>,
    ) -> Result<T, ProcessError> {
        let end = Instant::now() + within;
        let mut ended = false;
        loop {
            ended = ended || !self.settle(end).await?;
            if let Some(found) = seen(&self.text()) {
                return Ok(found);
            }
            if ended {
                return Err(ProcessError::Ended);
            }
            if !self.draw(end).await? {
                ended = true;
            }
        }
    }

    /// Reads on until nothing new has come for a moment; false if the program has ended.
    async fn settle(&mut self, end: Instant) -> Result<bool, ProcessError> {
        let end = end.min(Instant::now() + RESTLESS);
        loop {
            let quiet = (Instant::now() + QUIET).min(end);
            match self.draw(quiet).await {
                Ok(true) if Instant::now() < end => (),
                Ok(going) => return Ok(going),
                Err(ProcessError::Timeout) => return Ok(true),
                Err(error) => return Err(error),
            }
        }
    }

    /// Draws what comes next; false if the program has ended.
    async fn draw(&mut self, end: Instant) -> Result<bool, ProcessError> {
        let mut bytes = [0; 4096];
        let read = tokio::time::timeout_at(end, self.pty.read(&mut bytes)).await;
        // A terminal whose program has ended gives an error instead of an end.
        let Ok(count) = read.map_err(|_| ProcessError::Timeout)? else { return Ok(false) };
        if count == 0 {
            return Ok(false);
        }
        self.drawn.process(&bytes[..count]);
        let answers = std::mem::take(&mut self.drawn.callbacks_mut().0);
        if !answers.is_empty() {
            self.pty.write_all(&answers).await.ok(); // it need not listen
        }
        Ok(true)
    }

    async fn end(mut self, grace: Duration) {
        let ended = async {
            while !matches!(self.child.try_wait(), Ok(Some(_))) {
                // What it still prints has to be read, or it would wait for us.
                if matches!(self.pty.read(&mut [0; 4096]).await, Err(_) | Ok(0)) {
                    return;
                }
            }
        };
        tokio::time::timeout(grace, ended).await.ok(); // else it is ended by the drop
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(group) = self.group.filter(|_| matches!(self.child.try_wait(), Ok(None))) {
            kill_process_group(group, Signal::HUP).ok(); // as a closed terminal does
            end_group(Some(group));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(10);

    fn sh(script: &str) -> Screen {
        Screen::start(&Command::new("/bin/sh").args(["-c", script]).env("TERM", "xterm")).unwrap()
    }

    #[tokio::test]
    async fn the_screen_shows_what_is_drawn_over_what_was() {
        let mut screen =
            sh(r"printf 'first\r\nsecond\033[1;1Hthird'; read -r word; echo got $word");
        let seen = |wanted: &'static str| move |text: &str| text.contains(wanted).then_some(());
        screen.until(LONG, seen("second")).await.unwrap();
        assert_eq!(screen.text(), "third\nsecond");
        screen.type_keys("word\r").await.unwrap();
        screen.until(LONG, seen("got word")).await.unwrap();
        let gone = screen.until(LONG, |_| None::<()>).await.unwrap_err();
        assert!(matches!(gone, ProcessError::Ended));
    }

    #[tokio::test]
    async fn the_terminal_says_where_its_cursor_is() {
        let script = r"stty raw -echo; printf 'abc\033[6n'; answer=$(dd bs=1 count=6 2>/dev/null | tr '\033' E); stty cooked; echo; echo $answer";
        let mut screen = sh(script);
        let seen = |text: &str| text.contains("E[1;4R").then_some(());
        screen.until(LONG, seen).await.unwrap();
    }

    #[tokio::test]
    async fn a_screen_that_never_rests_is_looked_at_all_the_same() {
        let mut screen = sh("while true; do printf '.'; sleep 0.02; done");
        screen.until(LONG, |text| text.contains("...").then_some(())).await.unwrap();
        screen.end(Duration::from_millis(1)).await;
    }

    #[tokio::test]
    async fn what_never_comes_ends_in_time_and_what_was_started_ends_too() {
        let mut screen = sh("trap '' HUP; sleep 60 & echo pid $!.; wait");
        let pid =
            |text: &str| text.split_once("pid ")?.1.split_once('.').map(|(pid, _)| pid.to_owned());
        let pid = screen.until(LONG, pid).await.unwrap();
        let none = screen.until(Duration::from_millis(200), |_| None::<()>).await.unwrap_err();
        assert!(matches!(none, ProcessError::Timeout));
        screen.end(Duration::from_millis(50)).await;
        assert!(super::super::tests::is_soon_gone(&pid).await);
    }
}
