//! A year of use, a square a day: in a terminal and as a picture.

use crate::{Context, foreign, table::Style, text::Money};
use chrono::{DateTime, Datelike as _, Days, FixedOffset, NaiveDate};
use claudometer_wire::cost::CostReport;
use std::{collections::HashMap, fmt::Write as _};

/// Shades of the terminal, from none to most.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];
const ASCII: [char; 5] = ['.', ':', '+', '*', '#'];
/// Side of a day in a picture, and the gap beside it, in pixels.
const SIDE: u32 = 12;
const GAP: u32 = 3;
const COLOURS: [&str; 5] = ["#e4e7eb", "#b5cbf0", "#7ea5e3", "#4a7cd5", "#1a56c4"];

/// A year, or the twelve months before a day, in weeks from Monday.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// The Monday of the first week.
    begin: NaiveDate,
    /// Shades of the days from that Monday on, 0 to 4; `None` for days that do not belong to it.
    days: Vec<Option<u8>>,
    used: usize,
    dollars: f64,
}

impl Heatmap {
    /// The days of a report from `first` to `last`, each in the quarter of the days that were used to which its cost belongs;
    /// where no cost is known, its tokens.
    pub fn of(report: &CostReport, first: NaiveDate, last: NaiveDate) -> Self {
        let weight = |row: &claudometer_wire::cost::CostRow| {
            row.sums.cost_usd.unwrap_or(0.0).max(row.sums.total_tokens as f64 * 1e-12)
        };
        let by_day: HashMap<NaiveDate, f64> = report
            .rows
            .iter()
            .filter_map(|row| Some((row.key.parse().ok()?, weight(row))))
            .collect();
        let mut all: Vec<f64> = by_day.values().copied().filter(|weight| *weight > 0.0).collect();
        all.sort_by(f64::total_cmp);
        let shade = |weight: f64| {
            let below = all.partition_point(|other| *other < weight);
            if weight > 0.0 { 1 + (below * 4 / all.len().max(1)).min(3) as u8 } else { 0 }
        };
        let back = first.weekday().num_days_from_monday();
        let begin = first.checked_sub_days(Days::new(back.into())).unwrap_or(first);
        let days = begin.iter_days().take_while(|day| *day <= last);
        let days =
            days.map(|day| (day >= first).then(|| shade(by_day.get(&day).copied().unwrap_or(0.0))));
        Self {
            begin,
            days: days.collect(),
            used: all.len(),
            dollars: report.total.cost_usd.unwrap_or(0.0),
        }
    }

    fn weeks(&self) -> usize {
        self.days.len().div_ceil(7)
    }

    fn day(&self, week: usize, weekday: usize) -> Option<u8> {
        self.days.get(week * 7 + weekday).copied().flatten()
    }

    /// The first week of each month, with the month's name.
    fn months(&self, context: &Context) -> Vec<(usize, String)> {
        let mut months = Vec::new();
        let mut last = None;
        for week in 0..self.weeks() {
            let Some(day) = self.begin.checked_add_days(Days::new(week as u64 * 7 + 6)) else {
                break;
            };
            if last != Some(day.month()) {
                last = Some(day.month());
                months.push((week, context.locale.month(noon(day))));
            }
        }
        months
    }

    /// The sentence that says the same.
    pub fn sentence(&self, money: &Money, context: &Context) -> String {
        format!("{} days with use, API value {}.", self.used, money.text(self.dollars, context))
    }

