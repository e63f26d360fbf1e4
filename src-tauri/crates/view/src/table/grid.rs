//! Columns of figures: a heading, rows, each column as wide as its widest cell.
//!
//! The widths are found first ([`Widths`]), so that rows can come from anywhere, twice, and need not be kept.

use super::{
    Style,
    paint::{Ink, Line},
    pieces,
};
use crate::foreign;
use std::{borrow::Cow, collections::HashMap};

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

/// The heading and the rows. Words that do not fit lose their beginning, as paths do best; those that could then be taken
/// for each other are broken into several lines instead.
pub(super) fn grid(columns: &[Column], rows: &[Row], style: &Style) -> Vec<Line> {
    let mut widths = Widths::of(columns);
    for row in rows {
        widths.see(row);
    }
    widths.settle(style);
    for row in rows {
        widths.tell_apart(row);
    }
    std::iter::once(widths.heading()).chain(rows.iter().flat_map(|row| widths.lines(row))).collect()
}

/// How wide each column is. Show it every row ([`see`](Self::see)), [`settle`](Self::settle) it, show it every row again
/// ([`tell_apart`](Self::tell_apart)); then [`lines`](Self::lines) makes a row at a time.
#[derive(Debug)]
pub(super) struct Widths<'a> {
    columns: &'a [Column],
    each: Vec<usize>,
    /// Cells that were cut, by what is left of them: the one text that is meant, or `None` where several are.
    cut: HashMap<(usize, String), Option<String>>,
}

impl<'a> Widths<'a> {
    /// As wide as the titles.
    pub(super) fn of(columns: &'a [Column]) -> Self {
        let widths = columns.iter().map(|column| column.title.chars().count()).collect();
        Self { columns, each: widths, cut: HashMap::new() }
    }

    /// Makes place for a row.
    pub(super) fn see(&mut self, row: &Row) {
        for (width, cell) in self.each.iter_mut().zip(&row.cells) {
            *width = (*width).max(foreign::shown(cell).chars().count());
        }
    }

    /// Makes columns of words narrower until a line fits.
    pub(super) fn settle(&mut self, style: &Style) {
        if style.whole {
            return;
        }
        let gaps = GAP * self.columns.len().saturating_sub(1);
        let mut over = (self.each.iter().sum::<usize>() + gaps).saturating_sub(style.width);
        for (width, column) in self.each.iter_mut().zip(self.columns).rev() {
            let least = column.least.unwrap_or(*width);
            let cut = over.min(width.saturating_sub(least));
            *width -= cut;
            over -= cut;
        }
    }

    /// Notes which cells of a row look like others once they are cut.
    pub(super) fn tell_apart(&mut self, row: &Row) {
        for (nth, (cell, width)) in row.cells.iter().zip(&self.each).enumerate() {
            let cell = foreign::shown(cell);
            if let Some(rest) = ending(&cell, *width) {
                let meant = self.cut.entry((nth, rest)).or_insert_with(|| Some(cell.to_string()));
                if meant.as_deref().is_some_and(|meant| meant != cell) {
                    *meant = None;
                }
            }
        }
    }

    fn heading(&self) -> Line {
        let titles: Vec<String> =
            self.columns.iter().map(|column| column.title.to_owned()).collect();
        self.line(&titles, Ink::Quiet)
    }

    /// A row; more than one line where a cell has to be broken.
    pub(super) fn lines(&self, row: &Row) -> Vec<Line> {
        let cells = row.cells.iter().zip(&self.each).enumerate();
        let mut cells: Vec<_> =
            cells.map(|(nth, (cell, width))| self.parts(nth, cell, *width).into_iter()).collect();
        let height = cells.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        let mut next = || cells.iter_mut().map(|parts| parts.next().unwrap_or_default()).collect();
        (0..height)
            .map(|_| {
                let parts: Vec<String> = next();
                self.line(&parts, row.ink)
            })
            .collect()
    }

    fn parts(&self, nth: usize, cell: &str, width: usize) -> Vec<String> {
        let cell = foreign::shown(cell);
        let Some(rest) = ending(&cell, width) else { return vec![Cow::into_owned(cell)] };
        let place = (nth, rest);
        match self.cut.get(&place) {
            Some(None) => pieces(&cell, width).map(str::to_owned).collect(),
            Some(Some(_)) | None => vec![place.1],
        }
    }

    fn line(&self, cells: &[String], ink: Ink) -> Line {
        let mut line = Line::new();
        for (nth, (cell, (column, width))) in
            cells.iter().zip(self.columns.iter().zip(&self.each)).enumerate()
        {
            let blanks = " ".repeat(width.saturating_sub(cell.chars().count()));
            let gap = if nth == 0 { 0 } else { GAP };
            line = line.with(&" ".repeat(gap), Ink::Plain);
            line = if column.right {
                line.with(&blanks, Ink::Plain).with(cell, ink)
            } else {
                line.with(cell, ink).with(&blanks, Ink::Plain)
            };
        }
        line
    }
}

/// The end of a text that is too long; `None` for one that is not.
fn ending(text: &str, width: usize) -> Option<String> {
    let letters = text.chars().count();
    (letters > width).then(|| {
        let rest = text.chars().skip(letters - width.saturating_sub(1));
        std::iter::once('…').chain(rest).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(names: &[&str], width: usize, whole: bool) -> String {
        let columns = [Column::words("Model", 10), Column::number("Cost")];
        let row =
            |name: &&str| Row { cells: vec![(*name).into(), "$1.00".into()], ink: Ink::Plain };
        let rows: Vec<Row> = names.iter().map(row).collect();
        let style = Style { width, color: false, ascii: false, whole };
        let lines = grid(&columns, &rows, &style);
        lines.iter().map(|line| line.text(&style) + "\n").collect()
    }

    #[test]
    fn names_that_differ_only_where_they_are_cut_are_not_cut() {
        let names = ["acme-large-4-5-20250929", "acme-small-4-5-20250929", "gpt-5"];
        let text = table(&names, 20, false);
        let glued: String =
            text.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert!(names.iter().all(|name| glued.contains(name)), "{text}");
        assert!(text.lines().all(|line| line.chars().count() <= 20), "{text}");
        let text = table(&["acme-large-4-5-20250929", "gpt-5"], 20, false);
        assert!(text.contains("…4-5-20250929"), "alone it is cut: {text}");
    }

    #[test]
    fn in_a_pipe_nothing_is_cut() {
        let name = "x".repeat(300);
        assert!(table(&[&name], 80, true).contains(&name));
    }

    #[test]
    fn what_would_steer_the_terminal_is_shown() {
        let text = table(&["a\u{1b}[2Jb\nc\u{202e}d"], 80, false);
        assert!(text.contains("a\\u{1b}[2Jb\\nc\\u{202e}d"), "{text}");
        assert_eq!(text.lines().count(), 2);
    }
}
