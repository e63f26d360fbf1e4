//! `debug tally`: the logs of a home folder, read and added up in every aspect.

use crate::{args::Tally, exit::Exit, out, setup::Refusal};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets, clock::Zone, http::HttpError,
};
use claudometer_ledger::Ledger;
use claudometer_pricing::{Catalog, litellm};
use claudometer_store::Store;
use std::path::Path;

/// Prints the totals.
pub(crate) fn run(args: &Tally) -> Result<Exit, Refusal> {
    let host = host(&args.home);
    let prices = prices(args.prices.as_deref())?;
    let zones = args.zone.iter().map(|name| {
        let zone = Zone::named(name);
        zone.map(|zone| (name.clone(), zone)).ok_or_else(|| {
            (format!("{name} is no time zone that this system knows."), Exit::Config)
        })
    });
    let zones: Vec<(String, Zone)> = zones.collect::<Result<_, _>>()?;
    let failed = |error: claudometer_ledger::LedgerError| (format!("{error}."), Exit::Other);
    let store = args.store.as_deref().map_or_else(Store::in_memory, Store::open);
    let mut store = store.map_err(|error| failed(error.into()))?;
    let zone = Zone::named("UTC").unwrap_or(Zone::system());
    let ledger = Ledger {
        host: &host,
        homes: &[],
        sources: claudometer_providers::LOGS,
        prices: &prices,
        zone: &zone,
        zone_name: "UTC",
        device: "this".into(),
        progress: &(),
    };
    let done = ledger.ingest(&mut store).map_err(failed)?;
    for oddity in &done.oddities {
        tracing::debug!(?oddity, "not all of a file could be read");
    }
    let tally = claudometer_ledger::tally(&mut store, &zones).map_err(failed)?;
    out::print_json(&tally);
    Ok(Exit::Ok)
}

fn prices(path: Option<&Path>) -> Result<Catalog, Refusal> {
    let Some(path) = path else { return Ok(Catalog::default()) };
    let wrong = |why: String| (format!("{}: {why}.", path.display()), Exit::Config);
    let bytes = Files::disk().read(path).map_err(|error| wrong(error.to_string()))?;
    let bytes = bytes.ok_or_else(|| wrong("there is no such file".into()))?;
    litellm(&bytes).map_err(|error| wrong(error.to_string()))
}

/// A machine of which only the home folder and this process's variables are real.
fn host(home: &Path) -> Host {
    let variables = Environment::of_this_process();
    let variables = variables.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    Host {
        clock: Clock::default(),
        env: Environment::of(home, variables),
        files: Files::disk(),
        http: Http::recorded(|_| Err(HttpError::Connect)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
    }
}