    /// For a terminal: a column a week; where that is too wide, the last weeks that fit.
    pub fn text(&self, money: &Money, context: &Context, style: &Style) -> String {
        let shades = if style.ascii { ASCII } else { SHADES };
        let fits = style.width.saturating_sub(5);
        let from = self.weeks().saturating_sub(fits);
        let mut heading = vec![' '; 5 + self.weeks() - from];
        let mut free = 0;
        for (week, name) in self.months(context).into_iter().filter(|(week, _)| *week >= from) {
            let at = 5 + week - from;
            if at >= free && at + name.chars().count() <= heading.len() {
                free = at + name.chars().count() + 1;
                heading.splice(at..at + name.chars().count(), name.chars());
            }
        }
        let mut text = heading.into_iter().collect::<String>().trim_end().to_owned() + "\n";
        for weekday in 0..7 {
            let day = self.begin.checked_add_days(Days::new(weekday as u64)).unwrap_or(self.begin);
            let name =
                if weekday % 2 == 0 { context.locale.weekday(noon(day)) } else { String::new() };
            let mut line: String = format!("{name:<5}").chars().take(5).collect();
            line.extend((from..self.weeks()).map(|week| {
                self.day(week, weekday).map_or(' ', |shade| shades[usize::from(shade)])
            }));
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text.push_str(&self.sentence(money, context));
        text.push('\n');
        text
    }

    /// As a picture, with the sentence as its description.
    pub fn svg(&self, money: &Money, context: &Context) -> String {
        let step = SIDE + GAP;
        let (width, height) = (self.weeks() as u32 * step + 36, 7 * step + 22);
        let mut text = String::new();
        let sentence = self.sentence(money, context);
        let sentence = sentence.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let sentence = foreign::shown(&sentence);
        // Writing to a String cannot fail.
        write!(text, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\"><title>{sentence}</title><g font-family=\"system-ui, sans-serif\" font-size=\"11\" fill=\"#545c67\">").ok();
        for (week, name) in self.months(context) {
            write!(text, "<text x=\"{}\" y=\"12\">{name}</text>", 32 + week as u32 * step).ok();
        }
        text.push_str("</g>");
        for (nth, shade) in self.days.iter().enumerate() {
            if let Some(shade) = shade {
                let (x, y) = (32 + (nth / 7) as u32 * step, 20 + (nth % 7) as u32 * step);
                let colour = COLOURS[usize::from(*shade)];
                write!(text, "<rect x=\"{x}\" y=\"{y}\" width=\"{SIDE}\" height=\"{SIDE}\" rx=\"2\" fill=\"{colour}\"/>").ok();
            }
        }
        text.push_str("</svg>\n");
        text
    }

    /// As pixels: width, height, and red, green, blue of each, row by row.
    pub fn pixels(&self) -> (u32, u32, Vec<u8>) {
        let step = SIDE + GAP;
        let (width, height) = (self.weeks() as u32 * step + GAP, 7 * step + GAP);
        let mut pixels = vec![255; (width * height * 3) as usize];
        for (nth, shade) in self.days.iter().enumerate() {
            let Some(shade) = shade else { continue };
            let (left, top) = (GAP + (nth / 7) as u32 * step, GAP + (nth % 7) as u32 * step);
            let colour = colour(COLOURS[usize::from(*shade)]);
            for y in top..top + SIDE {
                for x in left..left + SIDE {
                    let at = ((y * width + x) * 3) as usize;
                    pixels[at..at + 3].copy_from_slice(&colour);
                }
            }
        }
        (width, height, pixels)
    }
}

fn colour(hex: &str) -> [u8; 3] {
    let part = |at: usize| hex.get(at..at + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
    [1, 3, 5].map(|at| part(at).unwrap_or_default())
}

fn noon(day: NaiveDate) -> DateTime<FixedOffset> {
    day.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc().fixed_offset()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::context;
    use claudometer_core::cost::CostSettings;
    use claudometer_wire::cost::{CostRow, CostSums};

    fn year() -> Heatmap {
        let day = |key: &str, dollars: f64| CostRow {
            key: key.into(),
            sums: CostSums { responses: 1, cost_usd: Some(dollars), ..CostSums::default() },
            ..CostRow::default()
        };
        let rows = vec![
            day("2025-09-17", 1.0),
            day("2026-01-01", 2.0),
            day("2026-02-02", 3.0),
            day("2026-09-15", 40.0),
        ];
        let total = CostSums { responses: 4, cost_usd: Some(46.0), ..CostSums::default() };
        let report = CostReport { by: "day".into(), rows, total, ..CostReport::default() };
        Heatmap::of(&report, "2025-09-16".parse().unwrap(), "2026-09-15".parse().unwrap())
    }

    #[test]
    fn a_year_in_a_terminal() {
        let money = Money::of(&CostSettings::default());
        let style = |width, ascii| Style { width, color: false, ascii, whole: false };
        let wide = year().text(&money, &context(), &style(80, false));
        let narrow = year().text(&money, &context(), &style(30, true));
        assert!(
            narrow.is_ascii() && narrow.lines().take(8).all(|line| line.len() <= 30),
            "{narrow}"
        );
        insta::assert_snapshot!(format!("{wide}\n{narrow}"));
    }

    #[test]
    fn a_picture_has_a_square_a_day() {
        let map = year();
        let svg = map.svg(&Money::of(&CostSettings::default()), &context());
        assert_eq!(svg.matches("<rect").count(), 365);
        assert!(svg.contains("<title>4 days with use, API value $46.00.</title>"));
        let (width, height, pixels) = map.pixels();
        assert_eq!(pixels.len(), (width * height * 3) as usize);
        assert_eq!(pixels.chunks(3).filter(|pixel| **pixel == [26, 86, 196]).count(), 144);
    }
}
