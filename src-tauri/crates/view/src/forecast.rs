//! Pace in words.

use crate::{Context, text};
use chrono::{DateTime, Utc};
use claudometer_core::{
    Window,
    pace::{self, Pace, PaceWord},
};

/// The pace of a window seen at `seen_at`, while there is anything left of it. A run-out is told only where an alert would tell
/// it too: a hasty first hour is not yet a forecast.
pub(crate) fn of(window: &Window, seen_at: DateTime<Utc>, now: DateTime<Utc>) -> Option<Pace> {
    window.used.filter(|used| used.get() < 100.0)?;
    let runs_out_at = pace::runs_out_for_sure(window, seen_at, now);
    Some(Pace { runs_out_at, ..pace::pace(window, seen_at, now)? })
}

/// When it runs out, or that it may have since an old number was seen.
fn run_out(pace: &Pace, context: &Context) -> Option<String> {
    let at = pace.runs_out_at?;
    let words = if at > context.now { "runs out" } else { "may have run out" };
    Some(format!("{words} {}", text::moment(at, context)))
}

/// `runs out 15:40`, `12 points ahead of time`, `5 points in reserve`, `on pace`.
pub(crate) fn words(pace: &Pace, context: &Context) -> String {
    if let Some(words) = run_out(pace, context) {
        return words;
    }
    let points = pace.delta.abs().round();
    match pace.word() {
        PaceWord::Ahead => format!("{points} points ahead of time"),
        PaceWord::OnTrack => "on pace".to_owned(),
        PaceWord::InReserve => format!("{points} points in reserve"),
    }
}

/// The pace as a sign for tight places: `▲ 12`, `▲ runs out 15:40`, `▼ 5`, `=`.
pub(crate) fn mark(pace: &Pace, context: &Context) -> String {
    if let Some(words) = run_out(pace, context) {
        return format!("▲ {words}");
    }
    let points = pace.delta.abs().round();
    match pace.word() {
        PaceWord::Ahead => format!("▲ {points}"),
        PaceWord::OnTrack => "=".to_owned(),
        PaceWord::InReserve => format!("▼ {points}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ago, context, window};

    #[test]
    fn a_pace_is_said_in_words_and_as_a_sign() {
        let context = context();
        // A session that ends at 14:10 has begun at 09:10, a weekly one that ends on Friday began the Friday before.
        for (id, used, ends, said, sign) in [
            ("session", 57.0, "2026-09-15T14:10:00Z", "on pace", "="),
            ("session", 30.0, "2026-09-15T14:10:00Z", "27 points in reserve", "▼ 27"),
            ("session", 90.0, "2026-09-15T14:10:00Z", "runs out 12:18", "▲ runs out 12:18"),
            ("session", 12.0, "2026-09-15T16:30:00Z", "on pace", "="),
            ("session", 19.0, "2026-09-15T16:30:00Z", "9 points ahead of time", "▲ 9"),
            ("weekly", 81.0, "2026-09-18T09:00:00Z", "runs out Wed 11:13", "▲ runs out Wed 11:13"),
        ] {
            let window = window(id, used, Some(ends));
            let texts = of(&window, ago(0), context.now)
                .map(|pace| (words(&pace, &context), mark(&pace, &context)));
            assert_eq!(texts, Some((said.to_owned(), sign.to_owned())), "{id} {used}");
        }
    }

    #[test]
    fn an_old_number_may_have_been_overtaken() {
        let context = context();
        let window = window("session", 65.0, Some("2026-09-15T14:10:00Z"));
        let pace = of(&window, ago(60), context.now);
        assert_eq!(
            pace.map(|pace| words(&pace, &context)),
            Some("may have run out 11:59".to_owned())
        );
    }

    #[test]
    fn what_is_used_up_has_no_pace() {
        let full = window("session", 100.0, Some("2026-09-15T14:10:00Z"));
        assert_eq!(of(&full, ago(0), context().now), None);
    }
}
