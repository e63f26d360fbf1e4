//! Icon and title of a snapshot.

use super::{chosen, ended};
use crate::{
    Context, choice,
    icon::{Gauge, IconModel, Mark},
    meter, text,
};
use claudometer_core::{Freshness, SeatState, Seen, Trouble, Window, WindowKind};

/// The icon: worst session window above, worst longer window below; the chosen window as the number.
pub(super) fn icon(seats: &[SeatState], context: &Context) -> IconModel {
    let shown = choice::shown(seats, context);
    let worst = |of: fn(&Window) -> bool| {
        choice::most_used(&shown, of, context).map_or(Gauge::UNKNOWN, |found| gauge(found, context))
    };
    IconModel {
        style: context.display.icon,
        session: worst(|window| window.kind == WindowKind::Session),
        weekly: worst(|window| window.kind != WindowKind::Session),
        chosen: chosen(seats, context).map_or(Gauge::UNKNOWN, |found| gauge(found, context)),
        mark: mark(&shown),
    }
}

fn gauge((state, seen): (&SeatState, &Seen<Window>), context: &Context) -> Gauge {
    let used = seen.value.used.filter(|_| !ended(state, seen, context));
    Gauge {
        used: used.map(text::whole_percent),
        figure: used.map(|used| text::chosen_percent(used, context)),
        level: meter::level(used, &context.alerts.thresholds_of(seen.value.kind)),
        stale: is_stale(state, seen, context),
    }
}

fn is_stale(state: &SeatState, seen: &Seen<Window>, context: &Context) -> bool {
    state.freshness(&seen.stamp, seen.value.resets_at, context.now) == Freshness::Stale
}

/// A pause when a vendor holds the person or us off, else a dot when anything is wrong.
fn mark(shown: &[&SeatState]) -> Mark {
    let held_off = |state: &&SeatState| {
        let trouble = state.failure.as_ref().map(|failure| failure.trouble);
        state.limit_reached || matches!(trouble, Some(Trouble::Blocked | Trouble::RateLimited))
    };
    if shown.iter().any(held_off) {
        Mark::Blocked
    } else if shown.iter().any(|state| state.failure.is_some()) {
        Mark::Trouble
    } else {
        Mark::None
    }
}

/// The text beside the icon: `AC 37 %`; an old figure says how old. Without a figure, a dash.
pub(super) fn title(seats: &[SeatState], context: &Context) -> Option<String> {
    if !context.display.title {
        return None;
    }
    let first = choice::shown(seats, context).first().map(|state| state.provider.short.clone());
    let Some((state, seen)) = chosen(seats, context) else {
        return first.map(|short| format!("{short} –"));
    };
    let stale =
        is_stale(state, seen, context).then(|| format!(" ({})", text::old(seen.stamp.at, context)));
    Some(format!(
        "{} {}{}",
        state.provider.short,
        text::figure(seen.value.used, context),
        stale.unwrap_or_default()
    ))
}
