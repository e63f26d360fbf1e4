//! Commands, each in its own file.

mod cache;
mod config;
mod cost;
mod docs;
mod doctor;
mod heatmap;
mod history;
mod key;
mod manual;
mod prices;
mod replay;
mod route;
mod sign_in;
mod status;
mod statusline;
mod tally;
mod update;
mod upkeep;
mod usage;
mod waiting;
mod way;
mod welcome;
mod window;

use crate::{
    args::{Args, Command, Debug, History, Usage},
    exit::Exit,
    out, resident,
    setup::{self, Refusal},
};
use claudometer_desk::link::{self, Client};
use claudometer_host::{Host, paths::Paths};
use claudometer_provider::Provider;
use claudometer_view::near;

/// Runs what was asked for.
pub(crate) async fn run(mut args: Args) -> Exit {
    let command = args.command.take();
    let as_json = args.global.json;
    let done = match setup::host() {
        Err(refusal) => Err(refusal),
        Ok(host) => match command {
            None => resident::run(&args, host).await,
            Some(command) => dispatch(&args, command, host).await,
        },
    };
    done.unwrap_or_else(|(text, exit)| out::failure(&text, exit, as_json))
}

async fn dispatch(args: &Args, command: Command, host: Host) -> Result<Exit, Refusal> {
    match command {
        Command::Usage(usage) => usage::run(args, &usage, host).await,
        Command::Watch(watch) => usage::watch(args, &watch, host).await,
        Command::History(wanted) => history_of(args, &wanted, host),
        Command::Cost(wanted) => cost::run(args, &wanted, host).await,
        Command::Prices(wanted) => prices::run(args, &wanted, host).await,
        Command::Heatmap(wanted) => heatmap::run(args, &wanted, host).await,
        Command::Route(route) => route::run(args, &route, host).await,
        Command::Statusline(line) => statusline::run(args, &line, host).await,
        Command::Status { provider } => status::run(args, provider.as_deref(), host).await,
        Command::Auth(auth) => key::auth(args, &auth, host).await,
        Command::Key(key) => key::run(args, &key, host).await,
        Command::Cache(cache) => cache::run(args, &cache, host).await,
        Command::Config(config) => config::run(args, &config, host).await,
        Command::Doctor(doctor) => doctor::run(args, &doctor, host).await,
        Command::Update(wanted) => update::run(args, &wanted, host).await,
        Command::Open { page } => window::open(host, page).await,
        Command::Quit => window::quit(&host).await,
        Command::Completion { shell } => Ok(manual::completion(shell)),
        Command::Man => manual::page(),
        Command::Debug(command) => debug(args, command, host).await,
        Command::Provider(words) => short_form(args, words, host).await,
    }
}

fn history_of(args: &Args, wanted: &History, host: Host) -> Result<Exit, Refusal> {
    match &wanted.act {
        Some(act) => upkeep::run(args, act, host),
        None => history::run(args, wanted, &host),
    }
}

/// `usage` by a provider's id alone.
async fn short_form(args: &Args, words: Vec<String>, host: Host) -> Result<Exit, Refusal> {
    let names: Vec<String> = words.iter().filter(|word| !word.starts_with('-')).cloned().collect();
    provider_or_command(args, &host, &names)?;
    match Args::with_usage_before(&words) {
        // Options that follow the name are those of the long form.
        Some(Args { global, command: Some(Command::Usage(usage)) }) => {
            let args = Args { global, command: None };
            usage::run(&args, &usage, host).await
        }
        _ => usage::run(args, &Usage { providers: words, refresh: false }, host).await,
    }
}

async fn debug(args: &Args, command: Debug, host: Host) -> Result<Exit, Refusal> {
    match command {
        Debug::Replay { index } => replay::run(&index).await,
        Debug::Brief => cost::brief(args, host).await,
        Debug::Tally(args) => tally::run(&args),
        Debug::Docs { folder, check } => docs::run(&host, &folder, check),
    }
}

/// Words that name no command: all of them name providers, or the first is told what is near.
fn provider_or_command(args: &Args, host: &Host, words: &[String]) -> Result<(), Refusal> {
    let first = words.first().map_or("", String::as_str);
    let known = setup::providers(args, host)?;
    if by_id(known, first).is_some() {
        return words.iter().try_for_each(|word| provider_named(args, host, word).map(drop));
    }
    let all =
        manual::commands().into_iter().chain(known.iter().map(|provider| provider.id.to_string()));
    let hint = near::nearest(first, all).map(|near| format!(" Did you mean {near}?"));
    let message = format!(
        "There is no command or provider {first}.{} `claudometer --help` lists them.",
        hint.unwrap_or_default()
    );
    Err((message, Exit::Config))
}

/// The provider with this id, whatever its capitals; an unknown one is told what is near.
pub(crate) fn provider_named(
    args: &Args,
    host: &Host,
    name: &str,
) -> Result<&'static Provider, Refusal> {
    let id = claudometer_provider::lenient::slug(name);
    let known = setup::providers(args, host)?;
    if let Some(provider) = by_id(known, &id) {
        return Ok(provider);
    }
    let all: Vec<&str> = known.iter().map(|provider| provider.id.as_str()).collect();
    let hint = near::nearest(id.as_str(), all.iter().copied());
    let hint = hint.map(|near| format!(" Did you mean {near}?")).unwrap_or_default();
    let message = format!("There is no provider {name}.{hint} Possible: {}.", all.join(", "));
    Err((message, Exit::Config))
}

fn by_id(known: &[&'static Provider], id: &str) -> Option<&'static Provider> {
    known.iter().copied().find(|provider| provider.id.as_str() == id)
}

/// The running resident, if there is one.
pub(crate) async fn resident_of(host: &Host) -> Option<Client> {
    link::connect(&Paths::of(&host.env).socket()).await.ok()
}

/// Whether a resident says that the history holds all that the logs tell.
pub(crate) async fn history_is_current(host: &Host) -> bool {
    let Some(resident) = resident_of(host).await else { return false };
    resident.call(claudometer_wire::Command::HistoryIsCurrent {}).await
        == Ok(serde_json::Value::Bool(true))
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
