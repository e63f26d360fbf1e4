//! The command line.

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

Exit codes: 0 ok, 1 other, 2 not signed in, 3 network or rate limit, 4 configuration, 5 partly."
)]
pub(crate) struct Args {
    /// Show recorded answers of every state instead of live ones.
    #[arg(long, global = true)]
    pub(crate) demo: bool,
    /// Moment within the recorded hour that the demo shows.
    #[arg(long, global = true, value_name = "N", default_value_t = 0, requires = "demo")]
    pub(crate) seed: u64,
    /// Only these states of the demo, by name.
    #[arg(long = "scene", global = true, value_name = "NAME", requires = "demo")]
    pub(crate) scenes: Vec<String>,
    /// Put a setting above the file and the environment, for this run.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Say more on standard error.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// No colours, whatever the terminal.
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// What to do; nothing starts the resident in the tray.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show limits, resets and pace.
    Usage(Usage),
    /// Open the window.
    Open {
        /// Page: overview, providers, alerts, general, about.
        page: Option<String>,
    },
    /// Explain what is found, tried and waited for; without secrets.
    Doctor,
    /// Take an assistant's status line from standard input, print a line for it.
    Statusline {
        /// The assistant that writes.
        #[arg(long, value_name = "PROVIDER")]
        from: String,
    },
    /// End the resident.
    Quit,
    /// For developers.
    #[command(subcommand, hide = true)]
    Debug(Debug),
}

/// What `usage` shows.
#[derive(Debug, clap::Args)]
pub(crate) struct Usage {
    /// Only these providers.
    pub(crate) providers: Vec<String>,
    /// One JSON document.
    #[arg(long)]
    pub(crate) json: bool,
    /// Ask the vendors now, as far as their floors allow.
    #[arg(long)]
    pub(crate) refresh: bool,
}

/// Developers' commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Debug {
    /// Run recorded answers through the real sources; one JSON line each.
    Replay {
        /// An index of recorded answers.
        index: PathBuf,
    },
}
