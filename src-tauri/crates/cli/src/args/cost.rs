//! The command line of `cost`.

use std::path::PathBuf;

/// What `cost` shows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  claudometer cost                               the last two weeks by day
  claudometer cost today                         today by assistant and model
  claudometer cost month --agent ID --breakdown
  claudometer cost session --since 7d --project shop --limit 10
  claudometer cost day --json | jq '.rows[] | {key, costUsd}'
  claudometer cost week --week rolling
  claudometer cost session --all --breakdown --parquet sessions.parquet

Numbers come from the logs that the assistants keep on this machine, and stay when these are deleted.")]
pub(crate) struct Cost {
    /// What a row is about.
    #[arg(value_enum, default_value_t = CostBy::Day)]
    pub(crate) by: CostBy,
    /// First day: 2026-11-01, 20261101, today, yesterday, or 7d for the last seven days.
    #[arg(long, short = 's', value_name = "DAY")]
    pub(crate) since: Option<String>,
    /// Last day.
    #[arg(long, short = 'u', value_name = "DAY")]
    pub(crate) until: Option<String>,
    /// Every day that is known.
    #[arg(long, conflicts_with_all = ["since", "until"])]
    pub(crate) all: bool,
    /// Only this hour of each day, 0 to 23.
    #[arg(long, value_name = "HOUR", value_parser = clap::value_parser!(u32).range(0..=23))]
    pub(crate) hour: Option<u32>,
    /// Zone in which days begin, such as Europe/Vienna; without it, the system's.
    #[arg(long, short = 'z', value_name = "ZONE")]
    pub(crate) zone: Option<String>,
    /// Only folders whose path holds this; can be given again.
    #[arg(long, short = 'p', value_name = "TEXT")]
    pub(crate) project: Vec<String>,
    /// Only models whose name holds this; can be given again.
    #[arg(long, short = 'm', value_name = "TEXT")]
    pub(crate) model: Vec<String>,
    /// Only this assistant, by its id; can be given again.
    #[arg(long, short = 'a', value_name = "ID")]
    pub(crate) agent: Vec<String>,
    /// Only this machine; can be given again.
    #[arg(long, value_name = "NAME")]
    pub(crate) device: Vec<String>,
    /// Every row by model, too.
    #[arg(long, short = 'b')]
    pub(crate) breakdown: bool,
    /// Which cost counts; without it, as the setting cost.mode says.
    #[arg(long, value_enum)]
    pub(crate) mode: Option<Mode>,
    /// What a week is.
    #[arg(long, value_enum, default_value_t = Week::Iso)]
    pub(crate) week: Week,
    /// Show so many rows: the last of those by time, else the dearest.
    #[arg(long, short = 'n', value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Tell folders, sessions and machines by numbers, for sharing.
    #[arg(long)]
    pub(crate) anonymise: bool,
    /// Print comma-separated values.
    #[arg(long, conflicts_with = "json")]
    pub(crate) csv: bool,
    /// Write the rows to a Parquet file.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["json", "csv"])]
    pub(crate) parquet: Option<PathBuf>,
}

/// What a row of `cost` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum CostBy {
    /// Today, by assistant and model.
    Today,
    /// Today, by hour.
    Hour,
    /// By day.
    Day,
    /// By week.
    Week,
    /// By month.
    Month,
    /// By year.
    Year,
    /// By session.
    Session,
    /// By folder.
    Project,
    /// By model.
    Model,
    /// By assistant.
    Agent,
    /// By machine.
    Device,
    /// By block of five hours.
    Block,
}

/// Which cost counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    /// What the log says, else the price list.
    Auto,
    /// The price list.
    Calculate,
    /// What the log says.
    Display,
}

/// What a week is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Week {
    /// From Monday, by ISO 8601.
    Iso,
    /// Seven days that end with the last one.
    Rolling,
    /// The account's own, from one reset of its weekly limit to the next.
    Limit,
}

/// What `prices` shows.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  claudometer prices sonnet-4-5
  claudometer prices --refresh gpt-5.5
  claudometer config set cost.refreshPrices true      each day, while Claudometer runs

The list is built in. Fetching it asks raw.githubusercontent.com for LiteLLM's table, and sends nothing.")]
pub(crate) struct Prices {
    /// Models whose names begin with this, or else hold it; without one, only what list it is.
    pub(crate) model: Vec<String>,
    /// Fetch the list now.
    #[arg(long)]
    pub(crate) refresh: bool,
}

/// What `heatmap` draws.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  claudometer heatmap
  claudometer heatmap --year 2026 --svg year.svg")]
pub(crate) struct Heatmap {
    /// A calendar year; without it, the last twelve months.
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i32).range(2000..=2200))]
    pub(crate) year: Option<i32>,
    /// Only this assistant, by its id; can be given again.
    #[arg(long, short = 'a', value_name = "ID")]
    pub(crate) agent: Vec<String>,
    /// Write a picture.
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
    /// Write a picture.
    #[arg(long, value_name = "FILE", conflicts_with = "svg")]
    pub(crate) png: Option<PathBuf>,
}
