//! Lines of coloured text, and the meter from block characters.

use super::Style;
use crate::foreign;
use claudometer_wire::{Fresh, Level, Meter};

/// What a piece of text is, from which its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ink {
    /// Nothing special.
    Plain,
    /// A name.
    Strong,
    /// Of less weight.
    Quiet,
    /// At the first threshold, or trouble.
    Warning,
    /// At the last threshold.
    Danger,
}

impl Ink {
    pub(super) const fn of(level: Level) -> Self {
        match level {
            Level::Unknown => Self::Quiet,
            Level::Calm => Self::Plain,
            Level::Watch => Self::Warning,
            Level::Low | Level::Exhausted => Self::Danger,
        }
    }

    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "1",
            Self::Quiet => "2",
            Self::Warning => "33",
            Self::Danger => "1;31",
        }
    }
}

/// A line as pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Line(Vec<(String, Ink)>);

impl Line {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn indented(by: usize) -> Self {
        Self(vec![(" ".repeat(by), Ink::Plain)])
    }

    /// With a piece of text, in which nothing is obeyed.
    pub(super) fn with(mut self, text: &str, ink: Ink) -> Self {
        let text = &*foreign::shown(text);
        match self.0.last_mut() {
            _ if text.is_empty() => {}
            Some((last, same)) if *same == ink => last.push_str(text),
            _ => self.0.push((text.to_owned(), ink)),
        }
        self
    }

    /// Its letters.
    pub(super) fn plain(&self) -> String {
        self.0.iter().map(|(text, _)| text.as_str()).collect()
    }

    /// Columns.
    pub(super) fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| text.chars().count()).sum()
    }

    pub(super) fn text(&self, style: &Style) -> String {
        let piece = |(text, ink): &(String, Ink)| {
            let text = if style.ascii { ascii(text) } else { text.clone() };
            let code = ink.code();
            if style.color && !code.is_empty() {
                format!("\u{1b}[{code}m{text}\u{1b}[0m")
            } else {
                text
            }
        };
        let text: String = self.0.iter().map(piece).collect();
        text.trim_end_matches(' ').to_owned()
    }
}

/// The nearest ASCII for what we write ourselves; anything else becomes a question mark.
fn ascii(text: &str) -> String {
    let letter = |letter: char| match letter {
        '·' | '–' | '—' => '-',
        '…' => '.',
        '’' => '\'',
        '▲' => '^',
        '▼' => 'v',
        letter if letter.is_ascii() => letter,
        _ => '?',
    };
    text.replace('€', "EUR ").chars().map(letter).collect()
}

/// Characters of a meter.
struct Blocks {
    fill: char,
    stale: char,
    tick: char,
    tail: char,
    empty: char,
    unknown: [char; 2],
    open: &'static str,
    close: &'static str,
}

const BLOCKS: Blocks = Blocks {
    fill: '█',
    stale: '▒',
    tick: '│',
    tail: '░',
    empty: '·',
    unknown: ['╌', ' '],
    open: "",
    close: "",
};
const ASCII: Blocks = Blocks {
    fill: '#',
    stale: '=',
    tick: '|',
    tail: '/',
    empty: '.',
    unknown: ['-', ' '],
    open: "[",
    close: "]",
};

/// Appends a meter of `width` columns: fill, tick where an even use would stand, tail to where the pace ends.
pub(super) fn bar(line: Line, meter: &Meter, width: usize, style: &Style) -> Line {
    let blocks = if style.ascii { ASCII } else { BLOCKS };
    let inside = width - blocks.open.len() - blocks.close.len();
    if meter.unlimited {
        // A word says it; there is nothing to draw.
        return line.with(&" ".repeat(width), Ink::Quiet);
    }
    let line = line.with(blocks.open, Ink::Quiet);
    let Some(used) = meter.used else {
        let dashes: String = (0..inside).map(|column| blocks.unknown[column % 2]).collect();
        return line.with(&dashes, Ink::Quiet).with(blocks.close, Ink::Quiet);
    };
    let filled = columns(used, inside);
    let tail = meter.projected.map_or(filled, |projected| columns(projected, inside).max(filled));
    let tick = meter.expected.map(|expected| columns(expected, inside).min(inside - 1));
    let fill = if meter.fresh == Fresh::Fresh { blocks.fill } else { blocks.stale };
    let mut line = line;
    for column in 0..inside {
        let (letter, ink) = match column {
            column if Some(column) == tick => (blocks.tick, Ink::Strong),
            column if column < filled => (fill, Ink::of(meter.level)),
            column if column < tail => (blocks.tail, Ink::of(meter.level)),
            _ => (blocks.empty, Ink::Quiet),
        };
        line = line.with(&letter.to_string(), ink);
    }
    line.with(blocks.close, Ink::Quiet)
}

/// Columns that a percent fills: none for 0 only, all for 100 only.
fn columns(percent: f64, width: usize) -> usize {
    if percent >= 100.0 {
        width
    } else if percent > 0.0 {
        ((width as f64 * percent / 100.0).round() as usize).clamp(1, width.saturating_sub(1).max(1))
    } else {
        0
    }
}
