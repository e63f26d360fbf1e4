//! The part of the menu that is about one account.

use super::{Action, Row, RowKind, ended};
use crate::{Context, Extras, cards, choice, forecast, meter, text};
use claudometer_core::{SeatState, Seen, SourceId, UsageSnapshotBundle, Window};
use claudometer_wire::{Fresh, Level, Meter};

/// As wide as a digit in every font: numbers of different length end at the same place.
const FIGURE_SPACE: char = '\u{2007}';
const COLUMN: &str = "   ";

/// The rows of one account, not yet cut to the room there is.
pub(super) struct Section {
    id: String,
    heading: Row,
    /// What the account is folded to when there are many: name and worst figure.
    summary: String,
    pub(super) remedy: Option<Row>,
    /// In the order of their weight.
    details: Vec<Detail>,
}

struct Detail {
    row: Row,
    /// What is to be said where the row itself is not seen, if it is urgent.
    urgent: Option<(Level, String)>,
}

impl From<Row> for Detail {
    fn from(row: Row) -> Self {
        Self { row, urgent: None }
    }
}

impl Section {
    /// How many rows it has at its longest.
    pub(super) fn rows(&self) -> usize {
        1 + usize::from(self.remedy.is_some()) + self.details.len()
    }

    /// Rows in the menu itself, at most `most`; what is more goes into a submenu at the end.
    pub(super) fn open(self, most: usize) -> Vec<Row> {
        let mut rows: Vec<Row> = std::iter::once(self.heading).chain(self.remedy).collect();
        let room = most.saturating_sub(rows.len());
        let mut details = self.details;
        let more = if details.len() <= room {
            Vec::new()
        } else {
            details.split_off(room.saturating_sub(1).max(1).min(details.len()))
        };
        rows.extend(details.into_iter().map(|detail| detail.row));
        if !more.is_empty() {
            let urgent = more
                .iter()
                .filter_map(|detail| detail.urgent.as_ref())
                .reduce(|most, next| if next.0 > most.0 { next } else { most });
            let label =
                urgent.map_or_else(|| "More".to_owned(), |(_, words)| columns(&["More", words]));
            let more = more.into_iter().map(|detail| detail.row).collect();
            rows.push(Row::new(format!("{}/more", self.id), RowKind::Submenu(more), label));
        }
        rows
    }

    /// The whole account as one submenu.
    pub(super) fn folded(self) -> Row {
        let rows = std::iter::once(self.heading)
            .chain(self.remedy)
            .chain(self.details.into_iter().map(|detail| detail.row))
            .collect();
        Row::new(self.id, RowKind::Submenu(rows), self.summary)
    }
}

pub(super) fn of(
    state: &SeatState,
    snapshot: &UsageSnapshotBundle,
    context: &Context,
    extras: &Extras<'_>,
) -> Section {
    let id = cards::seat_id(state);
    let name = cards::seat_name(state, &snapshot.seats);
    let label = |source: &SourceId| (extras.labels)(&state.seat.provider, source);
    let state_words = state_words(state, snapshot.refreshing, context);
    let heading_parts: Vec<&str> =
        state.plan.as_deref().into_iter().chain([state_words.as_str()]).collect();
    let heading = Row::new(
        format!("{id}/heading"),
        RowKind::Heading,
        format!("{name}{COLUMN}{}", heading_parts.join(" · ")),
    );
    let worst = choice::worst(&[state], context.display.metric, context);
    let worst = worst.map(|(_, seen)| {
        format!("{} {}", text::window_label(&seen.value), text::window_figure(&seen.value, context))
    });
    let trouble = state.failure.as_ref().map(|failure| text::trouble(failure.trouble).to_owned());
    let summary: Vec<String> = state.plan.iter().cloned().chain(trouble).chain(worst).collect();
    let remedy = state.failure.as_ref().map(|failure| {
        let action = Action::Remedy(state.seat.provider.clone());
        Row::action(format!("{id}/remedy"), text::sentence(&failure.remedy), action)
    });
    let mut details = window_rows(&id, state, &label, context);
    details.extend(cards::lines(state, context, extras).into_iter().map(|line| {
        let name = line.label.to_lowercase().replace(' ', "-");
        Detail::from(Row::numbers(
            format!("{id}/fact/{name}"),
            columns(&[&line.label, &line.value]),
        ))
    }));
    details.extend(state.spend.as_ref().map(|seen| {
        let meter = meter::of_spend(seen, state, context);
        let row = Row::numbers(
            format!("{id}/spend"),
            columns(&[&meter.label, &meter.figure, &after(&meter, None, context, seen.stamp.at)]),
        );
        Detail { row, urgent: urgent(&meter) }
    }));
    details.extend(state.last_good.as_ref().map(|good| {
        Detail::from(Row::numbers(
            format!("{id}/source"),
            format!("From {}, {}", label(&good.via), text::age(good.at, context)),
        ))
    }));
    if !state.provider.dashboard.is_empty() {
        let action = Action::OpenDashboard(state.seat.provider.clone());
        details.push(
            Row::action(
                format!("{id}/dashboard"),
                format!("Open {} usage page", state.provider.name),
                action,
            )
            .into(),
        );
    }
    let summary = if summary.is_empty() { state_words } else { summary.join(" · ") };
    Section { id, heading, summary: format!("{name}{COLUMN}{summary}"), remedy, details }
}

