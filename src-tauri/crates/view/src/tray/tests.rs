//! The menu as a person reads it.

use super::*;
use crate::fixture::{acme, ago, at, context, failure, label, seat, window, zeta};
use claudometer_core::{
    Account, AccountKey, SeatState, Seen, Trouble, Window,
    settings::{FigureOf, IconStyle, Metric},
};
use std::fmt::Write as _;

fn extras() -> Extras<'static> {
    Extras {
        labels: &label,
        demo: false,
        debug: false,
        remarks: Vec::new(),
        update: None,
        replaced_by: None,
        can_look: false,
        first_run: &|| None,
        service: &|_| None,
        today: &|_| None,
    }
}

fn snapshot(seats: Vec<SeatState>) -> UsageSnapshotBundle {
    UsageSnapshotBundle { seq: 1, seats, refreshing: false }
}

fn usual() -> Vec<Window> {
    vec![
        window("session", 37.0, Some("2026-09-15T14:10:00Z")),
        window("weekly", 8.0, Some("2026-09-18T09:00:00Z")),
        window("weekly:Opus", 96.0, Some("2026-09-18T09:00:00Z")),
    ]
}

/// The model as text: ids at the left, so that a reader sees what is stable; figure spaces as `_`.
fn shown(model: &TrayModel) -> String {
    fn list(rows: &[Row], depth: usize, text: &mut String) {
        for row in rows {
            let sign = match (&row.kind, row.enabled) {
                (RowKind::Heading, _) => "#",
                (RowKind::Separator, _) => "-",
                (RowKind::Submenu(_), _) => ">",
                (RowKind::Info | RowKind::Action, true) => "*",
                (RowKind::Info | RowKind::Action, false) => " ",
            };
            let label = row.label.replace('\u{2007}', "_");
            writeln!(text, "{:34}{:depth$}{sign} {label}", row.id, "", depth = depth * 4)
                .unwrap_or_default();
            list(row.children(), depth + 1, text);
        }
    }
    let mut text = format!("title   {:?}\ntooltip {}\n", model.title, model.tooltip.title);
    for line in &model.tooltip.lines {
        writeln!(text, "        {line}").unwrap_or_default();
    }
    writeln!(
        text,
        "icon    {:?}\n        {:?}\n        {:?}\n",
        model.icon.session, model.icon.weekly, model.icon.mark
    )
    .unwrap_or_default();
    list(&model.rows, 0, &mut text);
    text
}

fn count(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.kind != RowKind::Separator).count()
}

#[test]
fn two_providers_in_good_order() {
    let model = model(&snapshot(vec![acme(usual()), zeta()]), &context(), &extras());
    insta::assert_snapshot!(shown(&model));
}

#[test]
fn one_provider_has_room_for_everything() {
    insta::assert_snapshot!(shown(&model(&snapshot(vec![zeta()]), &context(), &extras())));
}

#[test]
fn trouble_stands_in_the_place_of_age_with_its_remedy_below() {
    let limited = SeatState {
        failure: Some(failure(Trouble::RateLimited, 2)),
        next_poll: Some(at("2026-09-15T14:32:00Z")),
        ..acme(usual())
    };
    let mut out = failure(Trouble::AuthExpired, 1);
    out.remedy = "Run `zeta login`; Claudometer notices by itself".into();
    let signed_out = SeatState { failure: Some(out), ..seat("zeta", "Zeta", "ZE") };
    insta::assert_snapshot!(shown(&model(
        &snapshot(vec![limited, signed_out]),
        &context(),
        &extras()
    )));
}

#[test]
fn a_window_that_has_ended_shows_no_figure_as_current() {
    let ended = acme(vec![
        window("session", 92.0, Some("2026-09-15T11:58:00Z")),
        window("weekly", 100.0, Some("2026-09-16T09:00:00Z")),
    ]);
    let model = model(&snapshot(vec![ended]), &context(), &extras());
    assert_eq!(model.icon.session, crate::icon::Gauge::UNKNOWN);
    insta::assert_snapshot!(shown(&model));
}

#[test]
fn nothing_found_and_debug_and_remarks() {
    let extras =
        Extras { debug: true, remarks: vec!["Test origin: http://127.0.0.1:9".into()], ..extras() };
    insta::assert_snapshot!(shown(&model(&snapshot(Vec::new()), &context(), &extras)));
}

