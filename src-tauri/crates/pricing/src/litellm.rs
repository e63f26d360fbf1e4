//! The price list of LiteLLM: US dollars per token, one object a model, a suffix for every special case.

use crate::{
    Catalog, CatalogError, Dated, Rates,
    price::{Mode, Price, Tier},
};
use claudometer_core::Amount;
use serde_json::{Map, Value};

/// What answers in text; everything else is not asked by assistants.
const MODES: [&str; 3] = ["chat", "completion", "responses"];

/// Reads a list in LiteLLM's form. What names no price of a token is left out, and what does not answer in text.
pub fn litellm(json: &[u8]) -> Result<Catalog, CatalogError> {
    let list: Map<String, Value> =
        serde_json::from_slice(json).map_err(|error| CatalogError(error.to_string()))?;
    let mut catalog = Catalog::default();
    for (model, fields) in &list {
        let Some(fields) = fields.as_object().filter(|_| model != "sample_spec") else { continue };
        let mode = fields.get("mode").and_then(Value::as_str);
        if mode.is_some_and(|mode| !MODES.contains(&mode)) {
            continue;
        }
        let price = price(fields);
        if !price.standard.rates.is_empty() {
            catalog.add(model, Dated { price, ..Dated::default() });
        }
    }
    Ok(catalog)
}

/// The price that an entry's fields tell, each a number or a number as text.
pub fn price(fields: &Map<String, Value>) -> Price {
    let factor = |name: &str| amount(fields.get("provider_specific_entry")?.get(name)?);
    Price {
        standard: mode(fields, ""),
        priority: mode(fields, "_priority"),
        flex: mode(fields, "_flex"),
        fast: factor("fast"),
        in_us: factor("us"),
    }
}

fn mode(fields: &Map<String, Value>, speed: &str) -> Mode {
    let flat = rates(fields, speed);
    if flat.is_empty() && speed.is_empty() {
        return by_ranges(fields);
    }
    let mut bounds: Vec<u64> = fields.keys().filter_map(|name| bound(name)).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let tiers = bounds.into_iter().map(|thousands| {
        let rates = rates(fields, &format!("_above_{thousands}k_tokens{speed}"));
        Tier { above: thousands.saturating_mul(1000), rates }
    });
    Mode { rates: flat, tiers: tiers.filter(|tier| !tier.rates.is_empty()).collect() }
}

/// Some entries have only ranges, each for whole prompts of its length in tokens.
fn by_ranges(fields: &Map<String, Value>) -> Mode {
    let ranges = fields.get("tiered_pricing").and_then(Value::as_array).into_iter().flatten();
    let mut tiers: Vec<Tier> = ranges
        .filter_map(|range| {
            let above = range["range"].get(0)?.as_f64().filter(|above| *above >= 0.0)? as u64;
            let rates = rates(range.as_object()?, "");
            (!rates.is_empty()).then_some(Tier { above, rates })
        })
        .collect();
    tiers.sort_by_key(|tier| tier.above);
    let shortest = tiers.first().map_or_else(Rates::default, |tier| tier.rates);
    Mode { rates: shortest, tiers: tiers.into_iter().skip(1).collect() }
}

fn rates(fields: &Map<String, Value>, suffix: &str) -> Rates {
    let rate = |class: &str| amount(fields.get(&format!("{class}{suffix}"))?);
    Rates {
        input: rate("input_cost_per_token"),
        output: rate("output_cost_per_token"),
        cache_read: rate("cache_read_input_token_cost"),
        cache_write_5m: rate("cache_creation_input_token_cost"),
        cache_write_1h: rate("cache_creation_input_token_cost_above_1hr"),
    }
}

/// The thousands of tokens of a field such as `..._above_200k_tokens`.
fn bound(name: &str) -> Option<u64> {
    let (_, rest) = name.rsplit_once("_above_")?;
    rest.split_once("k_tokens")?.0.parse().ok()
}

/// A number of the list, exactly as it is written.
fn amount(value: &Value) -> Option<Amount> {
    let amount: Amount = match value {
        Value::Number(number) => number.to_string().parse().ok()?,
        Value::String(text) => text.parse().ok()?,
        _ => return None,
    };
    (!amount.is_negative()).then_some(amount)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn suffixes_are_told_apart() {
        let list = json!({
            "sample_spec": {"input_cost_per_token": 1.0},
            "image": {"output_cost_per_image": 0.04},
            "m": {
                "input_cost_per_token": 1.25e-06,
                "input_cost_per_token_priority": 2.25e-06,
                "input_cost_per_token_above_200k_tokens": 2.5e-06,
                "input_cost_per_token_above_200k_tokens_priority": 4.5e-06,
                "cache_creation_input_token_cost_above_1hr": 6e-06,
                "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
                "provider_specific_entry": {"fast": 2.0, "us": 1.1}
            }
        });
        let catalog = litellm(list.to_string().as_bytes()).unwrap();
        assert!(catalog.price("sample_spec", chrono::DateTime::UNIX_EPOCH).is_none());
        assert!(catalog.price("image", chrono::DateTime::UNIX_EPOCH).is_none());
        let price = catalog.price("m", chrono::DateTime::UNIX_EPOCH).unwrap();
        let shown = |amount: Option<Amount>| amount.map(|amount| amount.to_string());
        assert_eq!(shown(price.standard.rates.input).as_deref(), Some("0.00000125"));
        assert_eq!(shown(price.standard.rates.cache_write_1h).as_deref(), Some("0.000006"));
        let tier = price.standard.tiers[0];
        assert_eq!(tier.above, 200_000);
        assert_eq!(shown(tier.rates.cache_write_1h).as_deref(), Some("0.000012"));
        assert_eq!(shown(price.priority.tiers[0].rates.input).as_deref(), Some("0.0000045"));
        assert_eq!(shown(price.fast).as_deref(), Some("2"));
    }

    #[test]
    fn an_entry_with_ranges_alone_is_priced_by_the_whole_prompt() {
        let list = json!({"m": {"tiered_pricing": [
            {"range": [32000, 128_000.0], "input_cost_per_token": 2e-06, "output_cost_per_token": 9e-06},
            {"range": [0, 32000.0], "input_cost_per_token": 1e-06, "output_cost_per_token": 5e-06},
            {"range": "odd", "input_cost_per_token": 1},
        ]}});
        let catalog = litellm(list.to_string().as_bytes()).unwrap();
        let standard = &catalog.price("m", chrono::DateTime::UNIX_EPOCH).unwrap().standard;
        assert_eq!(standard.rates.input, "0.000001".parse().ok());
        assert_eq!(standard.tiers.iter().map(|tier| tier.above).collect::<Vec<_>>(), [32000]);
        assert_eq!(standard.tiers[0].rates.output, "0.000009".parse().ok());
    }

    #[test]
    fn what_is_no_list_is_an_error() {
        assert!(litellm(b"[]").is_err());
        assert!(litellm(b"{\"m\": 3}").unwrap().price("m", chrono::DateTime::UNIX_EPOCH).is_none());
    }
}
