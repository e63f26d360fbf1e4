//! The command line.

mod cost;
mod history;

pub(crate) use cost::{Cost, CostBy, Heatmap, Mode, Prices, Week};
pub(crate) use history::{Act, History};

use crate::{exit::Exit, out};
use clap::{Parser, Subcommand};
use std::path::PathBuf;

/// How much of your AI assistants' limits is left, in the tray and in the terminal.
#[derive(Debug, Parser)]
#[command(
    version,
    max_term_width = 100,
    after_help = "Examples:
  claudometer                 start in the tray; a second start opens the window
  claudometer usage           show all limits in the terminal
  claudometer usage --json    the same for scripts
  claudometer doctor          explain what is found, tried and waited for
  claudometer --demo          look around with recorded answers, without a network

The id of a provider alone is short for `usage` with it.

Exit codes: 0 ok, 1 other, 2 not signed in, 3 network or rate limit, 4 configuration, 5 partly."
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do; nothing starts the resident in the tray.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

impl Args {
    /// The command line as it was typed. Without a word in it nothing has to be understood: the resident, which stays, is
    /// spared what the parser would leave in its memory.
    pub(crate) fn of_this_process() -> Self {
        if std::env::args_os().len() <= 1 {
            return Self { global: Global::default(), command: None };
        }
        Self::try_parse().unwrap_or_else(|error| leave(&error))
    }

    /// The command line as if `usage` stood before its last words, where some of these are options; what is wrong with it is
    /// said, and ends the program.
    pub(crate) fn with_usage_before(words: &[String]) -> Option<Self> {
        if !words.iter().any(|word| word.starts_with('-')) {
            return None;
        }
        let mut line: Vec<std::ffi::OsString> = std::env::args_os().collect();
        line.insert(line.len().checked_sub(words.len())?, "usage".into());
        Some(Self::try_parse_from(line).unwrap_or_else(|error| leave(&error)))
    }
}

/// Prints the help that was asked for, or what is wrong with the command line, and ends the program.
fn leave(error: &clap::Error) -> ! {
    if error.use_stderr() {
        out::say(error.render().to_string().trim_end());
        std::process::exit(error.exit_code());
    }
    out::note(error.print());
    std::process::exit(out::end(Exit::Ok) as i32)
}

/// What every command takes.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Global {
    /// Print one JSON document, errors too.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing on standard error.
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more on standard error.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// No colours, whatever the terminal.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Ask the vendors now instead of showing what is remembered, as far as their floors allow.
    #[arg(long, global = true)]
    pub(crate) no_cache: bool,
    /// Ask nobody: show what is remembered and what lies on this machine.
    #[arg(long, global = true, conflicts_with = "no_cache")]
    pub(crate) offline: bool,
    /// Show what is known after so many seconds, whoever has not answered.
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: Option<u64>,
    /// Use another settings file.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Put a setting above the file and the environment, for this run.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Show recorded answers of every state instead of live ones.
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    /// Moment within the recorded hour that the demo shows.
    #[arg(long, global = true, value_name = "N", default_value_t = 0, requires = "demo")]
    pub(crate) seed: u64,
    /// Only these states of the demo, by name.
    #[arg(long = "scene", global = true, value_name = "NAME", requires = "demo")]
    pub(crate) scenes: Vec<String>,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show limits, resets and pace.
    Usage(Usage),
    /// Show limits again and again, in place.
    Watch(Watch),
    /// Show limits over time: what was burnt each day, and where the period before stood at this point. Or keep the history
    /// of use whole.
    History(History),
    /// Show what use cost, by day, week, month, session, project, model, assistant, machine or block of five hours.
    Cost(Cost),
    /// Show what models cost, and fetch the price list anew.
    Prices(Prices),
    /// Show a year of use, a square a day.
    Heatmap(Heatmap),
    /// Say which provider has most left, and why.
    Route(Route),
    /// Print a short line for a status bar, or take an assistant's own status line.
    Statusline(Statusline),
    /// Say what the vendors' status pages say.
    Status {
        /// Only this provider.
        provider: Option<String>,
    },
    /// Say how to sign in, whether it works, or keep a typed secret after checking it.
    Auth(Auth),
    /// Secrets that were typed: keep, list, delete.
    #[command(subcommand)]
    Key(Key),
    /// What is remembered between runs.
    #[command(subcommand)]
    Cache(Cache),
    /// Settings: show, find, change.
    #[command(subcommand)]
    Config(Config),
    /// Explain what is found, tried and waited for; without secrets.
    Doctor(Doctor),
    /// Look for a newer release, and install it where a package has not brought this one.
    Update(Update),
    /// Open the window.
    Open {
        /// Page: overview, history, providers, alerts, cost, general, about.
        page: Option<String>,
    },
    /// End the resident.
    Quit,
    /// Print a completion script for a shell.
    #[command(
        after_help = "Example: claudometer completion bash > ~/.local/share/bash-completion/completions/claudometer"
    )]
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(after_help = "Example: claudometer man | man -l -")]
    Man,
    /// For developers.
    #[command(subcommand, hide = true)]
    Debug(Debug),
    /// A provider's id.
    #[command(external_subcommand)]
    Provider(Vec<String>),
}

