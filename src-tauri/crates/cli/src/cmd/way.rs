//! Whom a command asks: the running resident, or a desk of its own under the same files, locks and floors.

use super::{refused, resident_of, waiting};
use crate::{
    args::Args,
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_desk::{Desk, Role, link::Client};
use claudometer_host::Host;
use claudometer_view::table::Style;
use claudometer_wire::{Command, SettingsState, State, report::Report};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// Whom a command asks.
pub(crate) enum Way {
    /// The resident.
    Resident(Client),
    /// A desk of this process, for one question.
    Alone(Desk),
}

impl Way {
    /// The resident where one runs, unless flags ask for another world than its.
    pub(crate) async fn of(args: &Args, host: Host) -> Result<Self, Refusal> {
        let global = &args.global;
        let other_world =
            global.demo || global.offline || global.config.is_some() || !global.set.is_empty();
        if !other_world && let Some(resident) = resident_of(&host).await {
            return Ok(Self::Resident(resident));
        }
        Ok(Self::Alone(Desk::start(setup::options(args, host, Role::OneShot)?).await))
    }

    /// Asks, and reads the answer as the type that the command table names.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, command: Command) -> Result<T, Refusal> {
        let answer = match self {
            Self::Resident(client) => client.call(command).await,
            Self::Alone(desk) => desk.call(command).await,
        };
        let value = answer.map_err(|error| refused(&error))?;
        serde_json::from_value(value)
            .map_err(|error| (format!("The answer was not understood: {error}."), Exit::Other))
    }

    /// Everything that a settings page shows.
    pub(crate) async fn settings(&self) -> Result<SettingsState, Refusal> {
        Ok(self.ask::<State>(Command::GetState {}).await?.settings)
    }

    /// The snapshot for scripts.
    pub(crate) async fn report(&self) -> Result<Report, Refusal> {
        self.ask(Command::GetReport {}).await
    }

    /// Makes the numbers as fresh as they can be: vendors are asked where what is known is old, or where a person wants it,
    /// and only as floors allow. Whoever does not answer within `--timeout` is not waited for.
    pub(crate) async fn freshen(&self, args: &Args, wanted: bool) -> Result<(), Refusal> {
        let asks = match self {
            Self::Resident(_) => wanted,
            // Offline it asks nobody, but says how every source stands.
            Self::Alone(desk) => wanted || args.global.offline || desk.wants_refresh(),
        };
        if !asks || args.global.demo {
            return Ok(());
        }
        let refresh = self.ask::<serde_json::Value>(Command::Refresh { provider: None });
        let limit = args.global.timeout.map_or(Duration::MAX, Duration::from_secs);
        let bounded = Box::pin(async {
            match tokio::time::timeout(limit, refresh).await {
                Ok(answer) => answer.map(drop),
                Err(_) => Ok(()), // what is known is shown, with its age
            }
        });
        match watching(args) {
            Some(style) => {
                let desk = if let Self::Alone(desk) = self { Some(desk) } else { None };
                waiting::draw(desk, style, bounded).await
            }
            None => bounded.await,
        }
    }

    /// Lets go: a desk of our own remembers what it learned.
    pub(crate) fn end(self) {
        if let Self::Alone(desk) = self {
            desk.stop();
        }
    }
}

/// How to draw for somebody who waits at a terminal.
fn watching(args: &Args) -> Option<Style> {
    let host = setup::host().ok()?;
    waiting::is_watched(args, &host).then(|| out::style(&host, args.global.no_color))
}
