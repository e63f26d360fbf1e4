//! The resident: engine, tray, notifier and link in one small process.

use crate::{
    args::Args,
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_desk::only::{self, Wanted};
use claudometer_host::Host;
use claudometer_wire::{Command, IpcError};

/// Becomes the resident, or opens the window of the one that runs.
pub(crate) async fn run(args: &Args, host: Host) -> Result<Exit, Refusal> {
    let refused = |error: IpcError| (error.message, Exit::Other);
    let flags = setup::flags(args)?;
    let Some(claim) = only::claim(host.clone()).map_err(refused)? else {
        return hand_over(args, &host).await;
    };
    let words = setup::words(args)?;
    let Some(claim) = claim.unless_it_goes_back(&words) else { return Ok(Exit::Ok) };
    let wanted = Wanted {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        flags,
        demo: setup::demo(args),
        offline: args.global.offline,
        verbose: args.global.verbose,
        settings: setup::settings_file_of(args)?,
        words,
    };
    let started = desktop::start(claim, wanted).await.map_err(refused)?;
    only::until_asked_to_end(&started.desk).await;
    started.desk.stop();
    started.end().await;
    tracing::info!("ended");
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
    let told = |error: IpcError| (error.message, Exit::Other);
    if args.global.demo {
        resident.call(Command::SetDemo { on: true }).await.map_err(told)?;
    }
    resident.call(Command::OpenWindow { page: None }).await.map_err(told)?;
    out::say("Claudometer is running already; its window was opened.");
    Ok(Exit::Ok)
}

/// Why no tray would be seen on this desktop; `None` where one would.
pub(crate) async fn tray_remark() -> Option<String> {
    desktop::tray_remark().await
}

#[cfg(target_os = "linux")]
mod desktop {
    use claudometer_desk::{
        Desk,
        only::{Claim, Wanted},
    };
    use claudometer_tray::{Event, Tray};
    use claudometer_view::tray::Action;
    use claudometer_wire::IpcError;
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
    pub(super) async fn start(claim: Claim, wanted: Wanted) -> Result<Started, IpcError> {
        let (tell, events) = mpsc::channel(16);
        let (tray, desk) = tokio::join!(claudometer_tray::spawn(tell), claim.start(wanted));
        let desk = desk?;
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
        Ok(Started { desk, tray })
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
                Event::Activate { token } => act(&desk, Action::Open(None), token),
                Event::Refresh => act(&desk, Action::Refresh, None),
                Event::Action { action, token } => act(&desk, action, token),
                Event::ShowNext => desk.show_other(1),
                Event::ShowPrevious => desk.show_other(-1),
                Event::HostPresent(present) => {
                    desk.set_tray_remark((!present).then(|| NO_TRAY.to_owned()));
                }
            }
        }
    }

    /// A refresh takes as long as its slowest vendor: the tray goes on meanwhile.
    fn act(desk: &Desk, action: Action, token: Option<String>) {
        let desk = desk.clone();
        tokio::spawn(async move { desk.act(action, token.as_deref()).await });
    }
}

#[cfg(not(target_os = "linux"))]
mod desktop {
    use claudometer_desk::{
        Desk,
        only::{Claim, Wanted},
    };
    use claudometer_wire::IpcError;

    /// Without a tray of its own: the menu bar belongs to `claudometer-desktop --one-process`.
    pub(super) struct Started {
        pub(super) desk: Desk,
    }

    impl Started {
        #[expect(clippy::unused_async, reason = "where there is a tray, its end is waited for")]
        pub(super) async fn end(self) {}
    }

    #[expect(clippy::unused_async, reason = "where there is a tray, the desktop is asked for it")]
    pub(super) async fn tray_remark() -> Option<String> {
        Some("The menu bar item belongs to the Claudometer application.".to_owned())
    }

    pub(super) async fn start(claim: Claim, wanted: Wanted) -> Result<Started, IpcError> {
        let desk = claim.start(wanted).await?;
        desk.set_tray_remark(tray_remark().await);
        Ok(Started { desk })
    }
}
