//! Standard output and standard error, nowhere else.

use crate::exit::Exit;
use claudometer_host::Host;
use std::io::{self, IsTerminal as _, Write as _};

/// How the terminal wants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Columns.
    pub(crate) width: usize,
    /// Whether colours are wanted.
    pub(crate) color: bool,
    /// Whether only ASCII can be shown.
    pub(crate) ascii: bool,
}

/// What standard output is, and what person and environment ask for.
pub(crate) fn style(host: &Host, no_color: bool) -> Style {
    let terminal = io::stdout().is_terminal();
    let dumb = host.env.get("TERM") == Some("dumb");
    let forced = host.env.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let refused = no_color || host.env.get("NO_COLOR").is_some();
    let columns = host.env.get("COLUMNS").and_then(|text| text.parse().ok());
    let width = columns
        .or_else(|| terminal.then(claudometer_host::process::terminal_width).flatten())
        .unwrap_or(80);
    let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| host.env.get(name));
    let ascii = dumb
        || utf8
            .is_some_and(|locale| !locale.to_ascii_lowercase().replace('-', "").contains("utf8"));
    Style { width: width.clamp(40, 200), color: !refused && (forced || (terminal && !dumb)), ascii }
}

/// Prints; a reader that has gone (a closed pipe) is no error.
pub(crate) fn print(text: &str) {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok(); // the reader has gone
}

/// Prints a line on standard error.
pub(crate) fn say(text: &str) {
    writeln!(io::stderr().lock(), "{text}").ok(); // nobody reads standard error
}

/// Says why a command failed.
pub(crate) fn failure(text: &str, exit: Exit) -> Exit {
    say(&format!("claudometer: {text}"));
    exit
}
