//! Who is still asked, while a person waits at a terminal. In a pipe nothing is drawn.

use crate::{args::Args, out};
use claudometer_desk::Desk;
use claudometer_host::Host;
use std::time::Duration;

/// Between two pictures.
const STEP: Duration = Duration::from_millis(100);
/// A look that takes less than this is not worth a picture.
const PATIENCE: Duration = Duration::from_millis(250);
const TURNS: [&str; 8] = ["⠋", "⠙", "⠸", "⠴", "⠦", "⠧", "⠇", "⠏"];
const ASCII_TURNS: [&str; 4] = ["|", "/", "-", "\\"];

/// Whether somebody watches.
pub(crate) fn is_watched(args: &Args, host: &Host) -> bool {
    let silent = args.global.json || args.global.quiet || host.env.get("TERM") == Some("dumb");
    !silent && out::is_error_terminal()
}

/// Draws until `work` is done, which it returns.
pub(crate) async fn draw<T>(
    desk: Option<&Desk>,
    style: claudometer_view::table::Style,
    work: impl Future<Output = T>,
) -> T {
    let mut work = std::pin::pin!(work);
    let since = desk.map(Desk::time);
    let turns: &[&str] = if style.ascii { &ASCII_TURNS } else { &TURNS };
    tokio::select! {
        done = &mut work => return done,
        () = tokio::time::sleep(PATIENCE) => {}
    }
    for turn in turns.iter().cycle() {
        let names = match (desk, since) {
            (Some(desk), Some(since)) => desk.still_asked(since),
            _ => Vec::new(),
        };
        let names = if names.is_empty() { "asking".to_owned() } else { names.join(", ") };
        let line: String = format!("{turn} {names}").chars().take(style.width - 1).collect();
        out::draw(&format!("\r\x1b[2K{line}"));
        tokio::select! {
            done = &mut work => {
                out::draw("\r\x1b[2K");
                return done;
            }
            () = tokio::time::sleep(STEP) => {}
        }
    }
    work.await
}
