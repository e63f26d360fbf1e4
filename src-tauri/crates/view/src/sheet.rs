//! Reports as tables of typed cells, for files that other programs read: the fields of the JSON form.

use crate::foreign;
use chrono::{DateTime, Utc};
use claudometer_wire::cost::{BlockReport, CostReport, CostSums};

/// A table; every row has a cell for each column, of its kind.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    /// Names and kinds of the columns.
    pub columns: Vec<(String, Kind)>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Cell::Text`].
    Text,
    /// [`Cell::Count`].
    Count,
    /// [`Cell::Number`].
    Number,
    /// [`Cell::Time`].
    Time,
    /// [`Cell::Flag`].
    Flag,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// How many.
    Count(u64),
    /// A number, where it is known.
    Number(Option<f64>),
    /// A time in UTC, where it is known.
    Time(Option<DateTime<Utc>>),
    /// Yes or no.
    Flag(bool),
}

const SUMS: [(&str, Kind); 10] = [
    ("responses", Kind::Count),
    ("inputTokens", Kind::Count),
    ("outputTokens", Kind::Count),
    ("reasoningTokens", Kind::Count),
    ("cacheReadTokens", Kind::Count),
    ("cacheWriteTokens", Kind::Count),
    ("cacheWrite1hTokens", Kind::Count),
    ("totalTokens", Kind::Count),
    ("costUsd", Kind::Number),
    ("unpricedResponses", Kind::Count),
];

impl Sheet {
    fn of(columns: &[(&str, Kind)]) -> Self {
        let all = columns.iter().chain(&SUMS);
        let columns = all.map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        Self { columns, rows: Vec::new() }
    }

    /// The rows of a report; with a breakdown, one for each model of each row.
    pub fn rows(report: &CostReport) -> Self {
        let mut sheet = Self::of(&[
            (&report.by, Kind::Text),
            ("agents", Kind::Text),
            ("models", Kind::Text),
            ("projects", Kind::Text),
            ("first", Kind::Time),
            ("last", Kind::Time),
        ]);
        for row in &report.rows {
            let mut add = |agents: String, models: String, sums: &CostSums| {
                let cells = [
                    Cell::Text(row.key.clone()),
                    Cell::Text(agents),
                    Cell::Text(models),
                    Cell::Text(list(&row.projects)),
                    Cell::Time(row.first),
                    Cell::Time(row.last),
                ];
                sheet.rows.push(cells.into_iter().chain(figures(sums)).collect());
            };
            if row.breakdown.is_empty() {
                add(list(&row.agents), list(&row.models), &row.sums);
            }
            for part in &row.breakdown {
                add(part.agent.clone(), part.model.clone(), &part.sums);
            }
        }
        sheet
    }

    /// The blocks of a report.
    pub fn blocks(report: &BlockReport) -> Self {
        let mut sheet = Self::of(&[
            ("start", Kind::Time),
            ("end", Kind::Time),
            ("agent", Kind::Text),
            ("fromAccount", Kind::Flag),
            ("active", Kind::Flag),
            ("models", Kind::Text),
        ]);
        for block in &report.blocks {
            let cells = [
                Cell::Time(Some(block.start)),
                Cell::Time(Some(block.end)),
                Cell::Text(block.agent.clone()),
                Cell::Flag(block.from_account),
                Cell::Flag(block.active),
                Cell::Text(list(&block.models)),
            ];
            sheet.rows.push(cells.into_iter().chain(figures(&block.sums)).collect());
        }
        sheet
    }

    /// As comma-separated values by RFC 4180, a heading first. What is not known is empty, and a text that a spreadsheet
    /// would take for a formula is made text.
    pub fn csv(&self) -> String {
        self.csv_lines().collect()
    }

    /// The same, a line at a time.
    pub fn csv_lines(&self) -> impl Iterator<Item = String> {
        let heading = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let rows = self.rows.iter().map(|row| row.iter().map(Cell::csv).collect());
        std::iter::once(heading).chain(rows).map(|cells: Vec<String>| cells.join(",") + "\n")
    }
}

fn figures(sums: &CostSums) -> [Cell; SUMS.len()] {
    [
        Cell::Count(sums.responses),
        Cell::Count(sums.input_tokens),
        Cell::Count(sums.output_tokens),
        Cell::Count(sums.reasoning_tokens),
        Cell::Count(sums.cache_read_tokens),
        Cell::Count(sums.cache_write_tokens),
        Cell::Count(sums.cache_write_1h_tokens),
        Cell::Count(sums.total_tokens),
        Cell::Number(sums.cost_usd),
        Cell::Count(sums.unpriced_responses),
    ]
}

impl Cell {
    fn csv(&self) -> String {
        match self {
            Self::Text(text) => escaped(text),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => number.map(|number| number.to_string()).unwrap_or_default(),
            Self::Time(at) => at.map(|at| at.to_rfc3339()).unwrap_or_default(),
            Self::Flag(flag) => flag.to_string(),
        }
    }
}

/// Several values in one cell, with semicolons between them: paths have blanks in them.
fn list(values: &[String]) -> String {
    let value = |value: &String| value.replace(';', "\\;");
    values.iter().map(value).collect::<Vec<_>>().join(";")
}

fn escaped(cell: &str) -> String {
    let cell = foreign::shown(cell);
    let formula = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let cell =
        if cell.trim_start().starts_with(formula) { format!("'{cell}") } else { cell.into_owned() };
    if cell.contains([',', ';', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_wire::cost::CostRow;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        let row = CostRow {
            key: "=1+1".into(),
            projects: vec!["/a, \"b\"".into()],
            ..CostRow::default()
        };
        let report = CostReport { by: "project".into(), rows: vec![row], ..CostReport::default() };
        let text = Sheet::rows(&report).csv();
        let line = text.lines().nth(1).unwrap();
        assert!(line.starts_with("'=1+1,,,\"/a, \"\"b\"\"\",,,0,0"), "{line}");
        assert!(line.ends_with(",,0"), "an unknown cost is empty: {line}");
    }

    #[test]
    fn several_paths_stay_several_and_one_with_blanks_stays_one() {
        let projects: Vec<String> = vec!["/a b".into(), "/c;d".into(), "/e".into()];
        assert_eq!(list(&projects), "/a b;/c\\;d;/e");
        assert_eq!(list(&projects[..1]), "/a b");
    }

    #[test]
    fn neither_a_formula_nor_a_control_character_gets_into_a_cell() {
        for (cell, expected) in [
            ("\n=1+1", "\\n=1+1"),
            (" =1+1", "' =1+1"),
            ("＝1", "'＝1"),
            ("a\u{1b}[2J\u{202e}b", "a\\u{1b}[2J\\u{202e}b"),
            ("a b", "a b"),
        ] {
            assert_eq!(escaped(cell), expected, "{cell:?}");
        }
    }
}
