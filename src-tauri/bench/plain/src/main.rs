//! A tray icon, a menu, a window on demand: the least that a Tauri tray app does.

use tauri::{
    Manager as _, RunEvent, WebviewUrl, WebviewWindowBuilder,
    menu::{Menu, MenuItem},
    tray::TrayIconBuilder,
};

fn main() -> tauri::Result<()> {
    let app = tauri::Builder::default()
        .setup(|app| {
            let open = MenuItem::with_id(app, "open", "Open Claudometer", true, None::<&str>)?;
            let quit = MenuItem::with_id(app, "quit", "Quit", true, None::<&str>)?;
            let menu = Menu::with_items(app, &[&open, &quit])?;
            let icon = app.default_window_icon().cloned().ok_or("no icon")?;
            TrayIconBuilder::with_id("plain")
                .icon(icon)
                .menu(&menu)
                .on_menu_event(|app, event| {
                    if event.id() == "quit" {
                        app.exit(0);
                    } else if app.get_webview_window("main").is_none() {
                        let page = WebviewUrl::App("index.html".into());
                        let window = WebviewWindowBuilder::new(app, "main", page)
                            .title("Plain")
                            .inner_size(760.0, 620.0);
                        if let Err(error) = window.build() {
                            eprintln!("{error}");
                        }
                    }
                })
                .build(app)?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|_, event| {
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    Ok(())
}
