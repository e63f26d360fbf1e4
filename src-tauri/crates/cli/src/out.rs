//! Standard output and standard error, nowhere else.

use crate::{args::Args, exit::Exit};
use claudometer_host::{Files, Host, files::Pieces};
use claudometer_view::{
    foreign,
    table::{self, Style},
};
use claudometer_wire::report::{ErrorDetail, ErrorReport, SCHEMA_VERSION};
use std::{
    io::{self, IsTerminal as _, Write as _},
    path::Path,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

/// Whether nothing is said on standard error.
static QUIET: AtomicBool = AtomicBool::new(false);

/// From now on nothing is said on standard error.
pub(crate) fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// What standard output is, and what person and environment ask for.
pub(crate) fn style(host: &Host, no_color: bool) -> Style {
    let terminal = io::stdout().is_terminal();
    let dumb = host.env.get("TERM") == Some("dumb");
    let forced = host.env.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
    let refused = no_color || host.env.get("NO_COLOR").is_some();
    let columns = host.env.get("COLUMNS").and_then(|text| text.parse().ok());
    let columns = columns.or_else(|| terminal.then(claudometer_host::terminal::width).flatten());
    let whole = columns.is_none() && !terminal;
    let width = columns.unwrap_or(80);
    let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| host.env.get(name));
    let ascii = dumb
        || utf8
            .is_some_and(|locale| !locale.to_ascii_lowercase().replace('-', "").contains("utf8"));
    let color = !refused && (forced || (terminal && !dumb));
    Style { width: width.clamp(40, 200), color, ascii, whole }
}

/// Prints words; a reader that has gone (a closed pipe) is no error. What would steer a terminal is shown.
pub(crate) fn print(text: &str) {
    print_painted(&foreign::lines(text));
}

/// Prints what the view has made, colours among it.
pub(crate) fn print_painted(text: &str) {
    try_print_painted(text);
}

/// The same; false where nobody gets it.
pub(crate) fn try_print_painted(text: &str) -> bool {
    in_pieces(|out| out.write_all(text.as_bytes())).is_ok()
}

/// Hands out standard output, for what is too long to be made first and printed then.
pub(crate) fn in_pieces<T, E: From<io::Error>>(
    write: impl FnOnce(&mut dyn io::Write) -> Result<T, E>,
) -> Result<T, E> {
    let mut out = io::BufWriter::new(Noted(io::stdout().lock()));
    let told = write(&mut out)?;
    out.flush()?;
    Ok(told)
}

/// What went wrong first with standard output.
static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Standard output that remembers that it could not be written.
struct Noted<W>(W);

impl<W: io::Write> io::Write for Noted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).inspect_err(remember)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().inspect_err(remember)
    }
}

/// Remembers how something was printed that another library prints.
pub(crate) fn note(printed: io::Result<()>) {
    printed.inspect_err(remember).ok();
}

fn remember(error: &io::Error) {
    if !matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) {
        let copy =
            error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error);
        FAILED.set(copy).ok(); // the first one counts
    }
}

/// How the program ends: what could not be written is a failure, unless its reader has gone.
pub(crate) fn end(exit: Exit) -> Exit {
    let lost = FAILED.get().filter(|error| error.kind() != io::ErrorKind::BrokenPipe);
    lost.map_or(exit, |error| {
        say(&format!("claudometer: Standard output could not be written: {error}."));
        Exit::Other
    })
}

/// Prints lines as they are made; a reader that has gone (a closed pipe) ends that.
pub(crate) fn print_lines(mut lines: impl Iterator<Item = String>) {
    in_pieces(|out| lines.try_for_each(|line| out.write_all(line.as_bytes()))).ok(); // the reader has gone
}

/// Whether the place that a person names for a file is standard output.
pub(crate) fn is_standard_output(place: &Path) -> bool {
    place.as_os_str() == "-"
}

/// Writes to the place that a person names: a file, a link, a pipe, a device, or `-` for standard output. `begins` is how such
/// a file begins.
pub(crate) fn to_place<T, E: From<io::Error>>(
    files: &Files,
    place: &Path,
    begins: &[u8],
    fill: impl FnOnce(&mut Pieces<'_>) -> Result<T, E>,
) -> Result<T, E> {
    if is_standard_output(place) {
        let mut out = io::BufWriter::new(Noted(io::stdout()));
        let told = fill(&mut out)?;
        out.flush()?;
        return Ok(told);
    }
    files.write_out(&std::path::absolute(place)?, begins, fill)
}

/// Says that something was written: on standard error where it went to standard output itself.
pub(crate) fn written(place: &Path, text: &str) {
    if is_standard_output(place) {
        say(text);
    } else {
        print(&format!("{text}\n"));
    }
}

/// Prints one JSON document, a line of its own.
pub(crate) fn print_json<T: serde::Serialize>(document: &T) {
    let written = in_pieces(|out| {
        write_json(&mut *out, document)?;
        out.write_all(b"\n")
    });
    match written {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            say(&format!("The document could not be written: {error}."));
        }
        _ => {} // how the program ends says the rest
    }
}

/// Writes a value as JSON in which what would steer a terminal is escaped: the same document to a program.
pub(crate) fn write_json<T: serde::Serialize>(out: impl io::Write, value: &T) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Escaped))?;
    Ok(())
}

struct Escaped;

impl serde_json::ser::Formatter for Escaped {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut plain = fragment;
        while let Some((at, letter)) =
            plain.char_indices().find(|(_, one)| foreign::is_obeyed(*one))
        {
            out.write_all(&plain.as_bytes()[..at])?;
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = &plain[at + letter.len_utf8()..];
        }
        out.write_all(plain.as_bytes())
    }
}

/// Whether standard output is a terminal.
pub(crate) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether standard error is a terminal.
pub(crate) fn is_error_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Draws on standard error what is drawn over again soon.
pub(crate) fn draw(text: &str) {
    let mut error = io::stderr().lock();
    error.write_all(text.as_bytes()).and_then(|()| error.flush()).ok(); // nobody reads standard error
}

/// Prints rows, wrapped.
pub(crate) fn print_rows(args: &Args, host: &Host, rows: &[(String, String)]) {
    print_painted(&table::rows::rows(rows, &style(host, args.global.no_color)));
}

/// Prints a line on standard error.
pub(crate) fn say(text: &str) {
    if !QUIET.load(Ordering::Relaxed) {
        writeln!(io::stderr().lock(), "{}", foreign::lines(text)).ok(); // nobody reads standard error
    }
}

/// Says why a command failed; with `--json` as a document.
pub(crate) fn failure(text: &str, exit: Exit, as_json: bool) -> Exit {
    if as_json {
        let error = ErrorDetail { exit_code: exit as u8, message: text.to_owned() };
        print_json(&ErrorReport { schema_version: SCHEMA_VERSION, error });
    } else {
        say(&format!("claudometer: {text}"));
    }
    exit
}
