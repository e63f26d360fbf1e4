//! The price list that is built in: a price of a model a line, so that a change of it can be read.

use crate::{
    CatalogError, Dated, Rates,
    price::{Mode, Price, Tier},
};
use chrono::{NaiveDate, NaiveTime};
use claudometer_core::Amount;
use std::{collections::BTreeMap, fmt::Write as _};

/// Prices by model.
pub(crate) type Prices = BTreeMap<String, Vec<Dated>>;

const MODES: [&str; 3] = ["", "p.", "f."];
const NONE: &str = "-";
const TIME: &str = "%H:%M";

/// The list as it was made.
pub(crate) const LIST: &str = include_str!("../assets/prices.txt");

/// The day of the tables, from the first line.
pub(crate) fn as_of(text: &str) -> Option<NaiveDate> {
    text.lines().next()?.strip_prefix("# ")?.split(' ').next()?.parse().ok()
}

/// Reads a list. An error names the line.
pub(crate) fn read(text: &str) -> Result<Prices, CatalogError> {
    let mut prices = Prices::new();
    for (nth, line) in text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
        let (model, dated) =
            of_line(line).ok_or_else(|| CatalogError(format!("line {} is no price", nth + 1)))?;
        prices.entry(model.to_owned()).or_default().push(dated);
    }
    Ok(prices)
}

/// The prices of one model; `None` where the list has none. Lines are sorted by model, so that few of them are looked at.
pub(crate) fn find(text: &str, model: &str) -> Option<Vec<Dated>> {
    let name = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    // Heading lines come first, and are smaller than every name.
    let is_before = |line: &str| line.starts_with('#') || name(line).as_str() < model;
    let (mut low, mut high) = (0, text.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let middle = text.floor_char_boundary(middle);
        let begin = text[low..middle].rfind('\n').map_or(low, |at| low + at + 1);
        let end = text[begin..].find('\n').map_or(text.len(), |at| begin + at + 1);
        if is_before(&text[begin..end]) {
            low = end;
        } else {
            high = begin;
        }
    }
    let lines = text[low..].lines().take_while(|line| name(line) == model);
    let found: Vec<Dated> = lines.filter_map(|line| Some(of_line(line)?.1)).collect();
    (!found.is_empty()).then_some(found)
}

fn of_line(line: &str) -> Option<(&str, Dated)> {
    let mut parts = line.split('\t');
    let (model, from, hours, fields) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let from = if from == NONE { None } else { Some(from.parse().ok()?) };
    let hours = if hours == NONE {
        None
    } else {
        let (start, end) = hours.split_once('-')?;
        let time = |text: &str| NaiveTime::parse_from_str(text, TIME).ok();
        Some((time(start)?, time(end)?))
    };
    let mut price = Price::default();
    for field in fields.split(' ') {
        take(&mut price, field)?;
    }
    Some((model, Dated { from, hours, price }))
}

fn take(price: &mut Price, field: &str) -> Option<()> {
    let (name, value) = field.split_once('=')?;
    let value: Amount = value.parse().ok()?;
    match name {
        "fast" => price.fast = Some(value),
        "us" => price.in_us = Some(value),
        _ => {
            let (mode, name) = match name.split_once('.') {
                Some(("p", name)) => (&mut price.priority, name),
                Some(("f", name)) => (&mut price.flex, name),
                Some(_) => return None,
                None => (&mut price.standard, name),
            };
            let (class, above) = name.split_once('>').unwrap_or((name, ""));
            *class_of(rates_of(mode, above)?, class)? = Some(value);
        }
    }
    Some(())
}

/// The rates of a mode for prompts above so many tokens.
fn rates_of<'a>(mode: &'a mut Mode, above: &str) -> Option<&'a mut Rates> {
    if above.is_empty() {
        return Some(&mut mode.rates);
    }
    let above = above.parse().ok()?;
    if mode.tiers.iter().all(|tier| tier.above != above) {
        mode.tiers.push(Tier { above, rates: Rates::default() });
        mode.tiers.sort_unstable_by_key(|tier| tier.above);
    }
    mode.tiers.iter_mut().find(|tier| tier.above == above).map(|tier| &mut tier.rates)
}

fn class_of<'a>(rates: &'a mut Rates, class: &str) -> Option<&'a mut Option<Amount>> {
    Some(match class {
        "i" => &mut rates.input,
        "o" => &mut rates.output,
        "r" => &mut rates.cache_read,
        "w" => &mut rates.cache_write_5m,
        "h" => &mut rates.cache_write_1h,
        _ => return None,
    })
}

