//! `usage`: all limits in the terminal, or as one JSON document.

use super::{refused, resident_of};
use crate::{
    args::{Args, Usage},
    exit::Exit,
    out,
    setup::{self, Refusal},
};
use claudometer_core::ProviderId;
use claudometer_desk::{Desk, Role};
use claudometer_host::Host;
use claudometer_provider::lenient;
use claudometer_view::table;
use claudometer_wire::{Bundle, Command, State};
use serde_json::json;

/// Version of the JSON document.
const SCHEMA: u32 = 1;

/// Shows what the resident knows, or asks on its own when none runs.
pub(crate) async fn run(args: &Args, usage: &Usage, host: Host) -> Result<Exit, Refusal> {
    let wanted = usage.providers.iter().map(|id| known(id)).collect::<Result<Vec<_>, _>>()?;
    let style = out::style(&host, args.no_color);
    let mut bundle = match resident_of(&host).await.filter(|_| !args.demo) {
        Some(resident) if usage.refresh => resident
            .ask::<Bundle>(Command::Refresh { provider: None })
            .await
            .map_err(|error| refused(&error))?,
        Some(resident) => {
            resident
                .ask::<State>(Command::GetState {})
                .await
                .map_err(|error| refused(&error))?
                .bundle
        }
        None => alone(args, usage, host).await?,
    };
    if !wanted.is_empty() {
        bundle.cards.retain(|card| wanted.iter().any(|id| id.as_str() == card.provider));
        bundle.first_run = None;
    }
    let exit = Exit::of_cards(&bundle.cards);
    if usage.json {
        out::print(&format!("{}\n", json!({"schemaVersion": SCHEMA, "usage": bundle})));
    } else {
        out::print(&table::usage(
            &bundle,
            &table::Style { width: style.width, color: style.color, ascii: style.ascii },
        ));
    }
    Ok(exit)
}

/// One desk for one question. What is known is shown; vendors are asked only where it is old, and only as floors allow.
async fn alone(args: &Args, usage: &Usage, host: Host) -> Result<Bundle, Refusal> {
    let desk = Desk::start(setup::options(args, host, Role::OneShot)?).await;
    if !args.demo && (usage.refresh || desk.wants_refresh()) {
        desk.call(Command::Refresh { provider: None }).await.map_err(|error| refused(&error))?;
    }
    let bundle = desk.bundles().borrow().as_ref().clone();
    desk.stop();
    Ok(bundle)
}

fn known(id: &str) -> Result<ProviderId, Refusal> {
    let id = lenient::slug(id);
    if let Some(provider) = claudometer_providers::by_id(&id) {
        return Ok(provider.id.clone());
    }
    let all: Vec<&str> =
        claudometer_providers::ALL.iter().map(|provider| provider.id.as_str()).collect();
    Err((format!("There is no provider {id}. Possible: {}.", all.join(", ")), Exit::Config))
}