/// What `update` does.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  claudometer update              what is new, and how it is installed here
  claudometer update --install

A release is installed only where its signature is that of Claudometer's makers. The one before comes back by itself where the new
one does not run.")]
pub(crate) struct Update {
    /// Install it; a running Claudometer is replaced, too.
    #[arg(long)]
    pub(crate) install: bool,
    /// Leave a running Claudometer alone.
    #[arg(long, hide = true, requires = "install")]
    pub(crate) no_restart: bool,
    /// Only have what is installed take the place of what runs, which was this program.
    #[arg(long, hide = true, conflicts_with = "install", value_name = "PROGRAM")]
    pub(crate) restart: Option<PathBuf>,
    /// The words with which it is started.
    #[arg(last = true, hide = true, requires = "restart")]
    pub(crate) words: Vec<String>,
    /// Also releases to try before others do, whatever the setting updates.channel says.
    #[arg(long)]
    pub(crate) beta: bool,
}

/// What `usage` shows.
#[derive(Debug, Default, clap::Args)]
#[command(after_help = "Examples:
  claudometer usage --json | jq '.providers[].windows[]'
  claudometer usage --no-cache --timeout 5")]
pub(crate) struct Usage {
    /// Only these providers.
    pub(crate) providers: Vec<String>,
    /// The same as --no-cache.
    #[arg(long)]
    pub(crate) refresh: bool,
}

/// How `watch` goes on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Ends with Ctrl-C. Vendors are asked as often as always, however often the picture changes."
)]
pub(crate) struct Watch {
    /// Only these providers.
    pub(crate) providers: Vec<String>,
    /// Seconds between two pictures.
    #[arg(long, short = 'n', value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(crate) interval: u64,
}

/// What `route` ranks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  claudometer route                 all providers, most left first
  claudometer route opus            those with a window for that model, or none at all
  claudometer route --role review   those that the setting routeRoles names for review")]
pub(crate) struct Route {
    /// Only providers that count this model by itself, or do not count by model.
    pub(crate) model: Option<String>,
    /// Only providers that the settings name for this role.
    #[arg(long)]
    pub(crate) role: Option<String>,
}

/// What `statusline` prints.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  waybar   \"custom/claudometer\": {\"exec\": \"claudometer statusline --format waybar\", \"return-type\": \"json\", \"interval\": 30}
  tmux     set -g status-right '#(claudometer statusline --format tmux)'")]
pub(crate) struct Statusline {
    /// The assistant that writes to standard input; without it, the line is about all.
    #[arg(long, value_name = "PROVIDER")]
    pub(crate) from: Option<String>,
    /// For which bar.
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "from")]
    pub(crate) format: Format,
}

