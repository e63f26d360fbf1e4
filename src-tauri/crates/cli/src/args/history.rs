//! The command line of `history`.

use clap::Subcommand;
use std::path::PathBuf;

/// What `history` shows.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  claudometer history --days 30
  claudometer history --json | jq '.windows[] | {window, usedPercent, samePointPercent}'
  claudometer history --points --json | jq '.windows[] | {window, points, before}'
  claudometer history verify        compare the history of use with the logs
  claudometer history backup        copy it

Numbers are kept while Claudometer runs, and each time that a command shows new ones."
)]
pub(crate) struct History {
    /// What to do with the history of use.
    #[command(subcommand)]
    pub(crate) act: Option<Act>,
    /// Only these providers.
    pub(crate) providers: Vec<String>,
    /// So many days back.
    #[arg(long, short = 'd', value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=3660))]
    pub(crate) days: u32,
    /// With --json, tell the present period of each window and the one before in points, for drawing.
    #[arg(long, requires = "json")]
    pub(crate) points: bool,
}

/// What to do with the history of use.
#[derive(Debug, Subcommand)]
pub(crate) enum Act {
    /// Read every log anew and compare; exit code 1 where something is missing or damaged.
    Verify,
    /// Copy the history to a file; without one, to the folder of the daily copies.
    Backup {
        /// The file.
        file: Option<PathBuf>,
    },
    /// Put a copy in the place of the history, which is set aside.
    Restore {
        /// The copy; without one, the newest of the daily ones.
        file: Option<PathBuf>,
    },
    /// Make the history anew from the logs; what these do not have any more is taken over from the old one.
    Rebuild,
    /// Write every response as a line, for another machine.
    Export {
        /// The file; without one, standard output.
        file: Option<PathBuf>,
        /// Only of this machine; without it, of all that are known.
        #[arg(long, value_name = "NAME")]
        device: Option<String>,
    },
    /// Take in what another machine exported, as often as you like, or what another program kept of logs that are gone by
    /// now: a report that `ccusage daily --json` wrote, or the database of Goblin or of tokentop.
    Import {
        /// The file, or a folder of exports.
        path: PathBuf,
    },
    /// Tell other machines what was used here, and take in what they tell, over the folder that the setting cost.syncFolder
    /// names. The resident does so every quarter of an hour.
    Sync,
    /// Remove what was used before a day, for good.
    Prune {
        /// The day, such as 2025-01-01.
        #[arg(long, value_name = "DAY")]
        before: String,
        /// Do it without asking.
        #[arg(long)]
        yes: bool,
    },
}