#[test]
fn a_newer_release_is_a_row_that_opens_the_page_about_it() {
    let update = claudometer_wire::update::UpdateReport {
        newest: Some("0.2.0".into()),
        ..Default::default()
    };
    let extras = Extras { update: Some(update), ..extras() };
    let model =
        model(&snapshot(vec![acme(vec![window("session", 37.0, None)])]), &context(), &extras);
    let row = model.rows.iter().find(|row| row.id == "update").unwrap();
    assert_eq!(row.label, "Claudometer 0.2.0 is there");
    assert_eq!(row.action, Some(Action::Open(Some("about".into()))));
}

#[test]
fn updates_can_be_looked_for_until_one_is_known() {
    let seats = || snapshot(vec![acme(vec![window("session", 37.0, None)])]);
    let row = |extras: &Extras<'_>| {
        let rows = model(&seats(), &context(), extras).rows;
        rows.into_iter().find(|row| row.action == Some(Action::LookForUpdates))
    };
    assert_eq!(row(&extras()), None, "nothing could be verified");
    let able = || Extras { can_look: true, ..extras() };
    assert_eq!(row(&able()).unwrap().label, "Look for updates");
    let update = claudometer_wire::update::UpdateReport {
        newest: Some("0.2.0".into()),
        ..Default::default()
    };
    assert_eq!(row(&Extras { update: Some(update), ..able() }), None);
}

#[test]
fn a_release_that_a_package_put_here_is_a_row_that_restarts() {
    let extras = Extras { replaced_by: Some("0.2.0".into()), ..extras() };
    let model =
        model(&snapshot(vec![acme(vec![window("session", 37.0, None)])]), &context(), &extras);
    let row = model.rows.iter().find(|row| row.id == "restart").unwrap();
    assert_eq!(row.label, "Restart to use Claudometer 0.2.0");
    assert_eq!(row.action, Some(Action::Restart));
    assert!(model.rows.iter().any(|row| row.id == "separator/update"));
}

#[test]
fn many_accounts_are_folded_and_told_apart() {
    let of = |login: &'static str, window: Window| SeatState {
        seat: claudometer_core::Seat { account: AccountKey::new(login), ..acme(Vec::new()).seat },
        account: (login != "c")
            .then(|| Account { email: Some(format!("{login}@example.com")), ..Account::default() }),
        origin: Origin::Demo,
        ..acme(vec![window])
    };
    let silent = SeatState {
        failure: Some(failure(Trouble::UpstreamDown, 1)),
        ..seat("zeta", "Zeta", "ZE")
    };
    let seats = vec![
        of("a", window("session", 5.0, None)),
        of("b", window("weekly", 100.0, Some("2026-09-16T09:00:00Z"))),
        of("c", window("session", 0.0, None)),
        silent,
    ];
    insta::assert_snapshot!(shown(&model(&snapshot(seats), &context(), &extras())));
}

#[test]
fn two_providers_never_take_more_than_fourteen_rows() {
    let many: Vec<_> = ["session", "weekly", "weekly:A", "weekly:B", "weekly:C", "weekly:D"]
        .map(|id| window(id, 50.0, None))
        .into();
    for (first, second) in [
        (None, None),
        (Some(Trouble::Blocked), None),
        (Some(Trouble::AuthExpired), Some(Trouble::UpstreamDown)),
    ] {
        for debug in [false, true] {
            let troubled = |state: SeatState, trouble: Option<Trouble>| SeatState {
                failure: trouble.map(|trouble| failure(trouble, 1)),
                ..state
            };
            let seats = vec![troubled(acme(many.clone()), first), troubled(zeta(), second)];
            let model = model(&snapshot(seats), &context(), &Extras { debug, ..extras() });
            assert!(count(&model.rows) <= 14, "{} rows", count(&model.rows));
            let ids: Vec<_> = model.rows.iter().map(|row| row.id.as_str()).collect();
            assert!(
                ids.contains(&"acme/default/window/session")
                    && ids.contains(&"zeta/default/window/session"),
                "{ids:?}"
            );
        }
    }
}

#[test]
fn a_change_of_numbers_keeps_the_shape_and_a_new_window_changes_it() {
    let before = model(&snapshot(vec![acme(usual()), zeta()]), &context(), &extras());
    let mut later = context();
    later.now = at("2026-09-15T13:00:00Z");
    let mut windows = usual();
    windows[0].used = claudometer_core::Percent::new(38.0);
    let after = model(&snapshot(vec![acme(windows), zeta()]), &later, &extras());
    assert_eq!(before.shape(), after.shape());
    assert_ne!(before, after);
    let fewer = model(&snapshot(vec![acme(usual()[..2].to_vec()), zeta()]), &context(), &extras());
    assert_ne!(before.shape(), fewer.shape());
}

