//! The snapshot in a terminal: a panel per account, meters from block characters.

pub mod cost;
mod grid;
pub mod history;
mod paint;
pub mod prices;
pub mod rows;

use crate::foreign;
use claudometer_wire::{Bundle, Card, Fresh, Meter};
use paint::{Ink, Line};

/// How the terminal wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Columns.
    pub width: usize,
    /// Whether colours are wanted.
    pub color: bool,
    /// Whether only ASCII can be shown.
    pub ascii: bool,
    /// Whether tables are shown whole, however wide they are: in a pipe or a file there is no edge.
    pub whole: bool,
}

/// Columns of the left edge inside a panel.
const INDENT: usize = 2;
/// Beside a shorter bar there is no place for words.
const SHORT_BAR: usize = 8;
const SHORTEST_BAR: usize = 4;
const LONGEST_BAR: usize = 40;
/// A bar of this length is better than a longer one with words below it.
const GOOD_BAR: usize = 16;
/// The longest label that keeps all meters of a panel aligned.
const LONGEST_LABEL: usize = 24;

/// More assistants than these are only named.
const FEW: usize = 4;
const HOW_TO_SIGN_IN: &str = "Sign in to one as usual; it is noticed by itself. `claudometer auth` says how to sign in to each, and `claudometer --demo usage` shows recorded answers.";

/// All cards, or what was looked for when there are none. Ends with a line feed.
pub fn usage(bundle: &Bundle, style: &Style) -> String {
    let mut lines: Vec<Line> = Vec::new();
    let demo = bundle.demo.then(|| "Demo: recorded answers, not your accounts".to_owned());
    for remark in demo.iter().chain(&bundle.remarks) {
        lines.extend(wrapped(remark, 0, style, Ink::Strong));
        lines.push(Line::new());
    }
    for (at, card) in bundle.cards.iter().enumerate() {
        if at > 0 {
            lines.push(Line::new());
        }
        lines.extend(panel(card, style));
    }
    if bundle.cards.is_empty() {
        lines.extend(nothing(bundle, style));
    }
    lines.iter().map(|line| line.text(style) + "\n").collect()
}

fn nothing(bundle: &Bundle, style: &Style) -> Vec<Line> {
    let mut lines = vec![Line::new().with(&bundle.headline, Ink::Strong)];
    let looked: Vec<_> = bundle.first_run.iter().flat_map(|first| &first.looked).collect();
    if looked.len() > FEW {
        let names: Vec<&str> = looked.iter().map(|looked| looked.name.as_str()).collect();
        lines.push(Line::new());
        lines.extend(wrapped(&format!("Looked for {}.", names.join(", ")), 0, style, Ink::Plain));
        lines.push(Line::new());
        lines.extend(wrapped(HOW_TO_SIGN_IN, 0, style, Ink::Plain));
        return lines;
    }
    for looked in bundle.first_run.iter().flat_map(|first| &first.looked) {
        lines.push(Line::new());
        lines.push(Line::new().with(&looked.name, Ink::Strong));
        for place in &looked.places {
            lines.extend(wrapped(&format!("looked at {place}"), INDENT, style, Ink::Quiet));
        }
        lines.extend(wrapped(&looked.sign_in, INDENT, style, Ink::Plain));
    }
    lines
}

fn panel(card: &Card, style: &Style) -> Vec<Line> {
    let mut lines = heading(card, style);
    if let Some(trouble) = &card.trouble {
        let title = format!("{}: {}", capital(&trouble.title), trouble.detail);
        lines.extend(wrapped(&title, INDENT, style, Ink::Warning));
        lines.extend(wrapped(&trouble.remedy, INDENT, style, Ink::Plain));
        if let Some(service) = &trouble.service {
            lines.extend(wrapped(service, INDENT, style, Ink::Plain));
        }
    }
    let meters: Vec<&Meter> = card.meters.iter().chain(&card.spend).collect();
    let layout = Layout::of(&meters, &card.lines, style);
    lines.extend(meters.iter().flat_map(|meter| layout.meter(meter, style)));
    for fact in &card.lines {
        let (mut above, label) = layout.label(&fact.label, style);
        let below = label.width();
        let mut value = wrapped(&fact.value, below, style, Ink::Plain).into_iter();
        let first = value.next().map(|line| line.plain().trim_start().to_owned());
        above.push(label.with(&first.unwrap_or_default(), Ink::Plain));
        lines.extend(above.into_iter().chain(value));
    }
    if meters.is_empty() && card.lines.is_empty() && card.trouble.is_none() {
        lines.push(Line::indented(INDENT).with("not reported", Ink::Quiet));
    }
    lines
}

/// Name, plan and account at the left; age and source at the right, or below where the line is too short.
fn heading(card: &Card, style: &Style) -> Vec<Line> {
    let quiet: Vec<&str> = [&card.plan, &card.account, &card.badge]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let right: Vec<&str> =
        [&card.age, &card.source].into_iter().flatten().map(String::as_str).collect();
    let (quiet, right) = (quiet.join(" · "), right.join(", "));
    let mut line = Line::new().with(&card.name, Ink::Strong);
    if line.width() + 2 + quiet.chars().count() > style.width {
        let right = wrapped(&right, INDENT, style, Ink::Quiet);
        let whose = wrapped(&quiet, INDENT, style, Ink::Plain);
        let name = wrapped(&card.name, 0, style, Ink::Strong);
        return name.into_iter().chain(whose).chain(right).collect();
    }
    if !quiet.is_empty() {
        line = line.with("  ", Ink::Plain).with(&quiet, Ink::Plain);
    }
    let free = style.width.saturating_sub(line.width() + right.chars().count());
    match free {
        _ if right.is_empty() => vec![line],
        0 | 1 => std::iter::once(line).chain(wrapped(&right, INDENT, style, Ink::Quiet)).collect(),
        _ => vec![line.with(&" ".repeat(free), Ink::Plain).with(&right, Ink::Quiet)],
    }
}

