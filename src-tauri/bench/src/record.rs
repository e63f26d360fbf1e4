//! The table of figures, kept in the repository so that a change of them can be read.

use crate::Row;
use anyhow::Result;
use std::{fmt::Write as _, fs, path::Path};

/// What others measure stands below, and stays.
const BELOW: &str = "\n## ";

/// Writes the rows to a file of Markdown.
pub(crate) fn write(rows: &[Row], file: &Path) -> Result<()> {
    let before = fs::read_to_string(file).unwrap_or_default();
    let below = before.find(BELOW).map_or("", |at| &before[at..]);
    let day = chrono::Utc::now().date_naive();
    let mut text = format!(
        "# Budgets\n\nMeasured by `npm run bench -- --record` on {day}, two cores; each figure beside its reference in the same run. A budget that is\nnot kept ends the command with an error, and so does the job `budgets` of the build server.\n\nReference: a plain Tauri tray application; for the refresh the slowest provider alone; for requests what the\nsources' own floors would allow; for commands `true`; for logs and the status line with `--from`, ccusage.\n\n| what | ours | reference | ratio | budget | kept |\n| --- | ---: | ---: | ---: | --- | --- |\n"
    );
    for row in rows {
        let (budget, kept) = row.verdict("**no**");
        let (what, ours, reference) = (row.what, row.figure(row.ours), row.figure(row.reference));
        let ratio = row.ratio("");
        // Writing to a String cannot fail.
        writeln!(text, "| {what} | {ours} | {reference} | {ratio} | {budget} | {kept} |").ok();
    }
    text.push_str(below);
    Ok(fs::write(file, text)?)
}
