//! What the tray shows: icon, title, tooltip and menu, as data that any tray can draw.

mod icon_model;
mod section;

use crate::{
    Context, Extras,
    cards::{self, NOTHING_FOUND},
    choice, foreign,
    icon::IconModel,
    text,
};
use claudometer_core::{Freshness, Origin, ProviderId, UsageSnapshotBundle};

/// Our name, where a tray wants one.
pub const NAME: &str = "Claudometer";

/// The window's page of cards.
const OVERVIEW: &str = "overview";
/// Rows for two providers, separators not counted; what is more goes into submenus.
const MOST_ROWS: usize = 14;
/// Rows of sections, remedies aside: leaves room for the standing actions and for separators.
const SECTION_ROWS: usize = 9;
/// Sections that stand open in the menu; more become a submenu each.
const OPEN_SECTIONS: usize = 2;

/// Everything the tray shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrayModel {
    /// The icon.
    pub icon: IconModel,
    /// Text beside the icon, where the panel shows one: `AC 37 %`.
    pub title: Option<String>,
    /// The tooltip.
    pub tooltip: Tooltip,
    /// The menu.
    pub rows: Vec<Row>,
}

/// The tooltip, as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tooltip {
    /// The line that matters most.
    pub title: String,
    /// Every window, one line each.
    pub lines: Vec<String>,
}

/// One row of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Stable over every change of text: `acme/default/window/session`.
    pub id: String,
    /// What sort of row.
    pub kind: RowKind,
    /// Its text; plain, no mnemonics.
    pub label: String,
    /// Whether it can be clicked (or opened).
    pub enabled: bool,
    /// What a click does.
    pub action: Option<Action>,
}

/// The sort of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowKind {
    /// Begins a section.
    Heading,
    /// Says something.
    Info,
    /// Does something.
    Action,
    /// A line between sections.
    Separator,
    /// Holds more rows.
    Submenu(Vec<Row>),
}

/// What a click asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Fresh numbers, as far as floors and pauses allow.
    Refresh,
    /// The window, on a page (`providers`) or where it was.
    Open(Option<String>),
    /// A look for a newer release.
    LookForUpdates,
    /// The end of the program, and its beginning anew.
    Restart,
    /// The end of the program.
    Quit,
    /// The vendor's own usage page in the browser.
    OpenDashboard(ProviderId),
    /// What helps against the trouble of a provider.
    Remedy(ProviderId),
    /// Made-up numbers, to see an alert.
    Simulate(Simulation),
    /// The end of made-up numbers.
    EndSimulation,
}

/// Which numbers are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Simulation {
    /// Every window at half.
    BelowLimit,
    /// Every window close to its limit.
    NearLimit,
    /// Every window begins anew.
    Reset,
}

/// A row without its texts: what decides whether a menu is changed in place or made anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape<'a> {
    /// The row's id.
    pub id: &'a str,
    /// `Heading` 0, `Info` 1, `Action` 2, `Separator` 3, `Submenu` 4.
    kind: u8,
    children: Vec<Shape<'a>>,
}

impl Row {
    fn new(id: String, kind: RowKind, label: String) -> Self {
        let enabled = matches!(kind, RowKind::Submenu(_));
        Self { id, kind, label, enabled, action: None }
    }

    fn info(id: String, label: String) -> Self {
        Self::new(id, RowKind::Info, label)
    }

    /// Numbers are shown as rows that can be clicked: greyed text would be too faint to read them.
    fn numbers(id: String, label: String) -> Self {
        let action = Some(Action::Open(Some(OVERVIEW.to_owned())));
        Self { enabled: true, action, ..Self::info(id, label) }
    }

    fn separator(id: &str) -> Self {
        Self::new(id.to_owned(), RowKind::Separator, String::new())
    }

    fn action(id: String, label: String, action: Action) -> Self {
        Self { enabled: true, action: Some(action), ..Self::new(id, RowKind::Action, label) }
    }

    /// Rows inside; none but for a submenu.
    pub fn children(&self) -> &[Self] {
        match &self.kind {
            RowKind::Submenu(rows) => rows,
            RowKind::Heading | RowKind::Info | RowKind::Action | RowKind::Separator => &[],
        }
    }

