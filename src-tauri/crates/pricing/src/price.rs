//! A price, and what a response costs by it.

use claudometer_core::{
    Amount,
    response::{Response, Speed, Tokens},
};

/// What one search of the web costs, in US dollars: a cent, at every vendor whose logs count them.
const WEB_SEARCH: Amount = Amount::cents(1);

/// US dollars per token, by class; `None` where the list names no price for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Of the prompt, outside any cache.
    pub input: Option<Amount>,
    /// Generated.
    pub output: Option<Amount>,
    /// Read from a cache.
    pub cache_read: Option<Amount>,
    /// Written to a cache for five minutes.
    pub cache_write_5m: Option<Amount>,
    /// Written to a cache for an hour.
    pub cache_write_1h: Option<Amount>,
}

impl Rates {
    /// Whether the list names no price at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These, and for what they leave out the others.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            input: self.input.or(others.input),
            output: self.output.or(others.output),
            cache_read: self.cache_read.or(others.cache_read),
            cache_write_5m: self.cache_write_5m.or(others.cache_write_5m),
            cache_write_1h: self.cache_write_1h.or(others.cache_write_1h),
        }
    }
}

/// Rates for requests whose whole prompt is longer than so many tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// The prompt, in tokens, that must be exceeded.
    pub above: u64,
    /// What every token of such a request costs, its output included.
    pub rates: Rates,
}

/// Rates and their tiers, in one mode of speed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mode {
    /// For prompts of usual length.
    pub rates: Rates,
    /// For longer ones, by rising length.
    pub tiers: Vec<Tier>,
}

impl Mode {
    /// The rates of the highest tier that `prompt` exceeds, where there is one.
    fn tier(&self, prompt: u64) -> Option<Tier> {
        self.tiers.iter().rev().find(|tier| prompt > tier.above).copied()
    }
}

/// The price of a model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    /// As usual.
    pub standard: Mode,
    /// Where something else is asked for being answered first.
    pub priority: Mode,
    /// Where something else is asked for being answered later.
    pub flex: Mode,
    /// Factor for the quicker mode of the model.
    pub fast: Option<Amount>,
    /// Factor for being answered in the United States.
    pub in_us: Option<Amount>,
}

impl Price {
    /// What a response costs, in US dollars, apart from what its log says.
    pub fn cost(&self, response: &Response) -> Amount {
        let rates = self.rates(response.tokens.prompt(), response.speed);
        let mut cost = of_tokens(&rates, &response.tokens);
        if response.speed == Speed::Fast {
            cost = self.fast.map_or(cost, |factor| cost.scaled_by(factor));
        }
        if response.in_us {
            cost = self.in_us.map_or(cost, |factor| cost.scaled_by(factor));
        }
        cost + WEB_SEARCH.times(response.web_searches)
    }

    /// Every rate for a prompt of that length at that speed.
    fn rates(&self, prompt: u64, speed: Speed) -> Rates {
        let mode = match speed {
            Speed::Standard | Speed::Fast => &self.standard,
            Speed::Priority => &self.priority,
            Speed::Flex => &self.flex,
        };
        let usual = mode.rates.or(self.standard.rates);
        let Some(tier) = self.standard.tier(prompt) else { return usual };
        let same = mode.tiers.iter().find(|other| other.above == tier.above);
        let long = same.map_or(tier.rates, |same| same.rates.or(tier.rates));
        // Twice the input of its own tier is nearer than an hour's price of another one.
        long.or(Rates { cache_write_1h: None, ..usual })
    }
}

/// A class without a price of its own costs what the input does; an hour in the cache, twice that.
fn of_tokens(rates: &Rates, tokens: &Tokens) -> Amount {
    let input = rates.input.unwrap_or(Amount::ZERO);
    let hour = rates.cache_write_1h.unwrap_or_else(|| input.times(2));
    input.times(tokens.input)
        + rates.output.unwrap_or(Amount::ZERO).times(tokens.output)
        + rates.cache_read.unwrap_or(input).times(tokens.cache_read)
        + rates.cache_write_5m.unwrap_or(input).times(tokens.cache_write_5m)
        + hour.times(tokens.cache_write_1h)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use claudometer_core::response::Key;

    fn amount(text: &str) -> Option<Amount> {
        text.parse().ok()
    }

    fn response(tokens: Tokens) -> Response {
        let key = Key { message: 1, request: 1 };
        Response { tokens, ..Response::new(key, DateTime::from_timestamp(0, 0).unwrap()) }
    }

    fn price() -> Price {
        let rates = Rates { input: amount("3e-6"), output: amount("15e-6"), ..Rates::default() };
        let long = Rates { input: amount("6e-6"), output: amount("22.5e-6"), ..Rates::default() };
        let standard = Mode { rates, tiers: vec![Tier { above: 200_000, rates: long }] };
        Price { standard, ..Price::default() }
    }

    fn cost(price: &Price, response: &Response) -> String {
        price.cost(response).to_string()
    }

    #[test]
    fn a_long_prompt_raises_the_price_of_the_whole_request_and_only_beyond_its_bound() {
        let at = |input| response(Tokens { input, output: 1000, ..Tokens::default() });
        assert_eq!(cost(&price(), &at(200_000)), "0.615");
        assert_eq!(cost(&price(), &at(200_001)), "1.222506");
        let cached = Tokens { input: 1, cache_read: 200_000, ..Tokens::default() };
        assert_eq!(cost(&price(), &response(cached)), "1.200006");
    }

    #[test]
    fn a_cache_without_a_price_costs_what_the_input_does_and_an_hour_twice_that() {
        let tokens = Tokens { cache_read: 1000, cache_write_5m: 1000, ..Tokens::default() };
        assert_eq!(cost(&price(), &response(tokens)), "0.006");
        let hour = Tokens { cache_write_1h: 1000, ..Tokens::default() };
        assert_eq!(cost(&price(), &response(hour)), "0.006");
    }

    #[test]
    fn speed_place_and_searches_are_billed_on_top() {
        let mut price = price();
        price.fast = amount("2");
        price.in_us = amount("1.1");
        price.priority.rates.output = amount("30e-6");
        let plain = response(Tokens { output: 1000, ..Tokens::default() });
        let with =
            |speed, in_us, web_searches| Response { speed, in_us, web_searches, ..plain.clone() };
        for (response, expected) in [
            (with(Speed::Standard, false, 0), "0.015"),
            (with(Speed::Fast, false, 0), "0.03"),
            (with(Speed::Fast, true, 2), "0.053"),
            (with(Speed::Priority, false, 0), "0.03"),
            (with(Speed::Flex, false, 0), "0.015"),
        ] {
            assert_eq!(cost(&price, &response), expected, "{response:?}");
        }
    }
}
