//! `doctor`: one page that explains every trouble.

use super::{refused, resident_of};
use crate::{
    args::{Args, Doctor},
    books::Books,
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_desk::{Desk, Role, diagnostics};
use claudometer_host::Host;
use claudometer_view::diagnosis;
use claudometer_wire::{Command, diagnosis::Diagnosis};

/// How a report begins.
const BEGINS: &[u8] = b"Claudometer ";

/// Prints the resident's report, or one made here when none runs; writes it to a file where that is wanted.
pub(crate) async fn run(args: &Args, doctor: &Doctor, host: Host) -> Result<Exit, Refusal> {
    let files = host.files.clone();
    let logs = Books::of(args, host.clone())?.logs();
    let mut found: Diagnosis = match resident_of(&host).await {
        Some(resident) => {
            resident.ask(Command::Diagnose {}).await.map_err(|error| refused(&error))?
        }
        None => {
            let desk = Desk::start(setup::options(args, host, Role::OneShot)?).await;
            let tray = crate::resident::tray_remark().await;
            desk.set_tray_remark(Some(
                tray.unwrap_or_else(|| "Claudometer is not running; a tray is there.".into()),
            ));
            let found = diagnostics::diagnose(&desk).await;
            desk.stop();
            found
        }
    };
    found.logs = logs;
    let report = diagnosis::page(&found);
    if args.global.json {
        out::print_json(&found);
    } else {
        out::print(&report);
    }
    if let Some(file) = doctor.export.as_ref().filter(|file| !out::is_standard_output(file)) {
        let written = out::to_place(&files, file, BEGINS, |out| out.write_all(report.as_bytes()));
        written.map_err(|error| (format!("{}: {error}.", file.display()), Exit::Other))?;
        out::say(&format!("The report above was written to {}.", file.display()));
    }
    Ok(Exit::Ok)
}