/// Writes a list that [`read`] reads: sorted, under one line of heading.
pub(crate) fn write(heading: &str, prices: &Prices) -> String {
    let mut text = format!("# {heading}\n");
    for (model, all) in prices {
        for Dated { from, hours, price } in all {
            let from = from.map_or_else(|| NONE.to_owned(), |from| from.to_string());
            let hours = hours.map_or_else(
                || NONE.to_owned(),
                |(start, end)| format!("{}-{}", start.format(TIME), end.format(TIME)),
            );
            let fields = fields(price).join(" ");
            writeln!(text, "{model}\t{from}\t{hours}\t{fields}").ok(); // writing to a String cannot fail
        }
    }
    text
}

fn fields(price: &Price) -> Vec<String> {
    let mut fields = Vec::new();
    let modes = [&price.standard, &price.priority, &price.flex];
    for (prefix, mode) in MODES.iter().zip(modes) {
        let tiers = mode.tiers.iter().map(|tier| (format!(">{}", tier.above), tier.rates));
        for (suffix, rates) in std::iter::once((String::new(), mode.rates)).chain(tiers) {
            let classes = [
                ("i", rates.input),
                ("o", rates.output),
                ("r", rates.cache_read),
                ("w", rates.cache_write_5m),
                ("h", rates.cache_write_1h),
            ];
            for (class, rate) in classes {
                fields.extend(rate.map(|rate| format!("{prefix}{class}{suffix}={rate}")));
            }
        }
    }
    fields.extend(price.fast.map(|factor| format!("fast={factor}")));
    fields.extend(price.in_us.map(|factor| format!("us={factor}")));
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalog;

    #[test]
    fn the_list_that_is_built_in_reads_and_is_written_as_it_is() {
        let prices = read(LIST).unwrap();
        assert!(prices.len() > 1000, "{}", prices.len());
        let heading = LIST.lines().next().unwrap().strip_prefix("# ").unwrap();
        assert!(write(heading, &prices) == LIST);
        assert!(as_of(LIST).is_some());
    }

    #[test]
    fn every_model_of_the_list_is_found_by_looking_at_few_lines() {
        let all = read(LIST).unwrap();
        for (model, prices) in &all {
            assert_eq!(find(LIST, model).as_ref(), Some(prices), "{model}");
        }
        for name in ["", "a", "~", "no-such-model", "claude"] {
            assert_eq!(find(LIST, name).is_some(), all.contains_key(name), "{name}");
        }
        assert_eq!(find("", "m"), None);
    }

    #[test]
    fn retired_long_priority_and_dated_prices_are_in_it() {
        let catalog = Catalog::embedded();
        let rates = |model: &str, at: &str| {
            let price = catalog.price(model, format!("{at}T12:00:00Z").parse().unwrap()).unwrap();
            let shown = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
            (shown(price.standard.rates.input), shown(price.standard.rates.output))
        };
        let told = |input: &str, output: &str| (Some(input.to_owned()), Some(output.to_owned()));
        assert_eq!(rates("claude-sonnet-4-5-20250929", "2026-08-01"), told("0.000003", "0.000015"));
        assert_eq!(rates("claude-3-5-sonnet-20241022", "2025-01-01"), told("0.000003", "0.000015"));
        let long = catalog.price("gpt-5.5", "2026-08-01T00:00:00Z".parse().unwrap()).unwrap();
        assert_eq!(
            long.standard.tiers.iter().map(|tier| tier.above).collect::<Vec<_>>(),
            [272_000]
        );
        assert!(long.priority.rates.input > long.standard.rates.input);
        assert!(catalog.price("no-such-model", "2026-08-01T00:00:00Z".parse().unwrap()).is_none());
    }

    #[test]
    fn a_line_that_is_no_price_is_named() {
        for line in [
            "m",
            "m\t-\t-\tx=1",
            "m\t2026\t-\ti=1",
            "m\t-\t1-2\ti=1",
            "m\t-\t-\tq.i=1",
            "m\t-\t-\ti=a",
        ] {
            assert_eq!(
                read(&format!("# 2026-01-01\n{line}\n")),
                Err(CatalogError("line 2 is no price".into()))
            );
        }
    }
}
