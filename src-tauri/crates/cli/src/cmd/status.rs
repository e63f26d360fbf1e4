//! `status`: what the vendors say of their own services.

use super::{provider_named, way::Way};
use crate::{args::Args, exit::Exit, out, setup::Refusal};
use claudometer_host::Host;
use claudometer_wire::{Command, ServiceReport};
use serde_json::json;

/// Prints a line per provider. A page that cannot be read is unknown, and ends with the code for the network.
pub(crate) async fn run(args: &Args, provider: Option<&str>, host: Host) -> Result<Exit, Refusal> {
    let provider = provider.map(|name| provider_named(args, &host, name)).transpose()?;
    let way = Way::of(args, host.clone()).await?;
    let command = Command::GetStatus { provider: provider.map(|one| one.id.to_string()) };
    let reports: Vec<ServiceReport> = way.ask(command).await?;
    way.end();
    if args.global.json {
        out::print_json(&json!({"schemaVersion": 1, "services": reports}));
    } else {
        let row = |report: &ServiceReport| {
            let headline = report.headline.as_deref().map(|text| format!(": {text}"));
            let said = format!("{}{}", report.words, headline.unwrap_or_default());
            (report.name.clone(), format!("{said}  {}", report.link))
        };
        out::print_rows(args, &host, &reports.iter().map(row).collect::<Vec<_>>());
    }
    let unknown = reports.iter().filter(|report| report.level == "unknown").count();
    Ok(match unknown {
        0 => Exit::Ok,
        _ if unknown < reports.len() => Exit::Partial,
        _ => Exit::Network,
    })
}