    fn shape(&self) -> Shape<'_> {
        let kind = match &self.kind {
            RowKind::Heading => 0,
            RowKind::Info => 1,
            RowKind::Action => 2,
            RowKind::Separator => 3,
            RowKind::Submenu(_) => 4,
        };
        Shape { id: &self.id, kind, children: shape(self.children()) }
    }
}

/// The shape of some rows.
pub fn shape(rows: &[Row]) -> Vec<Shape<'_>> {
    rows.iter().map(Row::shape).collect()
}

impl TrayModel {
    /// The menu without its texts; equal shapes mean that texts can change in place.
    pub fn shape(&self) -> Vec<Shape<'_>> {
        shape(&self.rows)
    }
}

impl Default for TrayModel {
    /// What is shown until the first numbers, or the news that there are none.
    fn default() -> Self {
        let looking = Row::info("starting".to_owned(), "Looking for assistants".to_owned());
        Self {
            icon: IconModel::default(),
            title: None,
            tooltip: Tooltip { title: NAME.to_owned(), lines: Vec::new() },
            rows: std::iter::once(looking).chain(standing_rows(false)).collect(),
        }
    }
}

/// The tray's picture of a snapshot.
pub fn model(snapshot: &UsageSnapshotBundle, context: &Context, extras: &Extras<'_>) -> TrayModel {
    let snapshot = &foreign::snapshot(snapshot);
    TrayModel {
        icon: icon_model::icon(&snapshot.seats, context),
        title: icon_model::title(&snapshot.seats, context),
        tooltip: tooltip(snapshot, context),
        rows: rows(snapshot, context, extras),
    }
}

fn tooltip(snapshot: &UsageSnapshotBundle, context: &Context) -> Tooltip {
    let lines = snapshot.seats.iter().flat_map(|state| {
        let name = cards::seat_name(state, &snapshot.seats);
        let windows: Vec<_> = state
            .windows
            .iter()
            .map(|seen| format!("{name} · {}", section::window_words(seen, state, context)))
            .collect();
        let trouble = state
            .failure
            .as_ref()
            .map(|failure| format!("{name} · {}", text::trouble(failure.trouble)));
        let silent = (windows.is_empty() && trouble.is_none())
            .then(|| format!("{name} · {}", text::NOT_REPORTED));
        windows.into_iter().chain(trouble).chain(silent)
    });
    let demo =
        snapshot.seats.iter().any(|state| state.origin == Origin::Demo).then(|| DEMO.to_owned());
    Tooltip {
        title: cards::headline(snapshot, context),
        lines: demo.into_iter().chain(lines).collect(),
    }
}

const DEMO: &str = "Demo: recorded answers, not your accounts";

fn rows(snapshot: &UsageSnapshotBundle, context: &Context, extras: &Extras<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    let demo = extras.demo || snapshot.seats.iter().any(|state| state.origin == Origin::Demo);
    rows.extend(demo.then(|| Row::info("remark/demo".to_owned(), DEMO.to_owned())));
    rows.extend(extras.remarks.iter().enumerate().map(|(at, remark)| {
        Row::info(format!("remark/{at}"), foreign::shown(remark).into_owned())
    }));
    let news = news_rows(extras);
    let taken = STANDING + usize::from(extras.debug) + news.len().saturating_sub(1) + rows.len();
    if !rows.is_empty() {
        rows.push(Row::separator("separator/remarks"));
    }
    rows.extend(sections(snapshot, context, extras, MOST_ROWS.saturating_sub(taken)));
    if snapshot.seats.is_empty() {
        rows.push(Row::info("nothing-found".to_owned(), NOTHING_FOUND.to_owned()));
    }
    rows.extend(extras.debug.then(debug_rows).into_iter().flatten());
    rows.extend(news);
    rows.extend(standing_rows(snapshot.refreshing));
    rows
}

