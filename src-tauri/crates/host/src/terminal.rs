//! The terminal of a command: its width, a secret typed into it, a program that takes it over for a while.

use std::{
    io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _},
    process::Command,
};
use zeroize::Zeroizing;

/// The longest secret: a copied request is a few kilobytes.
const LONGEST: u64 = 64 * 1024;

/// Columns of the terminal at standard output.
pub fn width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

/// Whether a person can be asked: standard input and standard output are a terminal.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A secret from standard input: from a pipe all of it, from a terminal a line that is not shown, after `prompt`.
pub fn read_secret(prompt: &str) -> io::Result<Zeroizing<String>> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(prompt).map(Zeroizing::new);
    }
    let mut text = Zeroizing::new(String::new());
    io::stdin().lock().take(LONGEST).read_to_string(&mut text)?;
    Ok(text)
}

/// A line that a person types after `prompt`, without its blanks; `None` where the input has ended.
pub fn ask(prompt: &str) -> io::Result<Option<String>> {
    let mut out = io::stdout().lock();
    out.write_all(prompt.as_bytes())?;
    out.flush()?;
    let mut line = String::new();
    let read = io::stdin().lock().take(LONGEST).read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

/// Runs a program in this terminal until it ends; whether it ended well.
pub fn run(program: &str, args: &[String]) -> io::Result<bool> {
    Ok(Command::new(program).args(args).status()?.success())
}
