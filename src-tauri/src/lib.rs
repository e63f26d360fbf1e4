//! Claudometer's window. By itself it knows nothing: it shows what a desk says, and passes on what a person wants.

mod commands;
mod event;
mod link;
mod mode;
mod one_process;
mod tray;
mod window;

use link::Link;
use mode::Mode;
use std::process::ExitCode;

/// Runs the executable with its arguments.
pub fn run(args: impl Iterator<Item = String>) -> ExitCode {
    let outcome = match Mode::of(args, std::env::consts::OS) {
        Ok(Mode::HandOver { page }) => hand_over(page),
        Ok(Mode::Window { page }) => show_window(page),
        Ok(Mode::OneProcess { demo }) => one_process::run(demo),
        Err(usage) => Err(usage),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            tell(&message);
            ExitCode::FAILURE
        }
    }
}

/// The window of the running resident, which is started where none runs. There is one resident, so there is one window.
fn hand_over(page: Option<String>) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(link::open_window(page)).map_err(|error| error.message)
}

/// The window itself; its end is the end of the process.
fn show_window(page: Option<String>) -> Result<(), String> {
    let built = tauri::Builder::default()
        .manage(Link::socket())
        .invoke_handler(tauri::generate_handler![commands::call, commands::start_resident])
        .setup(move |app| {
            window::open(app.handle(), page.as_deref())?;
            tauri::async_runtime::spawn(event::follow(app.handle().clone()));
            Ok(())
        })
        .run(tauri::generate_context!());
    built.map_err(|error| error.to_string())
}

#[expect(clippy::print_stderr, reason = "without a window there is only the terminal")]
fn tell(message: &str) {
    eprintln!("claudometer-desktop: {message}");
}
