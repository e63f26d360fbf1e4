//! What use cost, in a terminal.

use super::{
    Style,
    grid::{Column, Row, grid},
    paint::{Ink, Line},
    wrapped,
};
use crate::{
    Context, foreign,
    text::{self, Money},
};
use chrono::{DateTime, FixedOffset, NaiveDate};
use claudometer_wire::cost::{BlockReport, CostBlock, CostReport, CostRow, CostSums};
use std::collections::HashMap;

const FIGURES: [&str; 6] = ["Input", "Output", "Cache write", "Cache read", "Total", "Cost"];
/// So much of a session's id is shown, in characters.
const FEWEST: usize = 8;
/// In a line of so many columns there is place for every figure beside the words of a session.
const WIDE: usize = 110;
/// And here for the names of models.
const WIDEST: usize = 140;
/// In a line of fewer columns there is place for two figures.
const NARROW: usize = 76;
const NOTHING: &str = "No use was found in the logs of this machine for these days.";

/// What the words depend on besides the report.
#[expect(missing_debug_implementations, reason = "functions have nothing to show")]
pub struct Names<'a> {
    /// The name of an assistant by its id.
    pub agent: &'a dyn Fn(&str) -> String,
    /// The home folder, which is written `~`.
    pub home: &'a str,
    /// How money is shown.
    pub money: &'a Money,
}

impl Names<'_> {
    pub(crate) fn project(&self, path: &str) -> String {
        let path = &*foreign::shown(path);
        match path.strip_prefix(self.home) {
            Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("~{rest}"),
            _ if path.is_empty() => "no folder".to_owned(),
            _ => path.to_owned(),
        }
    }

    fn agents(&self, ids: &[String]) -> String {
        ids.iter().map(|id| (self.agent)(id)).collect::<Vec<_>>().join(", ")
    }
}

/// The report as a table, and what is to be said of it. Ends with a line feed.
pub fn page(report: &CostReport, names: &Names<'_>, context: &Context, style: &Style) -> String {
    let mut lines = vec![Line::new().with(&title(report, context), Ink::Strong)];
    if report.total.responses == 0 {
        lines.extend(wrapped(NOTHING, 0, style, Ink::Plain));
    } else {
        let columns = columns(report, style);
        let apart = Apart::of(report);
        let mut rows = Vec::new();
        for row in &report.rows {
            rows.push(Row {
                cells: cells(row, (report, &apart), names, context, style),
                ink: Ink::Plain,
            });
            for part in &row.breakdown {
                let label = match row.agents.as_slice() {
                    [_] => format!("  {}", part.model),
                    _ => format!("  {} · {}", (names.agent)(&part.agent), part.model),
                };
                rows.push(figures_row(label, &columns, &part.sums, names, context, Ink::Quiet));
            }
        }
        rows.push(figures_row(
            if report.rows_left_out > 0 { "Total of all".into() } else { "Total".into() },
            &columns,
            &report.total,
            names,
            context,
            Ink::Strong,
        ));
        lines.extend(grid(&columns, &rows, style));
    }
    for note in notes(report, names, context) {
        lines.extend(wrapped(&note, 0, style, Ink::Quiet));
    }
    lines.iter().map(|line| line.text(style) + "\n").collect()
}

fn title(report: &CostReport, context: &Context) -> String {
    let day = |day: NaiveDate| context.locale.full_date(noon(day));
    let span = match (report.since, report.until) {
        (Some(since), Some(until)) if since == until => format!(", {}", day(since)),
        (Some(since), Some(until)) => format!(", {} to {}", day(since), day(until)),
        (Some(since), None) => format!(", since {}", day(since)),
        (None, Some(until)) => format!(", until {}", day(until)),
        (None, None) => String::new(),
    };
    format!("API value by {}{span}", report.by)
}

fn columns(report: &CostReport, style: &Style) -> Vec<Column> {
    let mut columns = vec![Column::words(heading(&report.by), 14)];
    if report.by == "session" {
        columns.push(Column::words("Project", 10));
    }
    columns.extend(FIGURES.iter().skip(left_out(report, style)).copied().map(Column::number));
    if has_models(report, style) {
        columns.push(Column::words("Models", 12));
    }
    columns
}

/// How many figures do not fit, the last two always do.
fn left_out(report: &CostReport, style: &Style) -> usize {
    let needed = if report.by == "session" { WIDE } else { NARROW };
    if style.width < needed && !style.whole { FIGURES.len() - 2 } else { 0 }
}

fn has_models(report: &CostReport, style: &Style) -> bool {
    (style.width >= WIDEST || style.whole)
        && report.by != "model"
        && report.rows.iter().all(|row| row.breakdown.is_empty())
}

