//! The price list that counts: the built-in one, and before it what the person has set.

use claudometer_core::{
    Amount,
    cost::{CostSettings, ModelPrice},
};
use claudometer_pricing::{Catalog, Mode, Price, Rates};

/// One token of a million: prices are set by the million.
const PER_TOKEN: Amount = Amount::from_units(1_000_000);

/// The list for these settings.
pub fn catalog(settings: &CostSettings) -> Catalog {
    let mut catalog = Catalog::embedded();
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
    use chrono::DateTime;

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
        let catalog = catalog(&settings);
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let input = |model: &str| {
            catalog.price(model, at)?.standard.rates.input.map(|amount| amount.to_string())
        };
        assert_eq!(input("house-model").as_deref(), Some("0.000003"));
        assert_eq!(input("nickname").as_deref(), Some("0.000003"));
        assert_eq!(input("nobody-knows-it"), None);
        assert_ne!(catalog.identity(), super::catalog(&CostSettings::default()).identity());
    }
}
