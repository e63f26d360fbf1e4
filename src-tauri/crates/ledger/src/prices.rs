//! The price list that counts: the built-in one, and before it what the person has set.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Amount,
    cost::{CostSettings, ModelPrice},
};
use claudometer_host::{
    Files, Host,
    http::{HttpError, Request},
};
use claudometer_pricing::{Catalog, CatalogError, Mode, Price, Rates, litellm};
use std::{io, path::Path};

/// One token of a million: prices are set by the million.
const PER_TOKEN: Amount = Amount::from_units(1_000_000);

/// Where the price list is published that is built in, and that is fetched.
pub const TABLE: &str =
    "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json";
/// A table of fewer models is a part of one.
const FEWEST: usize = 200;
const HOURS: i64 = 24;

/// Why the prices could not be renewed.
#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    /// Nobody answered.
    #[error("the price list was not fetched: {0}")]
    Http(#[from] HttpError),
    /// The answer is no price list.
    #[error("the price list was not fetched: the answer has status {0}")]
    Status(u16),
    /// It is none that can be read.
    #[error(transparent)]
    Form(#[from] CatalogError),
    /// It holds too little to be whole.
    #[error("the price list was not taken over: it has only {0} models")]
    Small(usize),
    /// It could not be kept.
    #[error("the price list was not kept: {0}")]
    File(#[from] io::Error),
}

/// What is known of prices, without the person's own: the built-in list and what was fetched since. A file that cannot be
/// read changes nothing.
pub fn list(files: &Files, renewal: &Path) -> Catalog {
    let mut catalog = Catalog::embedded();
    if let Ok(Some(text)) = files.read_text(renewal)
        && let Err(error) = catalog.renew(&text)
    {
        tracing::warn!(%error, "renewed prices were left out");
    }
    catalog
}

/// Whether a day has passed since they were fetched.
pub fn is_stale(files: &Files, renewal: &Path, now: DateTime<Utc>) -> bool {
    let fetched = files.entry(renewal).map(|entry| entry.modified);
    fetched.is_none_or(|at| now - at >= TimeDelta::hours(HOURS))
}

/// Fetches the table and keeps what it changes of the list; the models of the table, and those that changed.
pub async fn renew(host: &Host, renewal: &Path) -> Result<(usize, usize), PriceError> {
    let answer = host.http.send(Request::get(TABLE).header("accept", "application/json")).await?;
    if answer.status != 200 {
        return Err(PriceError::Status(answer.status));
    }
    let current = litellm(&answer.body)?;
    let models = current.models().count();
    if models < FEWEST {
        return Err(PriceError::Small(models));
    }
    let today = host.now().date_naive();
    let renewed = claudometer_pricing::renewal(&list(&host.files, renewal), &current, today);
    let text = renewed.text(&format!("{today} from {TABLE}; US dollars per token"));
    host.files.write_private(renewal, text.as_bytes())?;
    Ok((models, renewed.models().count()))
}

/// The list for these settings.
pub fn catalog(settings: &CostSettings, mut catalog: Catalog) -> Catalog {
    for (model, price) in &settings.prices {
        catalog.replace(model, of(price));
    }
    for (model, other) in &settings.aliases {
        catalog.alias(model, other);
    }
    catalog
}

fn of(price: &ModelPrice) -> Price {
    let per_token = |amount: Amount| amount.scaled_by(PER_TOKEN);
    let rates = Rates {
        input: Some(per_token(price.input)),
        output: Some(per_token(price.output)),
        cache_read: price.cache_read.map(per_token),
        cache_write_5m: price.cache_write.map(per_token),
        cache_write_1h: price.cache_write_hour.map(per_token),
    };
    Price { standard: Mode { rates, tiers: Vec::new() }, ..Price::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_prices_and_other_names_come_before_the_list() {
        let mut settings = CostSettings::default();
        let price = ModelPrice {
            input: Amount::whole(3),
            output: Amount::whole(15),
            ..ModelPrice::default()
        };
        settings.prices.insert("house-model".into(), price);
        settings.aliases.insert("nickname".into(), "house-model".into());
        let catalog = catalog(&settings, Catalog::embedded());
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let input = |model: &str| {
            catalog.price(model, at)?.standard.rates.input.map(|amount| amount.to_string())
        };
        assert_eq!(input("house-model").as_deref(), Some("0.000003"));
        assert_eq!(input("nickname").as_deref(), Some("0.000003"));
        assert_eq!(input("nobody-knows-it"), None);
        assert_ne!(
            catalog.identity(),
            super::catalog(&CostSettings::default(), Catalog::embedded()).identity()
        );
    }
}