/// The forms that bars understand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// One plain line.
    Text,
    /// waybar's JSON.
    Waybar,
    /// tmux's colours.
    Tmux,
    /// i3bar's JSON block.
    I3bar,
    /// polybar's colours.
    Polybar,
    /// xbar and SwiftBar: a title, then a menu.
    Xbar,
}

/// What `auth` does.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  claudometer auth                       which providers are signed in, and how to sign in to the others
  pass show my-key | claudometer auth PROVIDER --token -")]
pub(crate) struct Auth {
    /// The provider; without it, all are listed.
    pub(crate) provider: Option<String>,
    /// Only say whether it is signed in: exit code 0 or 2.
    #[arg(long, conflicts_with_all = ["delete", "token"])]
    pub(crate) status: bool,
    /// Delete a typed secret.
    #[arg(long, requires = "provider", conflicts_with = "token")]
    pub(crate) delete: bool,
    /// Sign in with a code that is typed at the vendor, where it offers that.
    #[arg(long, requires = "provider", conflicts_with_all = ["token", "delete", "status"])]
    pub(crate) device: bool,
    /// Read a secret from standard input (`-`), check it with the vendor, keep it.
    #[arg(long, requires = "provider", value_name = "-", value_parser = ["-"])]
    pub(crate) token: Option<String>,
}

/// Secrets that were typed.
#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Read a secret from standard input or ask for it, check it with the vendor, keep it in the keychain.
    Set {
        /// The provider.
        provider: String,
        /// The field, where a provider has several.
        field: Option<String>,
        /// A name for a further key, such as work: it is an account of its own.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
    /// Which secrets are kept, and where; never their values.
    List,
    /// Delete a secret.
    Delete {
        /// The provider.
        provider: String,
        /// The field, where a provider has several.
        field: Option<String>,
        /// The name of a further key.
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
    },
}

/// What is remembered.
#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// What is remembered, how old it is, and when a vendor may be asked again.
    Show,
    /// Forget the remembered numbers. Floors and pauses stay: they are the vendors'.
    Clear,
}

/// Settings.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Every setting in force, and what overrides it.
    Show,
    /// Where the file is.
    Path,
    /// One setting.
    Get {
        /// Its key, such as display.metric.
        key: String,
    },
    /// Change one setting.
    #[command(after_help = "Examples:
  claudometer config set display.figure left
  claudometer config set alerts.thresholds '[50, 80, 95]'")]
    Set {
        /// Its key.
        key: String,
        /// Its value, as JSON or as plain text.
        value: String,
    },
    /// Open the file in $VISUAL or $EDITOR, then say what is wrong with it.
    Edit,
    /// Put one setting, or all, back to what it is without a file.
    Reset {
        /// Its key; without one, all.
        key: Option<String>,
    },
}

/// What `doctor` does with its report.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Write the report to a file, after showing it.
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
}

/// What to add up.
#[derive(Debug, clap::Args)]
pub(crate) struct Tally {
    /// The home folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) home: PathBuf,
    /// A price list in LiteLLM's form, in place of the one that is built in.
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    /// A zone in which days are told; can be given again.
    #[arg(long, value_name = "ZONE")]
    pub(crate) zone: Vec<String>,
    /// A history file that is made or brought up to date, in place of one that is forgotten.
    #[arg(long, value_name = "FILE")]
    pub(crate) store: Option<PathBuf>,
}

/// Developers' commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Debug {
    /// Run recorded answers through the real sources; one JSON line each.
    Replay {
        /// An index of recorded answers.
        index: PathBuf,
    },
    /// Bring the history up to date and say what was used today: the resident asks.
    Brief,
    /// Add up the logs of a home folder in every aspect; one JSON document.
    Tally(Tally),
    /// Write the reference pages.
    Docs {
        /// Their folder.
        folder: PathBuf,
        /// Only say which pages differ.
        #[arg(long)]
        check: bool,
    },
}
