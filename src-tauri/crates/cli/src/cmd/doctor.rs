//! `doctor`: one page that explains every trouble.

use super::{refused, resident_of};
use crate::{
    args::Args,
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_desk::{Desk, Role, diagnostics};
use claudometer_host::Host;
use claudometer_wire::Command;

/// Prints the resident's report, or one made here when none runs.
pub(crate) async fn run(args: &Args, host: Host) -> Result<Exit, Refusal> {
    let report = match resident_of(&host).await {
        Some(resident) => resident
            .ask::<String>(Command::Diagnostics {})
            .await
            .map_err(|error| refused(&error))?,
        None => {
            let desk = Desk::start(setup::options(args, host, Role::OneShot)?).await;
            let tray = crate::resident::tray_remark().await;
            desk.set_tray_remark(Some(
                tray.unwrap_or_else(|| "Claudometer is not running; a tray is there.".into()),
            ));
            let report = diagnostics::report(&desk).await;
            desk.stop();
            report
        }
    };
    out::print(&report);
    Ok(Exit::Ok)
}
