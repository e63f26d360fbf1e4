//! Limits over time, for the window.

use crate::{Context, text};
use claudometer_core::history::{Course, Day};
use claudometer_wire::history::{CourseDay, CoursePoint, LimitCourse};

/// A course in points to draw and words to read.
pub fn course(course: &Course, context: &Context) -> LimitCourse {
    let points = |points: &[(f64, f64)]| {
        points.iter().map(|(passed, used)| CoursePoint { passed: *passed, used: *used }).collect()
    };
    LimitCourse {
        seat: format!("{}/{}", course.seat.provider, course.seat.account),
        window: course.window.clone(),
        points: points(&course.points),
        before: points(&course.before),
        days: course.days.iter().map(|one| day(one, context)).collect(),
    }
}

fn day(day: &Day, context: &Context) -> CourseDay {
    let percent = |percent: f64| text::percent(percent.round().max(0.0) as u64, context);
    let at = crate::table::cost::noon(day.date);
    CourseDay {
        label: format!("{} {}", context.locale.weekday(at), context.locale.full_date(at)),
        burnt: percent(day.burnt),
        peak: percent(day.peak),
    }
}