/// Columns that all meters of a panel share.
struct Layout {
    label: usize,
    bar: usize,
    figure: usize,
    /// Whether resets stand on the meter's own line.
    wide: bool,
}

impl Layout {
    fn of(meters: &[&Meter], facts: &[claudometer_wire::Line], style: &Style) -> Self {
        let longest = |texts: &mut dyn Iterator<Item = &str>| {
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let label = longest(
            &mut meters
                .iter()
                .map(|meter| meter.label.as_str())
                .chain(facts.iter().map(|fact| fact.label.as_str())),
        );
        let label = label.min(LONGEST_LABEL);
        let percents = meters.iter().filter(|meter| is_percent(meter));
        let figure = longest(&mut percents.map(|meter| meter.figure.as_str()));
        let fixed = INDENT + label + 2 + 2 + figure;
        let room = |words: &dyn Fn(&Meter) -> usize| {
            let widest = meters.iter().map(|meter| words(meter)).max().unwrap_or(0);
            style.width.saturating_sub(fixed + widest)
        };
        let figure_over = |meter: &Meter| meter.figure.chars().count().saturating_sub(figure);
        let columns = |note: &String| note.chars().count() + 2;
        let first = |meter: &Meter| notes(meter).first().map_or(0, columns) + figure_over(meter);
        let every =
            |meter: &Meter| notes(meter).iter().map(columns).sum::<usize>() + figure_over(meter);
        let (beside_all, beside) = (room(&every), room(&first));
        let wide = beside >= SHORT_BAR;
        let bar = match (beside_all >= GOOD_BAR, wide) {
            (true, _) => beside_all,
            (false, true) => beside,
            (false, false) => room(&figure_over),
        };
        Self { label, bar: bar.clamp(SHORTEST_BAR, LONGEST_BAR), figure, wide }
    }

    /// The column of the label; one that is too long for it stands on lines of its own above.
    fn label(&self, label: &str, style: &Style) -> (Vec<Line>, Line) {
        let length = label.chars().count();
        if length > self.label {
            let above = wrapped(label, INDENT, style, Ink::Plain);
            return (above, Line::indented(INDENT + self.label + 2));
        }
        let blanks = " ".repeat(self.label - length + 2);
        (Vec::new(), Line::indented(INDENT).with(label, Ink::Plain).with(&blanks, Ink::Plain))
    }

    /// The meter with its figure, and what is to be said of it beside or below, as it fits.
    fn meter(&self, meter: &Meter, style: &Style) -> Vec<Line> {
        let level = Ink::of(meter.level);
        let missing = if is_percent(meter) {
            self.figure.saturating_sub(meter.figure.chars().count())
        } else {
            0
        };
        let (mut above, label) = self.label(&meter.label, style);
        let mut line = paint::bar(label, meter, self.bar, style);
        if meter.fresh != Fresh::RolledOver {
            let figure = missing + 2 + meter.figure.chars().count();
            if line.width() + figure > style.width {
                above.push(std::mem::take(&mut line));
                above.extend(wrapped(&meter.figure, INDENT * 2, style, level));
            } else {
                line = line.with(&" ".repeat(missing + 2), Ink::Plain).with(&meter.figure, level);
            }
        }
        if line.width() > 0 {
            above.push(line);
        }
        let mut lines = above;
        for (at, note) in notes(meter).into_iter().enumerate() {
            let ink = if at == 0 { Ink::Plain } else { Ink::Quiet };
            let fits = lines
                .last()
                .is_some_and(|line| line.width() + 2 + note.chars().count() <= style.width);
            match lines.last_mut() {
                Some(line) if fits && (self.wide || at > 0) => {
                    *line = std::mem::take(line).with("  ", Ink::Plain).with(&note, ink);
                }
                _ => {
                    let below = INDENT + self.label + 2;
                    let fits = below + note.chars().count() <= style.width;
                    lines.extend(wrapped(&note, if fits { below } else { INDENT * 2 }, style, ink));
                }
            }
        }
        lines
    }
}

/// Whether the figure belongs into the column of percents.
fn is_percent(meter: &Meter) -> bool {
    meter.used.is_some() && meter.figure.contains('%')
}

/// What is said of a meter beside its figure, the reset first.
fn notes(meter: &Meter) -> Vec<String> {
    let word = meter.level_word.as_str();
    let word = (!word.is_empty()).then(|| word.to_owned());
    let first = [word, meter.resets.clone()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let first = (!first.is_empty()).then_some(first);
    [first, meter.pace.clone(), meter.provenance.clone()].into_iter().flatten().collect()
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

/// Text broken between words so that it fits.
fn wrapped(text: &str, indent: usize, style: &Style, ink: Ink) -> Vec<Line> {
    let room = style.width.saturating_sub(indent).max(16);
    let mut rows: Vec<String> = Vec::new();
    let text = foreign::lines(text);
    for word in text.split_whitespace().flat_map(|word| pieces(word, room)) {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 1 + word.chars().count() <= room => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows.iter().map(|row| Line::indented(indent).with(row, ink)).collect()
}

/// A text in pieces of at most so many characters.
fn pieces(text: &str, most: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(most).map_or(rest.len(), |(at, _)| at);
        let (piece, others) = rest.split_at(end);
        rest = others;
        (!piece.is_empty()).then_some(piece)
    })
}

#[cfg(test)]
mod tests;
