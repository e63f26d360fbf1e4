//! One window as a meter: value, level, trust and pace beside the words that say them.

use crate::{Context, forecast, text};
use claudometer_core::{Freshness, Percent, SeatState, Seen, Spend, Window, WindowKind};
use claudometer_wire::{Fresh, Level, Meter};

/// Seconds by which a number may differ in age from its card before that is said.
const SAME_AGE_S: i64 = 60;

/// How urgent a use is, given thresholds in percent, ascending.
pub(crate) fn level(used: Option<Percent>, thresholds: &[u8]) -> Level {
    let Some(used) = used else { return Level::Unknown };
    let reached =
        |threshold: Option<&u8>| threshold.is_some_and(|percent| used.get() >= f64::from(*percent));
    if used.get() >= 100.0 {
        Level::Exhausted
    } else if reached(thresholds.last()) {
        Level::Low
    } else if reached(thresholds.first()) {
        Level::Watch
    } else {
        Level::Calm
    }
}

const fn trust(freshness: Freshness) -> Fresh {
    match freshness {
        Freshness::Fresh => Fresh::Fresh,
        Freshness::Stale => Fresh::Stale,
        Freshness::RolledOver => Fresh::RolledOver,
    }
}

/// A window of a seat as a meter. One that has ended since it was seen has no present value: what it was is only told.
pub(crate) fn of_window(
    seen: &Seen<Window>,
    state: &SeatState,
    label: &dyn Fn(&claudometer_core::SourceId) -> String,
    context: &Context,
) -> Meter {
    let window = &seen.value;
    let fresh = trust(state.freshness(&seen.stamp, window.resets_at, context.now));
    let ended = fresh == Fresh::RolledOver;
    let used = window.used.filter(|_| !ended);
    let unlimited = window.unlimited && !ended;
    let level = if unlimited {
        Level::Calm
    } else {
        level(used, &context.alerts.thresholds_of(window.kind))
    };
    let pace = if ended { None } else { forecast::of(window, seen.stamp.at, context.now) };
    let resets = match (ended, window.resets_at) {
        (true, at) => Some(text::rolled_over(at, context)),
        (false, Some(at)) if at > context.now && level == Level::Exhausted => {
            Some(until(&text::resets(at, context)))
        }
        (false, at) => at.map(|at| text::resets(at, context)),
    };
    let mut meter = Meter {
        id: window.id.clone(),
        label: text::window_label(window),
        used: used.map(Percent::get),
        unlimited,
        figure: if ended {
            "not yet seen".to_owned()
        } else {
            text::window_figure(window, context)
        },
        level,
        level_word: if used.is_some() { text::level(level).to_owned() } else { String::new() },
        fresh,
        estimated: false,
        expected: pace.as_ref().map(|pace| pace.expected.get()),
        projected: pace.as_ref().and_then(|pace| pace.projected).map(Percent::get),
        pace: pace.as_ref().map(|pace| forecast::words(pace, context)),
        resets_at: window.resets_at,
        resets,
        minutes: window.minutes,
        provenance: provenance(seen, state, label, context),
        sentence: String::new(),
    };
    let worded = if ended { text::NOT_REPORTED.to_owned() } else { text::worded(window, context) };
    meter.sentence = sentence(&meter, worded, &text::old(seen.stamp.at, context));
    meter
}

/// `resets 17:00 (in 2 h 10 m)` of a window that is used up: `until 17:00 (in 2 h 10 m)`.
fn until(resets: &str) -> String {
    resets.replacen("resets", "until", 1)
}

/// Where a number comes from and how old it is, if that differs from its card or it is old; what an ended window had reached.
fn provenance(
    seen: &Seen<Window>,
    state: &SeatState,
    label: &dyn Fn(&claudometer_core::SourceId) -> String,
    context: &Context,
) -> Option<String> {
    let stamp = &seen.stamp;
    let age = text::age(stamp.at, context);
    let freshness = state.freshness(stamp, seen.value.resets_at, context.now);
    if freshness == Freshness::RolledOver {
        return Some(format!("{} {age}", text::worded(&seen.value, context)));
    }
    let same = state.last_good.as_ref().is_some_and(|card| {
        card.via == stamp.via && (card.at - stamp.at).num_seconds().abs() < SAME_AGE_S
    });
    let stale = freshness == Freshness::Stale;
    match (same, stale) {
        (false, _) => Some(format!("{}, {age}", label(&stamp.via))),
        (true, true) => Some(age),
        (true, false) => None,
    }
}

fn sentence(meter: &Meter, figure: String, old: &str) -> String {
    if meter.fresh == Fresh::RolledOver {
        let before =
            meter.provenance.as_ref().map(|before| format!("; {before}")).unwrap_or_default();
        return format!(
            "{}: {}{before}.",
            meter.label,
            meter.resets.as_deref().unwrap_or(text::NOT_REPORTED)
        );
    }
    let level = (!meter.level_word.is_empty()).then(|| meter.level_word.clone());
    let stale = (meter.fresh == Fresh::Stale).then(|| old.to_owned());
    let parts = [Some(figure), level, meter.resets.clone(), meter.pace.clone(), stale];
    format!("{}: {}.", meter.label, parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// Money spent beyond the plan as a meter; without a cap it has a figure and no bar.
pub(crate) fn of_spend(seen: &Seen<Spend>, state: &SeatState, context: &Context) -> Meter {
    let spend = &seen.value;
    let fresh = trust(state.freshness(&seen.stamp, spend.resets_at, context.now));
    let percent = spend.used_percent.or_else(|| Percent::new(spend.used.percent_of(spend.limit?)?));
    let used = percent.filter(|_| fresh != Fresh::RolledOver);
    let level = level(used, &context.alerts.thresholds_of(WindowKind::BillingCycle));
    let resets = spend.resets_at.map(|at| {
        if fresh == Fresh::RolledOver {
            text::rolled_over(Some(at), context)
        } else {
            text::resets(at, context)
        }
    });
    let figure = text::spend(spend, context);
    let figure = if fresh == Fresh::RolledOver { format!("{figure} before") } else { figure };
    let mut meter = Meter {
        id: "spend".to_owned(),
        label: "Extra usage".to_owned(),
        used: used.map(Percent::get),
        unlimited: false,
        figure,
        level,
        level_word: if used.is_some() { text::level(level).to_owned() } else { String::new() },
        fresh,
        estimated: false,
        expected: None,
        projected: None,
        pace: None,
        resets_at: spend.resets_at,
        resets,
        minutes: None,
        provenance: None,
        sentence: String::new(),
    };
    meter.sentence = sentence(&meter, meter.figure.clone(), &text::old(seen.stamp.at, context));
    meter
}
