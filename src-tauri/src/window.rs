//! The one window.

use tauri::{
    AppHandle, Manager as _, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    webview::PageLoadEvent,
};

/// Its label, as the capabilities name it.
const LABEL: &str = "main";

/// Opens the window on a page. It is shown when its page has loaded: an empty window would flash, and WebKitGTK waits half a
/// second for the first picture of a page that is busy loading.
pub(crate) fn open(app: &AppHandle, page: Option<&str>) -> tauri::Result<()> {
    let address = page.map_or_else(|| "index.html".to_owned(), |page| format!("index.html#{page}"));
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(address.into()))
        .title("Claudometer")
        .inner_size(760.0, 620.0)
        .min_inner_size(420.0, 480.0)
        .visible(false)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Finished {
                window.show().ok(); // it is closing
            }
        })
        .build()?;
    Ok(())
}

/// Brings the window to the front, or opens it on a page where it is closed. Answers whether it was open, so that it still
/// has to be told the page.
pub(crate) fn show(app: &AppHandle, page: Option<&str>, token: Option<String>) -> bool {
    match app.get_webview_window(LABEL) {
        Some(window) => focus(app, window, token),
        None => {
            open(app, page).ok(); // the application is ending
            return false;
        }
    }
    true
}

/// On Wayland, focus takes the token of the click that asked for it.
fn focus(app: &AppHandle, window: WebviewWindow, token: Option<String>) {
    let focus = move || {
        if let Some(token) = token {
            allow(&window, &token);
        }
        window.unminimize().ok(); // each of these does what it can: the desktop decides
        window.show().ok();
        window.set_focus().ok();
    };
    app.run_on_main_thread(focus).ok(); // the application is ending
}

#[cfg(target_os = "linux")]
fn allow(window: &WebviewWindow, token: &str) {
    use gtk::prelude::GtkWindowExt as _;
    if let Ok(window) = window.gtk_window() {
        window.set_startup_id(token);
    }
}

#[cfg(not(target_os = "linux"))]
fn allow(_: &WebviewWindow, _: &str) {}
