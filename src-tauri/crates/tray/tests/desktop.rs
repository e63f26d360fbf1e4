//! The tray on a real, private session bus, beside a tray host of our own.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and starts a bus of its own"
)]

mod host;

use claudometer_core::ProviderId;
use claudometer_tray::{Event, Tray, host_present, spawn};
use claudometer_view::{
    icon::{Gauge, IconModel, Level, SIZES},
    tray::{Action, Row, RowKind, Tooltip, TrayModel},
};
use host::{Desktop, Item, Panel, on_a_private_bus};
use tokio::sync::mpsc;

fn row(id: &str, kind: RowKind, label: &str, action: Option<Action>) -> Row {
    let enabled = action.is_some() || matches!(kind, RowKind::Submenu(_));
    Row { id: id.into(), kind, label: label.into(), enabled, action }
}

fn model(session: &str) -> TrayModel {
    let inside = vec![row("acme/source", RowKind::Info, "From the my_login", None)];
    TrayModel {
        icon: IconModel::default(),
        title: Some("AC 37 %".into()),
        tooltip: Tooltip {
            title: "Acme · Session 37 % used".into(),
            lines: vec!["a < b & c".into(), "second".into()],
        },
        rows: vec![
            row("acme/heading", RowKind::Heading, "Acme   Max 20x · 4 min ago", None),
            row("acme/session", RowKind::Info, session, None),
            row(
                "acme/remedy",
                RowKind::Action,
                "Run acme login",
                Some(Action::Remedy(ProviderId::new("acme"))),
            ),
            row("acme/more", RowKind::Submenu(inside), "More", None),
            row("separator", RowKind::Separator, "", None),
            row("refresh", RowKind::Action, "Refresh now", Some(Action::Refresh)),
            row("quit", RowKind::Action, "Quit", Some(Action::Quit)),
        ],
    }
}

/// A tray that shows `model("Session 37 %")`, and what it tells.
async fn tray() -> (Tray, mpsc::Receiver<Event>) {
    let (tell, events) = mpsc::channel(16);
    let tray = spawn(tell).await.unwrap();
    tray.show(model("Session 37 %")).await;
    (tray, events)
}

/// The next event that a person caused.
async fn clicked(events: &mut mpsc::Receiver<Event>) -> Event {
    loop {
        match events.recv().await.unwrap() {
            Event::HostPresent(_) => {}
            event => return event,
        }
    }
}

async fn host_told(events: &mut mpsc::Receiver<Event>) -> bool {
    loop {
        if let Event::HostPresent(present) = events.recv().await.unwrap() {
            return present;
        }
    }
}

#[test]
fn the_item_registers_and_tells_everything_about_itself() {
    on_a_private_bus("the_item_registers_and_tells_everything_about_itself", async {
        let mut desktop = Desktop::start().await;
        let (_tray, mut events) = tray().await;
        let item = Item::at(&desktop.registered().await).await;
        assert!(host_told(&mut events).await);
        assert!(host_present().await);
        for (name, value) in [
            ("Id", "claudometer"),
            ("Title", "Claudometer"),
            ("Category", "ApplicationStatus"),
            ("Status", "Active"),
            ("IconName", ""),
            ("XAyatanaLabel", "AC 37 %"),
            ("IconAccessibleDesc", "Acme · Session 37 % used"),
        ] {
            assert_eq!(item.text(name).await, value, "{name}");
        }
        let sizes: Vec<_> = item
            .pixmaps()
            .await
            .iter()
            .map(|(width, height, bytes)| (*width, *height, bytes.len()))
            .collect();
        let expected: Vec<_> = SIZES
            .iter()
            .map(|size| (size.cast_signed(), size.cast_signed(), (size * size * 4) as usize))
            .collect();
        assert_eq!(sizes, expected);
        let tooltip = item.tooltip().await;
        assert_eq!(tooltip, ("Acme · Session 37 % used".into(), "a &lt; b &amp; c\nsecond".into()));
    });
}

