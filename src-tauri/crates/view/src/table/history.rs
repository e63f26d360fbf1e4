//! Limits over time, as a page of text and for scripts.

use super::{
    INDENT, Style,
    paint::{Ink, Line},
    wrapped,
};
use crate::{Context, text};
use chrono::NaiveDate;
use claudometer_core::{
    Scope, Window,
    history::{Course, Day},
};
use claudometer_wire::{
    history::{CoursePoint, DayHistory, HistoryReport, WindowHistory},
    report::SCHEMA_VERSION,
};

/// Said where nothing was kept yet.
pub const NOTHING_KEPT: &str = "No limits were kept yet. They are while Claudometer runs, and each time that a command shows new ones.";

/// Columns before and after the bar of a day.
const BESIDE: usize = 40;

/// What a report has of a window's periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Its days.
    Days,
    /// Its days, and the present period and the one before as points to draw.
    Points,
}

/// The courses for scripts.
pub fn report(courses: &[Course], detail: Detail, context: &Context) -> HistoryReport {
    let day = |day: &Day| DayHistory {
        date: day.date,
        burnt_percent: tidy(day.burnt),
        peak_percent: tidy(day.peak),
    };
    let points = |points: &[(f64, f64)]| match detail {
        Detail::Days => Vec::new(),
        Detail::Points => points
            .iter()
            .map(|(passed, used)| CoursePoint { passed: *passed, used: *used })
            .collect(),
    };
    let window = |course: &Course| WindowHistory {
        seat: format!("{}/{}", course.seat.provider, course.seat.account),
        provider: course.seat.provider.to_string(),
        window: course.window.clone(),
        minutes: course.minutes,
        used_percent: course.newest.1,
        observed_at: course.newest.0,
        same_point_percent: course.same_point,
        days: course.days.iter().map(day).collect(),
        points: points(&course.points),
        before: points(&course.before),
    };
    HistoryReport {
        schema_version: SCHEMA_VERSION,
        generated_at: context.now,
        windows: courses.iter().map(window).collect(),
    }
}

/// Sums of decimal fractions have tails that nobody measured.
fn tidy(percent: f64) -> f64 {
    (percent * 100.0).round() / 100.0
}

/// The courses as a page: a heading for each window, a line for each day. `name` says whose a course is.
pub fn page(
    courses: &[Course],
    name: impl Fn(&Course) -> String,
    context: &Context,
    style: &Style,
) -> String {
    if courses.is_empty() {
        let lines = wrapped(NOTHING_KEPT, 0, style, Ink::Plain);
        return lines.iter().map(|line| line.text(style) + "\n").collect();
    }
    let most = courses.iter().flat_map(|course| &course.days).map(|day| day.burnt);
    let scale = most.fold(1.0_f64, f64::max);
    let blocks = courses.iter().map(|course| {
        let lines = block(course, &name(course), scale, context, style);
        lines.iter().map(|line| line.text(style) + "\n").collect::<String>()
    });
    blocks.collect::<Vec<_>>().join("\n")
}

fn block(course: &Course, name: &str, scale: f64, context: &Context, style: &Style) -> Vec<Line> {
    let whole = |percent: f64| text::percent(percent.round().max(0.0) as u64, context);
    let now = format!("{} used {}", whole(course.newest.1), text::age(course.newest.0, context));
    let then = match course.same_point {
        Some(used) => format!("{} at this point of the period before", whole(used)),
        None => "nobody looked at this point of the period before".to_owned(),
    };
    let mut lines = vec![Line::new().with(&format!("{name} · {}", label(course)), Ink::Strong)];
    lines.extend(wrapped(&format!("{now}; {then}"), INDENT, style, Ink::Quiet));
    let width = style.width.saturating_sub(BESIDE).clamp(8, 60);
    let (full, empty) = if style.ascii { ("#", ".") } else { ("█", "·") };
    for day in &course.days {
        let length = ((day.burnt / scale * width as f64).round() as usize).min(width);
        let figures = format!("  {:>6} burnt, peak {}", whole(day.burnt), whole(day.peak));
        let line = Line::indented(INDENT)
            .with(&format!("{:<12}", date(day.date, context)), Ink::Plain)
            .with(&full.repeat(length), Ink::Plain)
            .with(&empty.repeat(width - length), Ink::Quiet)
            .with(&figures, Ink::Plain);
        lines.push(line);
    }
    lines
}

fn date(date: NaiveDate, context: &Context) -> String {
    let noon = date.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc();
    context.locale.date(noon.fixed_offset())
}

/// The window's name, as far as its id tells it.
fn label(course: &Course) -> String {
    let part = course.window.split_once([':', '@']).map(|(_, part)| part.to_owned());
    let scope = Scope { model: part, ..Scope::default() };
    text::window_label(&Window {
        id: course.window.clone(),
        kind: course.kind,
        scope,
        used: None,
        resets_at: None,
        minutes: course.minutes,
        unlimited: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, context};
    use claudometer_core::{AccountKey, ProviderId, Seat, WindowKind};

    fn course(window: &str, same_point: Option<f64>) -> Course {
        let day = |day: u32, burnt: f64, peak: f64| Day {
            date: NaiveDate::from_ymd_opt(2026, 9, day).unwrap_or_default(),
            burnt,
            peak,
        };
        Course {
            points: Vec::new(),
            before: Vec::new(),
            seat: Seat { provider: ProviderId::new("acme"), account: AccountKey::new("a") },
            window: window.into(),
            kind: WindowKind::Weekly,
            minutes: Some(10_080),
            newest: (at("2026-09-15T11:51:00Z"), 37.0),
            same_point,
            days: vec![day(15, 12.3, 37.0), day(14, 0.1 + 0.2, 24.7), day(12, 24.4, 24.4)],
        }
    }

    fn shown(width: usize, ascii: bool) -> String {
        let courses = [course("weekly", Some(52.0)), course("weekly:opus", None)];
        let style = Style { width, color: false, ascii, whole: false };
        page(&courses, |_| "Acme".to_owned(), &context(), &style)
    }

    #[test]
    fn at_80_columns() {
        insta::assert_snapshot!(shown(80, false));
    }

    #[test]
    fn at_120_columns() {
        insta::assert_snapshot!(shown(120, false));
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_a_dumb_one_gets_letters_it_has() {
        for width in [60, 80, 120, 200] {
            let text = shown(width, false);
            assert!(text.lines().all(|line| line.chars().count() <= width), "{width}\n{text}");
        }
        assert!(shown(80, true).is_ascii());
    }

    #[test]
    fn scripts_get_figures_without_tails() {
        let courses = [Course { points: vec![(0.5, 37.0)], ..course("weekly", Some(52.0)) }];
        let windows = report(&courses, Detail::Days, &context()).windows;
        assert_eq!(Some(windows[0].days[1].burnt_percent), Some(0.3));
        assert_eq!((windows[0].seat.as_str(), windows[0].points.len()), ("acme/a", 0));
        let windows = report(&courses, Detail::Points, &context()).windows;
        assert_eq!(windows[0].points, [CoursePoint { passed: 0.5, used: 37.0 }]);
        assert!(
            page(
                &[],
                |_| String::new(),
                &context(),
                &Style { width: 80, color: false, ascii: false, whole: false }
            )
            .contains("No limits")
        );
    }
}
