//! Which window the one figure is about.

use crate::Context;
use claudometer_core::{Freshness, SeatState, Seen, Window, WindowKind, settings::Metric};

/// The seats that icon and title are about: those of the shown provider, else all.
pub(crate) fn shown<'a>(seats: &'a [SeatState], context: &Context) -> Vec<&'a SeatState> {
    let of =
        |state: &&SeatState| context.display.shown_provider.as_ref() == Some(&state.seat.provider);
    let chosen: Vec<_> = seats.iter().filter(of).collect();
    if chosen.is_empty() { seats.iter().collect() } else { chosen }
}

/// The most used window with a present number, of the kind that the person chose where there is one.
pub(crate) fn worst<'a>(
    seats: &[&'a SeatState],
    metric: Metric,
    context: &Context,
) -> Option<(&'a SeatState, &'a Seen<Window>)> {
    let of_kind =
        |kind| most_used(seats, |window| window.kind == kind && window.scope.is_account(), context);
    let any = || most_used(seats, |_| true, context);
    match metric {
        Metric::Worst => any(),
        Metric::Session => of_kind(WindowKind::Session).or_else(any),
        Metric::Weekly => of_kind(WindowKind::Weekly).or_else(any),
    }
}

/// The most used of the windows that `of` takes; of equals, the first.
pub(crate) fn most_used<'a>(
    seats: &[&'a SeatState],
    of: impl Fn(&Window) -> bool,
    context: &Context,
) -> Option<(&'a SeatState, &'a Seen<Window>)> {
    let windows =
        seats.iter().flat_map(|state| state.windows.iter().map(move |seen| (*state, seen)));
    let present = windows.filter(|(state, seen)| {
        let ended = state.freshness(&seen.stamp, seen.value.resets_at, context.now)
            == Freshness::RolledOver;
        seen.value.used.is_some() && !ended && of(&seen.value)
    });
    present.reduce(|best, next| if next.1.value.used > best.1.value.used { next } else { best })
}