fn heading(by: &str) -> &'static str {
    match by {
        "hour" => "Hour",
        "day" => "Day",
        "week" => "Week",
        "month" => "Month",
        "year" => "Year",
        "session" => "Session",
        "project" => "Project",
        "model" => "Model",
        "device" => "Device",
        _ => "Assistant",
    }
}

fn cells(
    row: &CostRow,
    (report, apart): (&CostReport, &Apart),
    names: &Names<'_>,
    context: &Context,
    style: &Style,
) -> Vec<String> {
    let mut cells = vec![label(row, &report.by, apart, names, context)];
    if report.by == "session" {
        cells.push(
            row.projects.iter().map(|path| names.project(path)).collect::<Vec<_>>().join(", "),
        );
    }
    cells.extend(figures(&row.sums, names, context).into_iter().skip(left_out(report, style)));
    if has_models(report, style) {
        cells.push(row.models.join(", "));
    }
    cells
}

/// What tells the rows of a report apart.
#[derive(Debug, Default)]
pub(crate) struct Apart {
    /// Sessions of which eight characters are not enough, and how many are.
    sessions: HashMap<String, usize>,
    /// Whether hours of several days are shown.
    several_days: bool,
}

impl Apart {
    /// For the rows of a report.
    pub(crate) fn of(report: &CostReport) -> Self {
        let mut days = report.rows.iter().filter_map(|row| row.key.split_once(' '));
        let first = days.next().map(|(day, _)| day);
        let several_days = report.by == "hour" && days.any(|(day, _)| Some(day) != first);
        let mut keys: Vec<&str> = report.rows.iter().map(|row| row.key.as_str()).collect();
        keys.sort_unstable();
        let mut sessions = HashMap::new();
        for pair in keys.windows(2).filter(|_| report.by == "session") {
            let [one, other] = [pair[0], pair[1]];
            let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
            for key in pair.iter().filter(|_| same >= FEWEST && one != other) {
                let most = sessions.entry((*key).to_owned()).or_default();
                *most = same.max(*most);
            }
        }
        Self { sessions, several_days }
    }

    /// The beginning of a long id that tells it from the others, a few characters longer than it must be.
    fn session(&self, id: &str) -> String {
        let long = self.sessions.get(id).map_or(FEWEST, |same| same + 4);
        if id.chars().count() <= 2 * FEWEST {
            id.to_owned()
        } else {
            id.chars().take(long).collect()
        }
    }
}

pub(crate) fn label(
    row: &CostRow,
    by: &str,
    apart: &Apart,
    names: &Names<'_>,
    context: &Context,
) -> String {
    let day = || row.key.parse::<NaiveDate>().ok().map(noon);
    match by {
        "day" => day().map_or_else(
            || row.key.clone(),
            |at| format!("{} {}", context.locale.weekday(at), context.locale.full_date(at)),
        ),
        "hour" => row
            .key
            .split_once(' ')
            .and_then(|(day, hour)| Some((noon(day.parse().ok()?), hour)))
            .map_or_else(
                || row.key.clone(),
                |(at, hour)| {
                    let date = apart.several_days.then(|| context.locale.full_date(at) + " ");
                    let date = date.unwrap_or_default();
                    format!("{} {date}{hour}", context.locale.weekday(at))
                },
            ),
        "week" => day()
            .map_or_else(|| row.key.clone(), |at| format!("from {}", context.locale.full_date(at))),
        "session" => {
            let at = row.last.map(|at| text::moment(at, context)).unwrap_or_default();
            let id = foreign::shown(&row.key);
            let id = apart.session(&id);
            format!("{at} · {} {id}", names.agents(&row.agents))
        }
        "project" => names.project(&row.key),
        "agent" => (names.agent)(&row.key),
        _ => foreign::shown(&row.key).into_owned(),
    }
}

fn figures(sums: &CostSums, names: &Names<'_>, context: &Context) -> Vec<String> {
    let counts = [
        sums.input_tokens,
        sums.output_tokens,
        sums.cache_write_tokens,
        sums.cache_read_tokens,
        sums.total_tokens,
    ];
    let mut cells: Vec<String> = counts.iter().map(|count| text::count(*count, context)).collect();
    cells.push(text::cost(sums, names.money, context));
    cells
}

fn figures_row(
    label: String,
    columns: &[Column],
    sums: &CostSums,
    names: &Names<'_>,
    context: &Context,
    ink: Ink,
) -> Row {
    let mut cells = vec![label];
    let second_words = columns.get(1).is_some_and(|column| !column.right);
    cells.extend(second_words.then(String::new));
    let shown = columns.iter().filter(|column| column.right).count();
    let figures = figures(sums, names, context);
    cells.extend(figures.iter().skip(figures.len() - shown.min(figures.len())).cloned());
    Row { cells, ink }
}

