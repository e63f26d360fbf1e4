//! What a newer table changes of a list.

use crate::{Catalog, Dated};
use chrono::NaiveDate;

/// The models of which `current` knows another price than `list`, each with all of its prices: what it cost before stays,
/// and the new price holds from `today` on. What was added to `list` stays too.
pub fn renewal(list: &Catalog, current: &Catalog, today: NaiveDate) -> Catalog {
    let mut renewal = Catalog::default();
    for model in list.models() {
        for dated in list.added(model) {
            renewal.add(model, dated.clone());
        }
    }
    for model in current.models() {
        let Some(now) = current.added(model).last() else { continue };
        let known = list.exactly(model);
        let by_hours = known.iter().any(|dated| dated.hours.is_some());
        let is_known = known.last().is_some_and(|last| last.price == now.price);
        if by_hours || is_known || model.contains(['\t', '\n']) {
            continue;
        }
        for dated in &known {
            renewal.add(model, dated.clone());
        }
        let from = (!known.is_empty()).then_some(today);
        renewal.add(model, Dated { from, ..now.clone() });
    }
    renewal
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::litellm;

    fn table(prices: &[(&str, &str)]) -> Catalog {
        let fields = prices.iter().map(|(model, price)| {
            (
                (*model).to_owned(),
                serde_json::json!({"input_cost_per_token": price, "output_cost_per_token": "1"}),
            )
        });
        let table: serde_json::Map<_, _> = fields.collect();
        litellm(&serde_json::to_vec(&table).unwrap()).unwrap()
    }

    fn input(catalog: &Catalog, model: &str, at: &str) -> Option<String> {
        let price = catalog.price(model, format!("{at}T00:00:00Z").parse().unwrap())?;
        price.standard.rates.input.map(|input| input.to_string())
    }

    #[test]
    fn only_what_changed_is_new_and_what_it_cost_before_stays() {
        let day = |text: &str| text.parse().unwrap();
        let list = table(&[("same", "3"), ("dearer", "3"), ("gone", "3")]);
        let mut embedded = Catalog::default();
        embedded.renew(&list.text("2026-01-01")).unwrap();
        let first = renewal(
            &embedded,
            &table(&[("same", "3"), ("dearer", "4"), ("new", "5")]),
            day("2026-11-21"),
        );
        for (model, at, price) in [
            ("dearer", "2026-11-20", "3"),
            ("dearer", "2026-11-21", "4"),
            ("new", "2026-01-01", "5"),
            ("gone", "2026-11-21", "3"),
            ("same", "2026-11-21", "3"),
        ] {
            assert_eq!(input(&first, model, at).as_deref(), Some(price), "{model} {at}");
        }
        let second = renewal(&first, &table(&[("dearer", "2")]), day("2026-12-01"));
        assert_eq!(input(&second, "dearer", "2026-11-30").as_deref(), Some("4"));
        assert_eq!(input(&second, "dearer", "2026-12-01").as_deref(), Some("2"));
        let again = renewal(&second, &table(&[("dearer", "2")]), day("2026-12-02"));
        assert_eq!(again.text("x"), second.text("x"));
    }

    #[test]
    fn of_the_list_that_is_built_in_nothing_is_repeated() {
        let mut now = table(&[("house-model", "1")]);
        let known = Catalog::embedded().exactly("gpt-5").pop().unwrap();
        now.add("gpt-5", known);
        let renewal = renewal(&Catalog::embedded(), &now, "2026-11-21".parse().unwrap());
        assert_eq!(renewal.models().collect::<Vec<_>>(), ["house-model"]);
    }
}
