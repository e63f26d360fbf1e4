//! `prices`: what models cost, and since when that is known.

use crate::{
    args::{Args, Prices},
    books::Books,
    exit::Exit,
    out,
    setup::Refusal,
};
use claudometer_core::Amount;
use claudometer_host::Host;
use claudometer_ledger::prices;
use claudometer_pricing::{Catalog, Found};
use claudometer_view::table;
use claudometer_wire::{
    prices::{PriceList, PricedModel},
    report::SCHEMA_VERSION,
};

/// More models than these are only counted.
const MOST: usize = 60;

/// Prints the prices that were asked for, after fetching the list where that was asked for.
pub(crate) async fn run(args: &Args, wanted: &Prices, host: Host) -> Result<Exit, Refusal> {
    let mut books = Books::of(args, host)?;
    if wanted.refresh {
        if args.global.offline {
            return Err(("--offline asks nobody, so nothing can be fetched.".into(), Exit::Config));
        }
        let failed = |error: prices::PriceError| {
            (format!("Prices stay as they are: {error}."), Exit::Network)
        };
        prices::renew(&books.host, &books.paths.prices()).await.map_err(failed)?;
        books = Books::of(args, books.host)?;
    }
    let list = list(&books, &wanted.model);
    if args.global.json {
        out::print_json(&list);
    } else {
        let style = out::style(&books.host, args.global.no_color);
        out::print_painted(&table::prices::page(&list, &books.context(), &style));
    }
    let found = wanted.model.is_empty() || !list.models.is_empty();
    if !found {
        out::say(&format!("No model of the list is called like {}.", wanted.model.join(" or ")));
    }
    Ok(if found { Exit::Ok } else { Exit::Other })
}

fn list(books: &Books, wanted: &[String]) -> PriceList {
    let catalog = &books.prices;
    let mut names: Vec<&str> = wanted.iter().flat_map(|text| like(catalog, text)).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() > MOST {
        out::say(&format!("{} models are called like that; these are the first.", names.len()));
        names.truncate(MOST);
    }
    PriceList {
        schema_version: SCHEMA_VERSION,
        as_of: catalog.as_of(),
        renewed: catalog.renewed(),
        known_models: catalog.names("").len() as u64,
        models: names.into_iter().filter_map(|name| priced(books, catalog, name)).collect(),
    }
}

/// Names that begin so; where none does, those that hold it, as dealers and regions put something before a name.
fn like<'a>(catalog: &'a Catalog, text: &str) -> Vec<&'a str> {
    let holding = catalog.names(text);
    let beginning: Vec<&str> =
        holding.iter().copied().filter(|name| name.starts_with(text)).collect();
    if beginning.is_empty() { holding } else { beginning }
}

fn priced(books: &Books, catalog: &Catalog, name: &str) -> Option<PricedModel> {
    let found: Found = catalog.price(name, books.host.now())?;
    let million = |rate: Option<Amount>| Some(rate?.times(1_000_000).approximate());
    let (rates, tier) = (&found.standard.rates, found.standard.tiers.first());
    Some(PricedModel {
        model: name.to_owned(),
        since: found.since(),
        input_usd: million(rates.input),
        output_usd: million(rates.output),
        cache_read_usd: million(rates.cache_read),
        cache_write_usd: million(rates.cache_write_5m),
        cache_write_1h_usd: million(rates.cache_write_1h),
        long_above_tokens: tier.map(|tier| tier.above),
    })
}