/// What has to be known to read the numbers.
pub(crate) fn notes(report: &CostReport, names: &Names<'_>, context: &Context) -> Vec<String> {
    let mut notes = Vec::new();
    if report.rows_left_out > 0 {
        let shown = report.rows.len() as u64;
        let all = shown + report.rows_left_out;
        notes.push(format!("{shown} of {all} rows are shown; the total is of all {all}."));
    }
    if !report.unpriced_models.is_empty() {
        notes.push(unpriced(&report.unpriced_models));
    }
    if let Some(sums) = &report.estimated {
        notes.push(format!(
            "Besides, estimated by the assistants themselves: ~{} tokens, ~{}.",
            text::count(sums.total_tokens, context),
            text::cost(sums, names.money, context)
        ));
    }
    if let Some(plans) = report.plans_usd_per_month {
        notes.push(format!("The plans cost {} a month.", names.money.text(plans, context)));
    }
    if report.total.responses > 0
        && let Some(day) = report.prices_as_of
    {
        let day = context.locale.full_date(noon(day));
        notes.push(format!(
            "What the tokens would cost by the vendors' price lists of {day}; a plan costs what it costs."
        ));
    }
    notes
}

fn unpriced(models: &[String]) -> String {
    format!(
        "Without a known price, and in no cost: {}. `claudometer config set 'cost.prices.\"MODEL\"' '{{\"input\": 3, \"output\": 15}}'` sets one.",
        models.join(", ")
    )
}

/// The blocks as a table, and the one that goes on. Ends with a line feed.
pub fn blocks(report: &BlockReport, names: &Names<'_>, context: &Context, style: &Style) -> String {
    let mut lines = vec![Line::new().with("API value by block of five hours", Ink::Strong)];
    if report.blocks.is_empty() {
        lines.extend(wrapped(NOTHING, 0, style, Ink::Plain));
    } else {
        let columns = [
            Column::words("Begin", 14),
            Column::words("Assistant", 8),
            Column::words("End", 6),
            Column::number("Responses"),
            Column::number("Total"),
            Column::number("Cost"),
            Column::number("An hour"),
        ];
        let rows: Vec<Row> =
            report.blocks.iter().map(|block| block_row(block, names, context)).collect();
        lines.extend(grid(&columns, &rows, style));
    }
    if report.blocks_left_out > 0 {
        let shown = report.blocks.len() as u64;
        let note =
            format!("The last {shown} of {} blocks are shown.", shown + report.blocks_left_out);
        lines.extend(wrapped(&note, 0, style, Ink::Quiet));
    }
    for block in report.blocks.iter().filter(|block| block.active) {
        lines.extend(wrapped(&goes_on(block, names, context), 0, style, Ink::Plain));
    }
    if !report.unpriced_models.is_empty() {
        lines.extend(wrapped(&unpriced(&report.unpriced_models), 0, style, Ink::Quiet));
    }
    lines.iter().map(|line| line.text(style) + "\n").collect()
}

fn block_row(block: &CostBlock, names: &Names<'_>, context: &Context) -> Row {
    let (start, end) = (context.local(block.start), context.local(block.end));
    let hour = block.cost_usd_per_hour.map(|dollars| names.money.text(dollars, context));
    let begin = format!("{} {}", context.locale.full_date(start), context.locale.clock(start));
    let end = context.locale.clock(end);
    Row {
        cells: vec![
            begin,
            (names.agent)(&block.agent),
            if block.from_account { end } else { format!("~{end}") },
            text::count(block.sums.responses, context),
            text::count(block.sums.total_tokens, context),
            text::cost(&block.sums, names.money, context),
            hour.unwrap_or_default(),
        ],
        ink: if block.active { Ink::Strong } else { Ink::Plain },
    }
}

fn goes_on(block: &CostBlock, names: &Names<'_>, context: &Context) -> String {
    let left = text::duration(block.end - context.now);
    let projected = match (block.projected_tokens, block.projected_cost_usd) {
        (Some(tokens), Some(dollars)) => format!(
            "; at this pace {} tokens and {} by then",
            text::count(tokens, context),
            names.money.text(dollars, context)
        ),
        (Some(tokens), None) => {
            format!("; at this pace {} tokens by then", text::count(tokens, context))
        }
        _ => String::new(),
    };
    format!("{}'s block goes on for {left}{projected}.", (names.agent)(&block.agent))
}

pub(crate) fn noon(day: NaiveDate) -> DateTime<FixedOffset> {
    day.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc().fixed_offset()
}

#[cfg(test)]
mod tests;
