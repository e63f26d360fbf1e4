//! Prices by model and day.

use crate::{
    embedded::{self, Prices},
    names,
    price::Price,
};
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use claudometer_core::{Amount, Response};
use foldhash::fast::RandomState;
use std::{
    collections::{BTreeMap, HashMap},
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

/// The list could not be read; the text says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the price list cannot be read: {0}")]
pub struct CatalogError(pub String);

/// A price, and when it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dated {
    /// The first day, in UTC; `None` is since ever.
    pub from: Option<NaiveDate>,
    /// The hours of a day, in UTC, from one until another, that may lie on the next day; `None` is all.
    pub hours: Option<(NaiveTime, NaiveTime)>,
    /// What it is then.
    pub price: Price,
}

impl Dated {
    fn holds(&self, at: DateTime<Utc>) -> bool {
        let time = at.time();
        self.from.is_none_or(|from| from <= at.date_naive())
            && self.hours.is_none_or(|(from, until)| {
                if from <= until {
                    from <= time && time < until
                } else {
                    from <= time || time < until
                }
            })
    }
}

/// A price that was found.
#[derive(Debug, Clone)]
pub struct Found {
    dated: Arc<[Dated]>,
    nth: usize,
}

impl Found {
    /// The first day of this price; `None` is since ever.
    pub fn since(&self) -> Option<NaiveDate> {
        self.dated[self.nth].from
    }
}

impl Deref for Found {
    type Target = Price;

    fn deref(&self) -> &Price {
        &self.dated[self.nth].price
    }
}

/// Prices of models, under the names by which they were asked for; `None` where there are none.
type Known = HashMap<String, Option<Arc<[Dated]>>, RandomState>;

/// A price list.
#[derive(Debug, Default)]
pub struct Catalog {
    /// What was added; it comes before the list.
    own: Prices,
    aliases: BTreeMap<String, String>,
    /// A list of which only the models that are asked for are read.
    list: &'static str,
    /// The day of what was taken in since.
    renewed: Option<NaiveDate>,
    /// Models that were asked for.
    known: Mutex<Known>,
}

impl Catalog {
    /// The list that is built in.
    pub fn embedded() -> Self {
        Self { list: embedded::LIST, ..Self::default() }
    }

    /// Reads a list of the form that [`Catalog::text`] writes.
    pub fn of_text(text: &str) -> Result<Self, CatalogError> {
        Ok(Self { own: embedded::read(text)?, ..Self::default() })
    }

    /// The day of the tables from which the list was made, or renewed; `None` where there is no such list.
    pub fn as_of(&self) -> Option<NaiveDate> {
        self.renewed.max(embedded::as_of(self.list))
    }

    /// The day on which it was renewed; `None` where it never was.
    pub const fn renewed(&self) -> Option<NaiveDate> {
        self.renewed
    }

    /// Takes in a renewal, in the form that [`Catalog::text`] writes. One that is older than the list changes nothing.
    pub fn renew(&mut self, text: &str) -> Result<(), CatalogError> {
        let day = embedded::as_of(text);
        let prices = embedded::read(text)?;
        // One of the same day was fetched after the built-in list was made.
        if day >= embedded::as_of(self.list) {
            self.forget();
            self.own.extend(prices);
            self.renewed = day;
        }
        Ok(())
    }

    /// Every price of the model with this very name.
    pub fn exactly(&self, model: &str) -> Vec<Dated> {
        let own = self.own.get(model).cloned();
        own.or_else(|| embedded::find(self.list, model)).unwrap_or_default()
    }

