//! The resident: engine, tray, notifier and link in one small process.

use crate::{
    args::Args,
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_desk::{Desk, Role, link};
use claudometer_host::{Host, lock::Lock, paths::Paths, trace};
use claudometer_wire::Command;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Becomes the resident, or opens the window of the one that runs.
pub(crate) async fn run(args: &Args, host: Host) -> Result<Exit, Refusal> {
    let paths = Paths::of(&host.env);
    let lock_path = paths.resident_lock();
    let folder = lock_path.parent().unwrap_or(&paths.runtime);
    host.files.make_folder(folder).map_err(|error| (error.to_string(), Exit::Other))?;
    let Some(lock) =
        Lock::try_acquire(&lock_path).map_err(|error| (error.to_string(), Exit::Other))?
    else {
        return hand_over(args, &host).await;
    };
    trace::init(
        &trace::Options {
            log_folder: Some(paths.logs()),
            verbose: args.verbose,
            to_stderr: args.verbose,
        },
        &host.env,
    );
    let listener = link::listen(&paths.socket())
        .map_err(|error| (format!("The socket could not be made: {error}."), Exit::Other))?;
    let options = setup::options(args, host, Role::Resident)?;
    tracing::info!(version = options.version, "started");
    let started = desktop::start(options).await;
    let desk = started.desk.clone();
    let serving = tokio::spawn(listener.serve(Arc::new(desk.clone()), desk.stop_token()));
    until_asked_to_end(&desk).await;
    desk.stop();
    serving.await.ok(); // it ends with the desk
    started.end().await;
    tracing::info!("ended");
    drop(lock);
    Ok(Exit::Ok)
}

/// A second launch opens the window of the first; the demo is shown there too.
async fn hand_over(args: &Args, host: &Host) -> Result<Exit, Refusal> {
    let resident = super::cmd::resident_of(host).await;
    let resident = resident.ok_or((
        "Claudometer is running, but does not answer. Run `claudometer quit`, or end its process."
            .to_owned(),
        Exit::Other,
    ))?;
    let told = |error: claudometer_wire::IpcError| (error.message, Exit::Other);
    if args.demo {
        resident.call(Command::SetDemo { on: true }).await.map_err(told)?;
    }
    resident.call(Command::OpenWindow { page: None }).await.map_err(told)?;
    out::say("Claudometer is running already; its window was opened.");
    Ok(Exit::Ok)
}

async fn until_asked_to_end(desk: &Desk) {
    let wait = async |kind| match signal(kind) {
        Ok(mut signals) => {
            signals.recv().await;
        }
        Err(_) => std::future::pending().await,
    };
    tokio::select! {
        () = desk.stopped() => {}
        () = wait(SignalKind::terminate()) => {}
        () = wait(SignalKind::interrupt()) => {}
        () = wait(SignalKind::hangup()) => {}
    }
}

/// Why no tray would be seen on this desktop; `None` where one would.
pub(crate) async fn tray_remark() -> Option<String> {
    desktop::tray_remark().await
}

#[cfg(target_os = "linux")]
mod desktop {
    use claudometer_core::ProviderId;
    use claudometer_desk::{Desk, Options, notify};
    use claudometer_engine::Nudge;
    use claudometer_host::power;
    use claudometer_tray::{Event, Tray};
    use claudometer_wire::Command;
    use tokio::sync::mpsc;

    const NO_TRAY: &str = "No tray is there on this desktop. Start `claudometer` again to open the window; on GNOME, install the AppIndicator extension.";

    /// The desk with its tray.
    pub(super) struct Started {
        pub(super) desk: Desk,
        tray: Option<Tray>,
    }

    impl Started {
        pub(super) async fn end(self) {
            if let Some(tray) = self.tray {
                tray.end().await;
            }
        }
    }

    pub(super) async fn tray_remark() -> Option<String> {
        (!claudometer_tray::host_present().await).then(|| NO_TRAY.to_owned())
    }

    /// The tray appears first, empty; the desk fills it.
    pub(super) async fn start(options: Options) -> Started {
        let (tell, events) = mpsc::channel(16);
        let (tray, desk) = tokio::join!(claudometer_tray::spawn(tell), Desk::start(options));
        let tray = match tray {
            Ok(tray) => {
                tokio::spawn(show(desk.clone(), tray.clone()));
                Some(tray)
            }
            Err(error) => {
                tracing::warn!(%error, "no tray");
                desk.set_tray_remark(Some("There is no session bus, so there is no tray. Start Claudometer from within the desktop session.".into()));
                None
            }
        };
        tokio::spawn(follow(desk.clone(), events));
        tokio::spawn(follow_clicks(desk.clone()));
        tokio::spawn(follow_power(desk.clone()));
        Started { desk, tray }
    }

    async fn show(desk: Desk, tray: Tray) {
        let mut models = desk.models();
        loop {
            let model = models.borrow_and_update().as_ref().clone();
            tray.show(model).await;
            tokio::select! {
                () = desk.stopped() => return,
                changed = models.changed() => if changed.is_err() { return },
            }
        }
    }

    async fn follow(desk: Desk, mut events: mpsc::Receiver<Event>) {
        while let Some(event) = events.recv().await {
            match event {
                Event::Activate { token } => open(&desk, None, token.as_deref()),
                Event::Refresh => refresh(&desk).await,
                Event::ShowNext => desk.show_other(1),
                Event::ShowPrevious => desk.show_other(-1),
                Event::Action { action, token } => act(&desk, action, token.as_deref()).await,
                Event::HostPresent(present) => {
                    desk.set_tray_remark((!present).then(|| NO_TRAY.to_owned()))
                }
            }
        }
    }

    async fn act(desk: &Desk, action: claudometer_view::tray::Action, token: Option<&str>) {
        use claudometer_view::tray::Action;
        match action {
            Action::Refresh => refresh(desk).await,
            Action::Open(page) => open(desk, page.as_deref(), token),
            Action::Remedy(_) => open(desk, Some("providers"), token),
            Action::OpenDashboard(provider) => {
                call(desk, Command::OpenDashboard { provider: ProviderId::to_string(&provider) })
                    .await
            }
            Action::Simulate(kind) => desk.simulate(kind).await,
            Action::EndSimulation => desk.end_simulation().await,
            Action::Quit => desk.stop(),
        }
    }

    async fn refresh(desk: &Desk) {
        // Answered once the pass ends; the tray shows it meanwhile, so nobody waits here.
        let desk = desk.clone();
        tokio::spawn(async move { call(&desk, Command::Refresh { provider: None }).await });
    }

    async fn call(desk: &Desk, command: Command) {
        if let Err(error) = desk.call(command).await {
            desk.say(&error.message).await;
        }
    }

    fn open(desk: &Desk, page: Option<&str>, token: Option<&str>) {
        if let Err(error) = desk.open_window(page, token) {
            let desk = desk.clone();
            tokio::spawn(async move { desk.say(&error.message).await });
        }
    }

    async fn follow_clicks(desk: Desk) {
        let mut clicks = notify::Clicks::listen();
        while let Some(click) = clicks.recv().await {
            open(&desk, None, click.activation_token.as_deref());
        }
    }

    async fn follow_power(desk: Desk) {
        let mut changes = power::listen();
        while let Some(change) = changes.recv().await {
            desk.nudge(match change {
                power::Change::Wake => Nudge::Wake,
                power::Change::NetworkUp => Nudge::NetworkUp,
            })
            .await;
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod desktop {
    use claudometer_desk::{Desk, Options};

    /// Without a tray of its own: the menu bar belongs to `claudometer-desktop --one-process`.
    pub(super) struct Started {
        pub(super) desk: Desk,
    }

    impl Started {
        pub(super) async fn end(self) {}
    }

    pub(super) async fn tray_remark() -> Option<String> {
        Some("The menu bar item belongs to the Claudometer application.".to_owned())
    }

    pub(super) async fn start(options: Options) -> Started {
        let desk = Desk::start(options).await;
        desk.set_tray_remark(tray_remark().await);
        Started { desk }
    }
}