/// The age of the numbers, or the trouble that stands in its place.
fn state_words(state: &SeatState, refreshing: bool, context: &Context) -> String {
    if let Some(failure) = &state.failure {
        let title = text::trouble(failure.trouble);
        return cards::next_try(failure, state, context)
            .map_or_else(|| title.to_owned(), |next| format!("{title}, {next}"));
    }
    match &state.last_good {
        Some(good) => text::age(good.at, context),
        None if refreshing => "asking now".to_owned(),
        None => text::NOT_REPORTED.to_owned(),
    }
}

/// The account's own windows aligned with each other, then those of models and the like.
fn window_rows(
    id: &str,
    state: &SeatState,
    label: &dyn Fn(&SourceId) -> String,
    context: &Context,
) -> Vec<Detail> {
    let meters: Vec<(&Seen<Window>, Meter)> = state
        .windows
        .iter()
        .map(|seen| (seen, meter::of_window(seen, state, label, context)))
        .collect();
    let width = |of: fn(&Meter) -> &str, own: bool| {
        let some = meters.iter().filter(|(seen, _)| seen.value.scope.is_account() == own);
        some.map(|(_, meter)| of(meter).chars().count()).max().unwrap_or(0)
    };
    let digits = meters
        .iter()
        .filter(|(_, meter)| meter.used.is_some())
        .map(|(_, meter)| leading_digits(&meter.figure))
        .max()
        .unwrap_or(0);
    let rows = meters.iter().map(|(seen, meter)| {
        let name =
            pad_end(&meter.label, width(|meter| &meter.label, seen.value.scope.is_account()));
        let missing = if meter.used.is_some() {
            digits.saturating_sub(leading_digits(&meter.figure))
        } else {
            0
        };
        let figure = match meter.fresh {
            Fresh::RolledOver => String::new(),
            Fresh::Fresh | Fresh::Stale => {
                format!("{}{}", FIGURE_SPACE.to_string().repeat(missing), meter.figure)
            }
        };
        let words =
            after(meter, forecast_mark(seen, state, context).as_deref(), context, seen.stamp.at);
        let row = Row::numbers(
            format!("{id}/window/{}", seen.value.id),
            columns(&[&name, &figure, &words]),
        );
        Detail { row, urgent: urgent(meter) }
    });
    rows.collect()
}

/// What stands for a row that is not seen at once: `Weekly · Opus 96 %, low`.
fn urgent(meter: &Meter) -> Option<(Level, String)> {
    match meter.level {
        Level::Watch | Level::Low | Level::Exhausted => {
            Some((meter.level, format!("{} {}, {}", meter.label, meter.figure, meter.level_word)))
        }
        Level::Unknown | Level::Calm => None,
    }
}

fn leading_digits(figure: &str) -> usize {
    figure.chars().filter(char::is_ascii_digit).count()
}

fn pad_end(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    format!("{text}{}", FIGURE_SPACE.to_string().repeat(missing))
}

fn columns(parts: &[&str]) -> String {
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(COLUMN)
}

fn forecast_mark(seen: &Seen<Window>, state: &SeatState, context: &Context) -> Option<String> {
    let pace = forecast::of(&seen.value, seen.stamp.at, context.now)
        .filter(|_| !ended(state, seen, context))?;
    Some(forecast::mark(&pace, context))
}

/// What follows a figure: level, reset, pace, age.
fn after(
    meter: &Meter,
    pace: Option<&str>,
    context: &Context,
    seen_at: chrono::DateTime<chrono::Utc>,
) -> String {
    let level = match meter.level {
        Level::Watch | Level::Low | Level::Exhausted => Some(meter.level_word.as_str()),
        Level::Unknown | Level::Calm => None,
    };
    let old = (meter.fresh == Fresh::Stale).then(|| text::old(seen_at, context));
    [level, meter.resets.as_deref(), pace, old.as_deref()]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

/// A window in one line of plain text: `Session 37 % used, resets 17:00 (in 2 h 10 m)`.
pub(super) fn window_words(seen: &Seen<Window>, state: &SeatState, context: &Context) -> String {
    let meter = meter::of_window(seen, state, &|source| source.to_string(), context);
    let figure = (meter.fresh != Fresh::RolledOver).then(|| text::worded(&seen.value, context));
    let old = (meter.fresh == Fresh::Stale).then(|| text::old(seen.stamp.at, context));
    let parts: Vec<_> = [figure, meter.resets, old].into_iter().flatten().collect();
    format!("{} {}", meter.label, parts.join(", "))
}
