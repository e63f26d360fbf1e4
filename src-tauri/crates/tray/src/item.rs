//! `org.kde.StatusNotifierItem`: icon, title, tooltip, clicks.
#![expect(
    clippy::used_underscore_binding,
    reason = "the interface macro hands on every argument, also those that nobody needs"
)]

use crate::{Event, shown::Shared};
use claudometer_view::{icon::Pixmap, tray::NAME};
use std::sync::Arc;
use zbus::{fdo, interface, object_server::SignalEmitter, zvariant::ObjectPath};

pub(crate) const PATH: &str = "/StatusNotifierItem";
/// The widest usual label, from which a panel may derive its room.
pub(crate) const LABEL_GUIDE: &str = "XX 100 %";

/// Width, height, ARGB32 in network byte order.
type Picture = (i32, i32, Vec<u8>);

/// The object.
#[derive(Debug)]
pub(crate) struct Item(pub(crate) Arc<Shared>);

fn picture(pixmap: &Pixmap) -> Picture {
    let size = i32::try_from(pixmap.size).unwrap_or_default();
    (size, size, pixmap.argb())
}

/// Hosts read the tooltip's text as markup.
fn markup(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

// Calls are answered in the order of their arrival, so that a token is there before the click to which it belongs.
#[interface(name = "org.kde.StatusNotifierItem", spawn = false)]
#[expect(clippy::unused_self, reason = "constant properties of the interface")]
impl Item {
    fn activate(&self, _x: i32, _y: i32) {
        self.0.tell(Event::Activate { token: self.0.take_token() });
    }

    fn secondary_activate(&self, _x: i32, _y: i32) {
        self.0.tell(Event::Refresh);
    }

    /// The middle click of hosts that follow Ayatana.
    fn x_ayatana_secondary_activate(&self, _timestamp: u32) {
        self.0.tell(Event::Refresh);
    }

    /// Refused, so that hosts show the menu object instead.
    fn context_menu(&self, _x: i32, _y: i32) -> fdo::Result<()> {
        Err(fdo::Error::UnknownMethod("the menu is an object of its own".to_owned()))
    }

    fn scroll(&self, delta: i32, _orientation: &str) {
        if delta != 0 && self.0.is_new_turn(delta < 0) {
            self.0.tell(if delta < 0 { Event::ShowNext } else { Event::ShowPrevious });
        }
    }

    fn provide_xdg_activation_token(&self, token: String) {
        self.0.keep_token(token);
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn category(&self) -> &'static str {
        "ApplicationStatus"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn id(&self) -> &'static str {
        "claudometer"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn title(&self) -> &'static str {
        NAME
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn status(&self) -> &'static str {
        "Active"
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn window_id(&self) -> i32 {
        0
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn item_is_menu(&self) -> bool {
        false
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn menu(&self) -> ObjectPath<'static> {
        ObjectPath::from_static_str_unchecked(crate::menu::PATH)
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_theme_path(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn icon_pixmap(&self) -> Vec<Picture> {
        self.0.shown().pictures.iter().map(picture).collect()
    }

    /// What a screen reader says of the icon.
    #[zbus(property(emits_changed_signal = "false"))]
    fn icon_accessible_desc(&self) -> String {
        self.0.shown().model.tooltip.title.clone()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn overlay_icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn overlay_icon_pixmap(&self) -> Vec<Picture> {
        Vec::new()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_icon_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_icon_pixmap(&self) -> Vec<Picture> {
        Vec::new()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn attention_movie_name(&self) -> &'static str {
        ""
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn tool_tip(&self) -> (String, Vec<Picture>, String, String) {
        let tooltip = &self.0.shown().model.tooltip;
        (String::new(), Vec::new(), markup(&tooltip.title), markup(&tooltip.lines.join("\n")))
    }

    #[zbus(property(emits_changed_signal = "false"))]
    fn x_ayatana_label(&self) -> String {
        self.0.shown().model.title.clone().unwrap_or_default()
    }

    #[zbus(property(emits_changed_signal = "const"))]
    fn x_ayatana_label_guide(&self) -> &'static str {
        LABEL_GUIDE
    }

    #[zbus(signal)]
    pub(crate) async fn new_icon(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(crate) async fn new_tool_tip(emitter: &SignalEmitter<'_>) -> zbus::Result<()>;

    #[zbus(signal)]
    pub(crate) async fn x_ayatana_new_label(
        emitter: &SignalEmitter<'_>,
        label: &str,
        guide: &str,
    ) -> zbus::Result<()>;
}
