//! One-process mode: desk, tray and window in this process. How Claudometer runs on macOS.

use crate::{
    commands, event,
    link::{self, Link},
    tray::{Event, Tray},
};
use claudometer_desk::{
    Demo, Desk,
    only::{self, Claim, Wanted},
};
use claudometer_view::tray::{Action, TrayModel};
use std::time::Duration;
use tauri::{AppHandle, RunEvent, async_runtime};
use tokio::sync::{mpsc, watch};

/// Between two looks for something that shows a tray.
const PAUSE: Duration = Duration::from_secs(5);

/// Runs until it is asked to end. Where a resident runs already, its window is opened instead.
pub(crate) fn run(demo: Option<u64>) -> Result<(), String> {
    let claim = only::claim_beside().map_err(|error| error.message)?;
    let Some(claim) = claim else {
        return async_runtime::block_on(link::open_window(None)).map_err(|error| error.message);
    };
    let words = words(demo);
    let Some(claim) = async_runtime::block_on(async { claim.unless_it_goes_back(&words) }) else {
        return Ok(());
    };
    let desk = async_runtime::block_on(start(claim, demo, words))?;
    let kept = desk.clone();
    let app = tauri::Builder::default()
        .manage(Link::Desk(desk.clone()))
        .invoke_handler(tauri::generate_handler![commands::call, commands::start_resident])
        .setup(move |app| {
            #[cfg(target_os = "macos")]
            app.set_activation_policy(tauri::ActivationPolicy::Accessory);
            async_runtime::spawn(event::follow(app.handle().clone()));
            async_runtime::spawn(show(app.handle().clone(), desk.clone()));
            async_runtime::spawn(until_the_end(app.handle().clone(), desk));
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|error| error.to_string())?;
    app.run(|_, event| {
        // The last window closes, the tray stays.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
        }
    });
    kept.stop();
    Ok(())
}

/// The words that start it in the same way again.
fn words(demo: Option<u64>) -> Vec<String> {
    let demo = demo.map(|seed| ["--demo".to_owned(), "--seed".to_owned(), seed.to_string()]);
    std::iter::once("--one-process".to_owned()).chain(demo.into_iter().flatten()).collect()
}

async fn start(claim: Claim, demo: Option<u64>, words: Vec<String>) -> Result<Desk, String> {
    let demo = demo.map(|seed| Demo { seed, ..Demo::default() });
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let wanted = Wanted { version, demo, words, ..Wanted::default() };
    let desk = claim.start(wanted).await.map_err(|error| error.message)?;
    desk.host_window();
    Ok(desk)
}

async fn until_the_end(app: AppHandle, desk: Desk) {
    only::until_asked_to_end(&desk).await;
    desk.stop();
    app.exit(0);
}

/// Keeps the tray as the desk says; a desktop that gets its tray later is waited for.
async fn show(app: AppHandle, desk: Desk) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut models = desk.models();
    let Some(mut tray) = appear(&app, &desk, &models, &tell).await else { return };
    loop {
        tokio::select! {
            () = desk.stopped() => return,
            changed = models.changed() => {
                if changed.is_err() {
                    return;
                }
                let model = TrayModel::clone(&models.borrow_and_update());
                if let Err(error) = tray.show(model) {
                    desk.set_tray_remark(Some(format!("The tray could not be changed: {error}.")));
                }
            }
            Some(event) = told.recv() => {
                let action = match event {
                    Event::Activate => Some(Action::Open(None)),
                    Event::Refresh => Some(Action::Refresh),
                    Event::Row(id) => tray.action(&id),
                };
                if let Some(action) = action {
                    act(desk.clone(), action);
                }
            }
        }
    }
}

async fn appear(
    app: &AppHandle,
    desk: &Desk,
    models: &watch::Receiver<std::sync::Arc<TrayModel>>,
    tell: &mpsc::UnboundedSender<Event>,
) -> Option<Tray> {
    loop {
        let model = TrayModel::clone(&models.borrow());
        let tell = tell.clone();
        let told = move |event| {
            tell.send(event).ok(); // the desk is ending
        };
        match Tray::new(app, model, told) {
            Ok(tray) => {
                desk.set_tray_remark(None);
                return Some(tray);
            }
            Err(error) => desk.set_tray_remark(Some(format!(
                "No tray is there on this desktop ({error}). Start Claudometer again to open the window."
            ))),
        }
        tokio::select! {
            () = desk.stopped() => return None,
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

fn act(desk: Desk, action: Action) {
    async_runtime::spawn(async move { desk.act(action, None).await });
}
