//! Limits over time, for the window.

use crate::{Context, text};
use claudometer_wire::history::{CourseDay, DayHistory, LimitCourse, WindowHistory};

/// A window's history in points to draw and words to read.
pub fn course(window: WindowHistory, context: &Context) -> LimitCourse {
    LimitCourse {
        days: window.days.iter().map(|one| day(one, context)).collect(),
        seat: window.seat,
        window: window.window,
        points: window.points,
        before: window.before,
    }
}

fn day(day: &DayHistory, context: &Context) -> CourseDay {
    let percent = |percent: f64| text::percent(percent.round().max(0.0) as u64, context);
    let at = crate::table::cost::noon(day.date);
    CourseDay {
        label: format!("{} {}", context.locale.weekday(at), context.locale.full_date(at)),
        burnt: percent(day.burnt_percent),
        peak: percent(day.peak_percent),
    }
}