/// A section per account, together at most `spare` rows long where they stand open.
fn sections(
    snapshot: &UsageSnapshotBundle,
    context: &Context,
    extras: &Extras<'_>,
    spare: usize,
) -> Vec<Row> {
    let seats = &snapshot.seats;
    let sections: Vec<_> =
        seats.iter().map(|state| section::of(state, snapshot, context, extras)).collect();
    if sections.len() > OPEN_SECTIONS {
        return sections.into_iter().map(section::Section::folded).collect();
    }
    let remedies = sections.iter().filter(|section| section.remedy.is_some()).count();
    let mut left = (SECTION_ROWS + remedies).min(spare);
    let mut rows = Vec::new();
    let mut waiting = sections.len();
    let needs: Vec<_> = sections.iter().map(section::Section::rows).collect();
    for (at, section) in sections.into_iter().enumerate() {
        let later: usize = needs[at + 1..].iter().sum();
        // A section that needs less than its share leaves the rest to the other.
        let share = (left / waiting).max(left.saturating_sub(later));
        let open = section.open(share);
        left = left.saturating_sub(open.len());
        waiting -= 1;
        if at > 0 {
            rows.push(Row::separator(&format!("separator/{at}")));
        }
        rows.extend(open);
    }
    rows
}

/// Rows that every menu ends with, the separator not counted.
const STANDING: usize = 3;

fn standing_rows(refreshing: bool) -> [Row; STANDING + 1] {
    let label = if refreshing { "Refreshing…" } else { "Refresh now" };
    let refresh = Row::action("refresh".to_owned(), label.to_owned(), Action::Refresh);
    [
        Row::separator("separator/actions"),
        Row { enabled: !refreshing, ..refresh },
        Row::action("open".to_owned(), "Open Claudometer".to_owned(), Action::Open(None)),
        Row::action("quit".to_owned(), "Quit".to_owned(), Action::Quit),
    ]
}

/// A release that lies here already, and a newer one, which the window tells more about, or a look for one; a separator
/// before them.
fn news_rows(extras: &Extras<'_>) -> Vec<Row> {
    let replaced = extras.replaced_by.as_ref().map(|version| {
        let label = format!("Restart to use {NAME} {version}");
        Row::action("restart".to_owned(), label, Action::Restart)
    });
    let newest = extras.update.as_ref().and_then(|update| update.newest.as_ref());
    let update = newest.map(|version| {
        let open = Action::Open(Some("about".to_owned()));
        Row::action("update".to_owned(), format!("{NAME} {version} is there"), open)
    });
    let look = (extras.can_look && newest.is_none()).then(|| {
        Row::action("look".to_owned(), "Look for updates".to_owned(), Action::LookForUpdates)
    });
    let mut rows: Vec<Row> = replaced.into_iter().chain(update).chain(look).collect();
    if !rows.is_empty() {
        rows.insert(0, Row::separator("separator/update"));
    }
    rows
}

fn debug_rows() -> [Row; 2] {
    let simulate = |id: &str, label: &str, kind| {
        Row::action(format!("debug/{id}"), label.to_owned(), Action::Simulate(kind))
    };
    let rows = vec![
        simulate("below-limit", "Simulate below limit", Simulation::BelowLimit),
        simulate("near-limit", "Simulate near limit", Simulation::NearLimit),
        simulate("reset", "Simulate a reset", Simulation::Reset),
        Row::action("debug/end".to_owned(), "End simulation".to_owned(), Action::EndSimulation),
    ];
    [
        Row::separator("separator/debug"),
        Row::new("debug".to_owned(), RowKind::Submenu(rows), "Debug".to_owned()),
    ]
}

/// Whether a value has no present meaning because its window ended.
fn ended(
    state: &claudometer_core::SeatState,
    seen: &claudometer_core::Seen<claudometer_core::Window>,
    context: &Context,
) -> bool {
    state.freshness(&seen.stamp, seen.value.resets_at, context.now) == Freshness::RolledOver
}

/// The window that icon, title and tooltip are about.
fn chosen<'a>(
    seats: &'a [claudometer_core::SeatState],
    context: &Context,
) -> Option<(&'a claudometer_core::SeatState, &'a claudometer_core::Seen<claudometer_core::Window>)>
{
    choice::worst(&choice::shown(seats, context), context.display.metric, context)
}

#[cfg(test)]
mod tests;
