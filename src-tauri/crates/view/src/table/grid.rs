//! Columns of figures: a heading, rows, each column as wide as its widest cell.

use super::{
    Style,
    paint::{Ink, Line},
};

/// Columns between two columns.
const GAP: usize = 2;

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    /// Its heading.
    pub(super) title: &'static str,
    /// Whether its cells end at the same place, as numbers do.
    pub(super) right: bool,
    /// A column of words is made narrower, down to this, where the line is too short; `None` never is.
    pub(super) least: Option<usize>,
}

impl Column {
    /// A column of numbers.
    pub(super) const fn number(title: &'static str) -> Self {
        Self { title, right: true, least: None }
    }

    /// A column of words.
    pub(super) const fn words(title: &'static str, least: usize) -> Self {
        Self { title, right: false, least: Some(least) }
    }
}

/// A row of cells and what they are.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    pub(super) ink: Ink,
}

/// The heading and the rows. Words that do not fit lose their beginning, as paths do best.
pub(super) fn grid(columns: &[Column], rows: &[Row], style: &Style) -> Vec<Line> {
    let widths = widths(columns, rows, style);
    let heading = columns.iter().map(|column| column.title.to_owned()).collect();
    let heading = Row { cells: heading, ink: Ink::Quiet };
    std::iter::once(&heading).chain(rows).map(|row| line(columns, &widths, row)).collect()
}

fn widths(columns: &[Column], rows: &[Row], style: &Style) -> Vec<usize> {
    let widest = |(nth, column): (usize, &Column)| {
        let cells =
            rows.iter().filter_map(|row| row.cells.get(nth)).map(|cell| cell.chars().count());
        cells.chain([column.title.len()]).max().unwrap_or(0)
    };
    let mut widths: Vec<usize> = columns.iter().enumerate().map(widest).collect();
    let gaps = GAP * columns.len().saturating_sub(1);
    let mut over = (widths.iter().sum::<usize>() + gaps).saturating_sub(style.width);
    for (width, column) in widths.iter_mut().zip(columns).rev() {
        let least = column.least.unwrap_or(*width);
        let cut = over.min(width.saturating_sub(least));
        *width -= cut;
        over -= cut;
    }
    widths
}

fn line(columns: &[Column], widths: &[usize], row: &Row) -> Line {
    let mut line = Line::new();
    for (nth, (cell, (column, width))) in
        row.cells.iter().zip(columns.iter().zip(widths)).enumerate()
    {
        let cell = ending(cell, *width);
        let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
        let gap = if nth == 0 { 0 } else { GAP };
        line = line.with(&" ".repeat(gap), Ink::Plain);
        line = if column.right {
            line.with(&blanks, Ink::Plain).with(&cell, row.ink)
        } else {
            line.with(&cell, row.ink).with(&blanks, Ink::Plain)
        };
    }
    line
}

/// The end of a text that is too long.
fn ending(text: &str, width: usize) -> String {
    let letters = text.chars().count();
    if letters <= width {
        return text.to_owned();
    }
    let rest: String = text.chars().skip(letters - width.saturating_sub(1)).collect();
    format!("…{rest}")
}
