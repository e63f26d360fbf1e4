//! `open` and `quit`.

use super::{refused, resident_of};
use crate::{exit::Exit, setup::Refusal};
use claudometer_host::Host;
use claudometer_wire::Command;

/// Opens the window of the running resident.
pub(crate) async fn open(host: Host, page: Option<String>) -> Result<Exit, Refusal> {
    let resident = resident_of(&host).await;
    let resident = resident.ok_or((
        "Claudometer is not running. Start it with `claudometer`.".to_owned(),
        Exit::Other,
    ))?;
    resident.call(Command::OpenWindow { page }).await.map_err(|error| refused(&error))?;
    Ok(Exit::Ok)
}

/// Ends the running resident; none running is what was wanted.
pub(crate) async fn quit(host: &Host) -> Result<Exit, Refusal> {
    let Some(resident) = resident_of(host).await else { return Ok(Exit::Ok) };
    resident.call(Command::Quit {}).await.map_err(|error| refused(&error))?;
    Ok(Exit::Ok)
}