#[test]
fn while_a_refresh_runs_the_menu_says_so_in_place() {
    let quiet = snapshot(vec![zeta()]);
    let busy = UsageSnapshotBundle { refreshing: true, ..quiet.clone() };
    let [quiet, busy] = [quiet, busy].map(|snapshot| model(&snapshot, &context(), &extras()));
    let refresh = |model: &TrayModel| {
        let row = model.rows.iter().find(|row| row.id == "refresh");
        row.map(|row| (row.label.clone(), row.enabled))
    };
    assert_eq!(refresh(&quiet), Some(("Refresh now".to_owned(), true)));
    assert_eq!(refresh(&busy), Some(("Refreshing…".to_owned(), false)));
    assert_eq!(quiet.shape(), busy.shape());
}

#[test]
fn numbers_can_be_clicked_so_that_no_desktop_greys_them() {
    let model = model(&snapshot(vec![acme(usual()), zeta()]), &context(), &extras());
    let of = |id: &str| {
        model.rows.iter().find(|row| row.id == id).map(|row| (row.enabled, row.action.clone()))
    };
    assert_eq!(
        of("zeta/default/window/weekly"),
        Some((true, Some(Action::Open(Some("overview".into())))))
    );
    assert_eq!(of("zeta/default/heading"), Some((false, None)));
}

#[test]
fn icon_and_title_are_about_what_the_person_chose() {
    let seats = || vec![acme(usual()), zeta()];
    let mut context = context();
    for (metric, provider, figure, title) in [
        (Metric::Worst, None, FigureOf::Used, "AC 96 %"),
        (Metric::Session, None, FigureOf::Used, "AC 37 %"),
        (Metric::Weekly, None, FigureOf::Left, "ZE 19 % left"),
        (Metric::Session, Some("zeta"), FigureOf::Used, "ZE 12 %"),
        (Metric::Worst, Some("nobody"), FigureOf::Used, "AC 96 %"),
    ] {
        context.display.metric = metric;
        context.display.shown_provider = provider.map(ProviderId::new);
        context.display.figure = figure;
        let model = model(&snapshot(seats()), &context, &extras());
        assert_eq!(model.title.as_deref(), Some(title));
    }
    context.display.title = false;
    context.display.icon = IconStyle::Number;
    let model = model(&snapshot(seats()), &context, &extras());
    assert_eq!((model.title, model.icon.style), (None, IconStyle::Number));
}

#[test]
fn an_old_figure_says_its_age_in_title_and_row() {
    let mut state = acme(usual());
    for seen in &mut state.windows {
        seen.stamp.at = ago(40);
    }
    let model = model(&snapshot(vec![state]), &context(), &extras());
    assert_eq!(model.title.as_deref(), Some("AC 96 % (40 min old)"));
    assert!(model.icon.session.stale && model.icon.weekly.stale);
    assert!(model.rows.iter().any(|row| row.label.ends_with("40 min old")));
}

#[test]
fn a_mark_tells_what_the_vendor_blocks_from_what_is_broken() {
    use crate::icon::Mark;
    for (trouble, reached, mark) in [
        (None, false, Mark::None),
        (None, true, Mark::Blocked),
        (Some(Trouble::Blocked), false, Mark::Blocked),
        (Some(Trouble::RateLimited), false, Mark::Blocked),
        (Some(Trouble::AuthExpired), false, Mark::Trouble),
        (Some(Trouble::UpstreamDown), true, Mark::Blocked),
    ] {
        let state = SeatState {
            limit_reached: reached,
            failure: trouble.map(|trouble| failure(trouble, 1)),
            ..acme(usual())
        };
        assert_eq!(
            model(&snapshot(vec![state]), &context(), &extras()).icon.mark,
            mark,
            "{trouble:?} {reached}"
        );
    }
}

#[test]
fn an_unreported_window_is_never_zero() {
    let silent = Window { used: None, ..window("session", 0.0, None) };
    let stamp = crate::fixture::stamp(4);
    let state = SeatState { windows: vec![Seen { value: silent, stamp }], ..acme(Vec::new()) };
    let model = model(&snapshot(vec![state]), &context(), &extras());
    assert_eq!(model.title.as_deref(), Some("AC –"));
    assert!(!shown(&model).contains("0 %"));
}
