//! `claudometer`: without a command it is the resident in the tray; with one, it is for people and scripts.

mod args;
mod books;
mod cmd;
mod exit;
mod out;
mod parquet;
mod reading;
mod resident;
mod setup;

use exit::Exit;

fn main() -> std::process::ExitCode {
    // The guard is started by the resident itself, with arguments that no person types.
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == claudometer_host::guard::WORD) {
        return claudometer_host::guard::main(words);
    }
    let args = args::Args::of_this_process();
    if args.global.quiet {
        out::be_quiet();
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return out::failure(
                &format!("The runtime could not be started: {error}."),
                Exit::Other,
                args.global.json,
            )
            .into();
        }
    };
    let exit = runtime.block_on(cmd::run(args));
    // A keychain dialog that nobody answers must not hold up the end.
    runtime.shutdown_background();
    out::end(exit).into()
}
