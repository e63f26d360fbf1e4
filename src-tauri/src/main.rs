//! The executable of the window.

fn main() -> std::process::ExitCode {
    claudometer_desktop::run(std::env::args().skip(1))
}
