//! `usage`: all limits in the terminal, or as one JSON document. `watch`: the same again and again.

use super::{provider_named, way::Way, welcome};
use crate::{
    args::{Args, Usage, Watch},
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_core::ProviderId;
use claudometer_host::Host;
use claudometer_view::table;
use claudometer_wire::{Bundle, Command};
use std::time::Duration;

/// Clears the screen and goes to its first corner.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Shows what the resident knows, or asks on its own when none runs.
pub(crate) async fn run(args: &Args, usage: &Usage, host: Host) -> Result<Exit, Refusal> {
    let wanted = providers(args, &host, &usage.providers)?;
    if wanted.is_empty() && welcome::is_due(args, &host) {
        welcome::run(args, &host).await?;
    }
    let style = out::style(&host, args.global.no_color);
    let way = Way::of(args, host).await?;
    way.freshen(args, usage.refresh || args.global.no_cache).await?;
    let exit = if args.global.json {
        let mut report = way.report().await?;
        report.accounts.retain(|account| is_wanted(&wanted, &account.provider));
        out::print_json(&report);
        let troubles = report.accounts.iter().map(|account| account.trouble.as_ref());
        Exit::of_troubles(troubles.map(|trouble| trouble.map(|trouble| trouble.code.as_str())))
    } else {
        let bundle = only(way.ask(Command::GetBundle {}).await?, &wanted);
        out::print_painted(&table::usage(&bundle, &style));
        Exit::of_cards(&bundle.cards)
    };
    way.end();
    Ok(exit)
}

/// Shows the same in place until it is interrupted. In a pipe there is no place: pictures follow each other.
pub(crate) async fn watch(args: &Args, watch: &Watch, host: Host) -> Result<Exit, Refusal> {
    let wanted = providers(args, &host, &watch.providers)?;
    let style = out::style(&host, args.global.no_color);
    let clear = if out::is_terminal() { CLEAR } else { "" };
    let way = Way::of(args, host).await?;
    way.freshen(args, args.global.no_cache).await?;
    loop {
        let bundle = only(way.ask(Command::GetBundle {}).await?, &wanted);
        if !out::try_print_painted(&format!("{clear}{}", table::usage(&bundle, &style))) {
            break;
        }
        let pause = tokio::time::sleep(Duration::from_secs(watch.interval));
        tokio::select! {
            () = pause => {}
            ended = tokio::signal::ctrl_c() => {
                ended.ok(); // whether it can be heard or not, this is the end
                break;
            }
        }
        way.freshen(args, false).await?;
    }
    way.end();
    Ok(Exit::Ok)
}

fn providers(args: &Args, host: &Host, named: &[String]) -> Result<Vec<ProviderId>, Refusal> {
    named.iter().map(|name| Ok(provider_named(args, host, name)?.id.clone())).collect()
}

fn is_wanted(wanted: &[ProviderId], provider: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|id| id.as_str() == provider)
}

fn only(mut bundle: Bundle, wanted: &[ProviderId]) -> Bundle {
    if !wanted.is_empty() {
        bundle.cards.retain(|card| is_wanted(wanted, &card.provider));
        if let Some(first_run) = &mut bundle.first_run {
            first_run.looked.retain(|looked| is_wanted(wanted, &looked.provider));
        }
    }
    bundle
}
