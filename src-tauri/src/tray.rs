//! The tray of one-process mode: the same model as everywhere, drawn by Tauri. Texts change in place, since a menu that is
//! replaced while it is open closes or stays as it was.

use claudometer_view::{
    icon::{self, IconModel},
    tray::{Action, NAME, Row, RowKind, TrayModel},
};
use std::collections::HashMap;
use tauri::{
    AppHandle, Wry,
    image::Image,
    menu::{IsMenuItem, Menu, MenuItem, PredefinedMenuItem, Submenu},
    tray::{MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent},
};

/// The edge length of the icon in pixels; the desktop makes it smaller where it must.
const SIZE: u32 = 48;

/// What a person did with the tray.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// Left click.
    Activate,
    /// Middle click.
    Refresh,
    /// The row with this id was clicked.
    Row(String),
}

/// A row that is shown.
enum Shown {
    Item(MenuItem<Wry>),
    Submenu(Submenu<Wry>),
}

/// The tray and what it shows.
pub(crate) struct Tray {
    app: AppHandle,
    icon: TrayIcon,
    model: TrayModel,
    rows: HashMap<String, Shown>,
}

impl Tray {
    /// Puts the tray there; `tell` hears of clicks. Fails while nothing on this desktop shows a tray.
    pub(crate) fn new(
        app: &AppHandle,
        model: TrayModel,
        tell: impl Fn(Event) + Clone + Send + Sync + 'static,
    ) -> tauri::Result<Self> {
        let mut rows = HashMap::new();
        let menu = menu(app, &model.rows, &mut rows)?;
        let of_row = tell.clone();
        let builder = TrayIconBuilder::with_id(NAME)
            .icon(picture(&model.icon))
            .icon_as_template(cfg!(target_os = "macos"))
            .tooltip(tooltip(&model))
            .menu(&menu)
            .show_menu_on_left_click(cfg!(target_os = "macos"))
            .on_menu_event(move |_, event| of_row(Event::Row(event.id().0.clone())))
            .on_tray_icon_event(move |_, event| {
                if let TrayIconEvent::Click { button, button_state: MouseButtonState::Up, .. } =
                    event
                {
                    match button {
                        MouseButton::Left if !cfg!(target_os = "macos") => tell(Event::Activate),
                        MouseButton::Middle => tell(Event::Refresh),
                        MouseButton::Left | MouseButton::Right => {}
                    }
                }
            });
        let icon = match &model.title {
            Some(title) => builder.title(title),
            None => builder,
        };
        Ok(Self { app: app.clone(), icon: icon.build(app)?, model, rows })
    }

    /// What the row with an id does.
    pub(crate) fn action(&self, id: &str) -> Option<Action> {
        action(&self.model.rows, id)
    }

    /// Shows a model; only what differs is touched.
    pub(crate) fn show(&mut self, model: TrayModel) -> tauri::Result<()> {
        if model.icon != self.model.icon {
            self.icon.set_icon(Some(picture(&model.icon)))?;
        }
        if model.title != self.model.title {
            self.icon.set_title(model.title.as_deref())?;
        }
        if model.tooltip != self.model.tooltip {
            self.icon.set_tooltip(Some(tooltip(&model)))?;
        }
        if model.shape() == self.model.shape() {
            retell(&self.model.rows, &model.rows, &self.rows)?;
        } else {
            let mut rows = HashMap::new();
            self.icon.set_menu(Some(menu(&self.app, &model.rows, &mut rows)?))?;
            self.rows = rows;
        }
        self.model = model;
        Ok(())
    }
}

fn picture(model: &IconModel) -> Image<'static> {
    let pixmap = icon::draw(model, SIZE);
    Image::new_owned(pixmap.rgba, pixmap.size, pixmap.size)
}

fn tooltip(model: &TrayModel) -> String {
    let lines = std::iter::once(&model.tooltip.title).chain(&model.tooltip.lines);
    lines.map(String::as_str).collect::<Vec<_>>().join("\n")
}

fn action(rows: &[Row], id: &str) -> Option<Action> {
    rows.iter().find_map(
        |row| {
            if row.id == id { row.action.clone() } else { action(row.children(), id) }
        },
    )
}

fn menu(
    app: &AppHandle,
    rows: &[Row],
    shown: &mut HashMap<String, Shown>,
) -> tauri::Result<Menu<Wry>> {
    let menu = Menu::new(app)?;
    for row in rows {
        menu.append(&*item(app, row, shown)?)?;
    }
    Ok(menu)
}

fn item(
    app: &AppHandle,
    row: &Row,
    shown: &mut HashMap<String, Shown>,
) -> tauri::Result<Box<dyn IsMenuItem<Wry>>> {
    let label = plain(&row.label);
    Ok(match &row.kind {
        RowKind::Separator => Box::new(PredefinedMenuItem::separator(app)?),
        RowKind::Submenu(rows) => {
            let submenu = Submenu::with_id(app, row.id.as_str(), label, row.enabled)?;
            for row in rows {
                submenu.append(&*item(app, row, shown)?)?;
            }
            shown.insert(row.id.clone(), Shown::Submenu(submenu.clone()));
            Box::new(submenu)
        }
        RowKind::Heading | RowKind::Info | RowKind::Action => {
            let item = MenuItem::with_id(app, row.id.as_str(), label, row.enabled, None::<&str>)?;
            shown.insert(row.id.clone(), Shown::Item(item.clone()));
            Box::new(item)
        }
    })
}

/// Changes texts where they stand. Both lists have the same shape.
fn retell(old: &[Row], new: &[Row], shown: &HashMap<String, Shown>) -> tauri::Result<()> {
    for (old, new) in old.iter().zip(new) {
        retell(old.children(), new.children(), shown)?;
        let Some(row) = shown.get(&new.id) else { continue };
        if old.label != new.label {
            let label = plain(&new.label);
            match row {
                Shown::Item(item) => item.set_text(label)?,
                Shown::Submenu(submenu) => submenu.set_text(label)?,
            }
        }
        if old.enabled != new.enabled {
            match row {
                Shown::Item(item) => item.set_enabled(new.enabled)?,
                Shown::Submenu(submenu) => submenu.set_enabled(new.enabled)?,
            }
        }
    }
    Ok(())
}

/// A label in which `&` is no mnemonic.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use super::{action, plain};
    use claudometer_view::tray::{Action, TrayModel};

    #[test]
    fn a_row_is_found_by_its_id_and_does_what_the_model_says() {
        let rows = TrayModel::default().rows;
        assert_eq!(action(&rows, "quit"), Some(Action::Quit));
        assert_eq!(action(&rows, "starting"), None);
        assert_eq!(action(&rows, "no such row"), None);
    }

    #[test]
    fn an_ampersand_is_shown_as_it_is() {
        assert_eq!(plain("Research & Development"), "Research && Development");
    }
}