#[test]
fn the_menu_shows_every_row_with_its_kind() {
    on_a_private_bus("the_menu_shows_every_row_with_its_kind", async {
        let mut desktop = Desktop::start().await;
        let (_tray, _events) = tray().await;
        let panel = Panel::of(&Item::at(&desktop.registered().await).await).await;
        let rows = panel.layout().await.rows;
        let seen: Vec<_> = rows
            .iter()
            .map(|row| (row.depth, row.label.as_str(), row.enabled, row.kind.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (0, "Acme   Max 20x · 4 min ago", false, ""),
                (0, "Session 37 %", false, ""),
                (0, "Run acme login", true, ""),
                (0, "More", true, "submenu"),
                (1, "From the my__login", false, ""),
                (0, "", true, "separator"),
                (0, "Refresh now", true, ""),
                (0, "Quit", true, ""),
            ]
        );
        let more = rows.iter().find(|row| row.label == "More").unwrap().number;
        let inside = panel.layout_of(more, 1).await.rows;
        assert_eq!(
            inside.iter().map(|row| row.label.as_str()).collect::<Vec<_>>(),
            ["From the my__login"]
        );
        assert!(
            panel.layout_of(0, 1).await.rows.iter().all(|row| row.depth == 0),
            "one level was asked for"
        );
        assert!(!panel.knows(9999).await);
        assert_eq!(panel.label(more).await, "More");
    });
}

#[test]
fn other_texts_change_in_place_and_other_rows_keep_their_numbers() {
    on_a_private_bus("other_texts_change_in_place_and_other_rows_keep_their_numbers", async {
        let mut desktop = Desktop::start().await;
        let (tray, _events) = tray().await;
        let panel = Panel::of(&Item::at(&desktop.registered().await).await).await;
        let before = panel.layout().await;
        let mut texts = panel.texts().await;
        tray.show(model("Session 38 %")).await;
        assert_eq!(
            texts.next_texts().await,
            [(before.number("Session 37 %"), "Session 38 %".to_owned())]
        );
        let after = panel.layout().await;
        assert_eq!((after.revision, after.numbers()), (before.revision, before.numbers()));
        assert_eq!(after.number("Session 38 %"), before.number("Session 37 %"));

        let mut layouts = panel.layouts().await;
        let mut fewer = model("Session 38 %");
        fewer.rows.remove(2);
        tray.show(fewer).await;
        let revision = layouts.next_revision().await;
        let shorter = panel.layout().await;
        assert!(revision > before.revision);
        assert_eq!(shorter.revision, revision);
        for label in ["Session 38 %", "Refresh now", "Quit", "More"] {
            assert_eq!(shorter.number(label), after.number(label), "{label} kept its number");
        }
        tray.show(model("Session 38 %")).await;
        layouts.next_revision().await;
        assert_eq!(
            panel.layout().await.numbers(),
            before.numbers(),
            "a row that comes back has its old number"
        );
    });
}

#[test]
fn only_what_changed_is_announced() {
    on_a_private_bus("only_what_changed_is_announced", async {
        let mut desktop = Desktop::start().await;
        let (tray, _events) = tray().await;
        let item = Item::at(&desktop.registered().await).await;
        let mut signals = item.signals().await;
        tray.show(model("Session 37 %")).await;
        let mut other = model("Session 37 %");
        other.title = Some("AC 38 %".into());
        tray.show(other.clone()).await;
        assert_eq!(signals.next_name().await, "XAyatanaNewLabel", "the same model said nothing");
        assert_eq!(item.text("XAyatanaLabel").await, "AC 38 %");
        other.tooltip.title = "Acme · Session 38 % used".into();
        tray.show(other.clone()).await;
        assert_eq!(signals.next_name().await, "NewToolTip");
        let before = item.pixmaps().await;
        other.icon.session =
            Gauge { used: Some(90), figure: Some(90), level: Level::Watch, stale: false };
        other.title = None;
        tray.show(other).await;
        assert_eq!(
            [signals.next_name().await, signals.next_name().await],
            ["NewIcon", "XAyatanaNewLabel"]
        );
        assert_ne!(item.pixmaps().await, before);
        assert_eq!(item.text("XAyatanaLabel").await, "");
    });
}