    /// Names of models that hold a text, in order.
    pub fn names(&self, text: &str) -> Vec<&str> {
        let listed = self.list.lines().filter(|line| !line.starts_with('#'));
        let listed = listed.filter_map(|line| line.split('\t').next());
        let mut names: Vec<&str> =
            self.models().chain(listed).filter(|name| name.contains(text)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What was added as a list, under a heading that begins with its day.
    pub fn text(&self, heading: &str) -> String {
        embedded::write(heading, &self.own)
    }

    /// Adds a price of a model. Of several that hold, the one that began last counts, and of those the one for some hours.
    pub fn add(&mut self, model: &str, dated: Dated) {
        self.forget();
        let all = self.own.entry(model.to_owned()).or_default();
        all.retain(|known| (known.from, known.hours) != (dated.from, dated.hours));
        all.push(dated);
        all.sort_by_key(|dated| (dated.from, dated.hours));
    }

    /// Puts a model's own price in place of whatever was added.
    pub fn replace(&mut self, model: &str, price: Price) {
        self.forget();
        self.own.insert(model.to_owned(), vec![Dated { price, ..Dated::default() }]);
    }

    /// A text that differs where prices can differ.
    pub fn identity(&self) -> String {
        let heading = self.list.lines().next().unwrap_or_default();
        let aliases = self.aliases.iter().map(|(model, other)| format!("{model}={other}\n"));
        format!("{heading}\n{}{}", aliases.collect::<String>(), self.text(""))
    }

    /// What was added for a model.
    pub fn added(&self, model: &str) -> &[Dated] {
        self.own.get(model).map(Vec::as_slice).unwrap_or_default()
    }

    /// Models that were added.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.own.keys().map(String::as_str)
    }

    /// Has a model priced as another.
    pub fn alias(&mut self, model: &str, other: &str) {
        self.forget();
        self.aliases.insert(model.to_owned(), other.to_owned());
    }

    fn forget(&mut self) {
        self.known.get_mut().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What a model cost at a time; `None` where the list does not know it.
    pub fn price(&self, model: &str, at: DateTime<Utc>) -> Option<Found> {
        let dated = self.dated(model)?;
        // Before its first known day a model cost what it did then: a log of it is no older than it.
        let nth = dated.iter().rposition(|dated| dated.holds(at)).unwrap_or(0);
        (!dated.is_empty()).then_some(Found { dated, nth })
    }

    /// The prices of a model, under the first name that has any.
    fn dated(&self, model: &str) -> Option<Arc<[Dated]>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(dated) = known.get(model) {
            return dated.clone();
        }
        let alias = self.aliases.get(model).map_or(model, String::as_str);
        let names = names::candidates(alias);
        let own = names.iter().find_map(|name| self.own.get(name).cloned());
        let listed = || names.iter().find_map(|name| embedded::find(self.list, name));
        let dated: Option<Arc<[Dated]>> = own.or_else(listed).map(Into::into);
        known.insert(model.to_owned(), dated.clone());
        dated
    }

    /// What a response cost by the list, in US dollars; `None` where its model is not known.
    pub fn cost(&self, response: &Response) -> Option<Amount> {
        Some(self.price(&response.model, response.at)?.cost(response))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::price::{Mode, Rates};

    fn dated(from: Option<&str>, input: &str) -> Dated {
        let rates = Rates { input: Some(input.parse().unwrap()), ..Rates::default() };
        let standard = Mode { rates, ..Mode::default() };
        let from = from.map(|day| day.parse().unwrap());
        Dated { from, hours: None, price: Price { standard, ..Price::default() } }
    }

    fn input(catalog: &Catalog, model: &str, at: &str) -> Option<String> {
        let price = catalog.price(model, at.parse().unwrap())?;
        price.standard.rates.input.map(|input| input.to_string())
    }

    #[test]
    fn a_response_has_the_price_of_its_own_day_and_hour() {
        let mut catalog = Catalog::default();
        catalog.add("m", dated(Some("2026-07-30"), "2"));
        catalog.add("m", dated(None, "3"));
        let night = (
            NaiveTime::from_hms_opt(16, 30, 0).unwrap(),
            NaiveTime::from_hms_opt(0, 30, 0).unwrap(),
        );
        catalog.add("m", Dated { hours: Some(night), ..dated(Some("2026-07-30"), "1") });
        for (at, price) in [
            ("2026-07-29T23:59:59Z", "3"),
            ("2026-07-30T00:30:00Z", "2"),
            ("2026-07-30T16:30:00Z", "1"),
            ("2026-07-31T00:29:59Z", "1"),
        ] {
            assert_eq!(input(&catalog, "m", at).as_deref(), Some(price), "{at}");
        }
    }

    #[test]
    fn an_alias_counts_and_a_beginning_does_not() {
        let mut catalog = Catalog::default();
        catalog.add("gpt-5", dated(None, "1"));
        assert_eq!(input(&catalog, "gpt-5.5", "2026-01-01T00:00:00Z"), None);
        catalog.alias("house-model", "gpt-5");
        assert_eq!(input(&catalog, "house-model", "2026-01-01T00:00:00Z").as_deref(), Some("1"));
    }
}
