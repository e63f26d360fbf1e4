//! `cache`: what is remembered between runs.

use super::way::Way;
use crate::{
    args::{Args, Cache},
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_host::Host;
use claudometer_wire::{Command, report::AccountReport};
use serde_json::json;

/// Shows what is remembered, or forgets it.
pub(crate) async fn run(args: &Args, cache: &Cache, host: Host) -> Result<Exit, Refusal> {
    match cache {
        Cache::Show => show(args, host).await,
        Cache::Clear => {
            let way = Way::of(args, host).await?;
            way.ask::<()>(Command::ForgetNumbers {}).await?;
            way.end();
            Ok(Exit::Ok)
        }
    }
}

async fn show(args: &Args, host: Host) -> Result<Exit, Refusal> {
    let mut offline = args.global.clone();
    offline.offline = true; // what is remembered, not what could be asked
    let shown_on = host.clone();
    let way = Way::of(&Args { global: offline, command: None }, host).await?;
    let report = way.report().await?;
    way.end();
    if args.global.json {
        let all: Vec<_> = report
            .accounts
            .iter()
            .map(|account| json!({"seat": account.seat, "observedAt": account.observed_at, "ageSeconds": account.age_seconds, "source": account.source, "windows": account.windows.len()}))
            .collect();
        out::print_json(&json!({"schemaVersion": 1, "remembered": all}));
        return Ok(Exit::Ok);
    }
    let row = |account: &AccountReport| {
        let age = account.age_seconds.map_or("nothing".to_owned(), |age| format!("{age} s old"));
        let source = account.source.as_deref().unwrap_or("no source");
        (account.seat.clone(), format!("{age}, {source}"))
    };
    out::print_rows(args, &shown_on, &report.accounts.iter().map(row).collect::<Vec<_>>());
    Ok(Exit::Ok)
}