#[test]
fn clicks_reach_us_with_the_token_that_came_before_them() {
    on_a_private_bus("clicks_reach_us_with_the_token_that_came_before_them", async {
        let mut desktop = Desktop::start().await;
        let (_tray, mut events) = tray().await;
        let item = Item::at(&desktop.registered().await).await;
        let panel = Panel::of(&item).await;
        item.call("ProvideXdgActivationToken", &"token-1").await;
        item.call("Activate", &(10_i32, 20_i32)).await;
        assert_eq!(clicked(&mut events).await, Event::Activate { token: Some("token-1".into()) });
        item.call("Activate", &(10_i32, 20_i32)).await;
        assert_eq!(
            clicked(&mut events).await,
            Event::Activate { token: None },
            "a token serves once"
        );
        item.call("SecondaryActivate", &(10_i32, 20_i32)).await;
        assert_eq!(clicked(&mut events).await, Event::Refresh);
        for (delta, event) in [(-120, Event::ShowNext), (120, Event::ShowPrevious)] {
            item.call("Scroll", &(delta, "vertical")).await;
            item.call("Scroll", &(delta, "vertical")).await;
            assert_eq!(clicked(&mut events).await, event, "one turn is one step");
        }
        let layout = panel.layout().await;
        item.call("ProvideXdgActivationToken", &"token-2").await;
        panel.click(layout.number("Run acme login")).await;
        let remedy = Action::Remedy(ProviderId::new("acme"));
        assert_eq!(
            clicked(&mut events).await,
            Event::Action { action: remedy, token: Some("token-2".into()) }
        );
        panel.click(layout.number("Session 37 %")).await;
        panel.hover(layout.number("Quit")).await;
        panel.click(layout.number("Quit")).await;
        let quit = Event::Action { action: Action::Quit, token: None };
        assert_eq!(
            clicked(&mut events).await,
            quit,
            "a row that only tells does nothing, and hovering neither"
        );
        assert_eq!(panel.click_group(&[layout.number("Refresh now"), 9999]).await, [9999]);
        assert_eq!(
            clicked(&mut events).await,
            Event::Action { action: Action::Refresh, token: None }
        );
    });
}

#[test]
fn a_desktop_tray_that_comes_late_or_restarts_gets_the_item() {
    on_a_private_bus("a_desktop_tray_that_comes_late_or_restarts_gets_the_item", async {
        assert!(!host_present().await);
        let (tray, mut events) = tray().await;
        assert!(!host_told(&mut events).await);
        let mut desktop = Desktop::start().await;
        let first = desktop.registered().await;
        assert!(host_told(&mut events).await);
        desktop.stop().await;
        assert!(!host_told(&mut events).await);
        let mut desktop = Desktop::start().await;
        assert_eq!(desktop.registered().await, first);
        assert!(host_told(&mut events).await);
        assert_eq!(Item::at(&first).await.text("XAyatanaLabel").await, "AC 37 %");
        tray.end().await;
        assert!(!desktop.owns(&first).await, "after the end nothing is left on the bus");
    });
}

#[test]
fn a_watcher_without_anybody_who_draws_is_no_host() {
    on_a_private_bus("a_watcher_without_anybody_who_draws_is_no_host", async {
        let mut desktop = Desktop::start_without_host().await;
        let (_tray, mut events) = tray().await;
        desktop.registered().await;
        assert!(!host_told(&mut events).await && !host_present().await);
        desktop.host_comes().await;
        assert!(host_told(&mut events).await && host_present().await);
    });
}

#[test]
fn without_a_session_bus_there_is_an_error_and_no_panic() {
    host::without_a_bus("without_a_session_bus_there_is_an_error_and_no_panic", async {
        let (tell, _events) = mpsc::channel(1);
        assert!(spawn(tell).await.is_err());
        assert!(!host_present().await);
    });
}
