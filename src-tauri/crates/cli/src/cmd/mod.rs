//! Commands, each in its own file.

mod doctor;
mod replay;
mod statusline;
mod usage;
mod window;

use crate::{
    args::{Args, Command, Debug},
    exit::Exit,
    out, resident,
    setup::{self, Refusal},
};
use claudometer_desk::link::{self, Client};
use claudometer_host::{Host, paths::Paths};

/// Runs what was asked for.
pub(crate) async fn run(mut args: Args) -> Exit {
    let command = args.command.take();
    let done = match setup::host() {
        Err(refusal) => Err(refusal),
        Ok(host) => match command {
            None => resident::run(&args, host).await,
            Some(Command::Usage(usage)) => usage::run(&args, &usage, host).await,
            Some(Command::Open { page }) => window::open(host, page).await,
            Some(Command::Doctor) => doctor::run(&args, host).await,
            Some(Command::Statusline { from }) => statusline::run(&host, &from).await,
            Some(Command::Quit) => window::quit(&host).await,
            Some(Command::Debug(Debug::Replay { index })) => replay::run(&index).await,
        },
    };
    done.unwrap_or_else(|(text, exit)| out::failure(&text, exit))
}

/// The running resident, if there is one.
pub(crate) async fn resident_of(host: &Host) -> Option<Client> {
    link::connect(&Paths::of(&host.env).socket()).await.ok()
}

/// An error of the resident as a refusal.
fn refused(error: &claudometer_wire::IpcError) -> Refusal {
    use claudometer_wire::ErrorCode as Code;
    let exit = match error.code {
        Code::Unauthorized => Exit::Auth,
        Code::Network | Code::RateLimited => Exit::Network,
        Code::Validation => Exit::Config,
        Code::Keyring | Code::Storage | Code::Disconnected | Code::UnknownCommand | Code::Other => {
            Exit::Other
        }
    };
    (error.message.clone(), exit)
}
