//! Exact decimal amounts: money and credits, never floating point.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{
    fmt,
    ops::{Add, Neg, Sub},
    str::FromStr,
};

/// How many units of the inner integer make one whole: 10^12.
const SCALE: i128 = 1_000_000_000_000;
const SCALE_DIGITS: i64 = 12;
/// Longest text that is read: no vendor needs more, and it bounds the work on hostile input.
const MAX_TEXT: usize = 64;

/// A decimal number with twelve places, exact for any balance, price or spend that a vendor reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i128);

/// The text was not a decimal number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotANumber;

impl fmt::Display for NotANumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a decimal number")
    }
}

impl std::error::Error for NotANumber {}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// A whole number of units.
    pub const fn whole(units: i64) -> Self {
        Self(units as i128 * SCALE)
    }

    /// Minor units with two places: cents of a dollar or a euro.
    pub const fn cents(cents: i64) -> Self {
        Self(cents as i128 * (SCALE / 100))
    }

    /// One hundredth of `self`: turns an amount given in cents into one in whole units.
    #[must_use]
    pub const fn hundredth(self) -> Self {
        Self(self.0 / 100)
    }

    /// An amount given in minor units of which so many digits make one whole: 500 with 2 digits is 5, with 0 it is 500.
    #[must_use]
    pub const fn of_minor(self, digits: u32) -> Self {
        match 10_i128.checked_pow(digits) {
            Some(step) => Self(self.0 / step),
            None => Self(0),
        }
    }

    /// So many times as much.
    #[must_use]
    pub const fn times(self, count: u64) -> Self {
        let small = self.0 as i64;
        if small as i128 == self.0 {
            // No product of these is too large, which the processor need not find out slowly.
            return Self(small as i128 * count as i128);
        }
        Self(self.0.saturating_mul(count as i128))
    }

    /// Multiplied by a decimal factor, rounded towards zero at the twelfth place.
    #[must_use]
    pub const fn scaled_by(self, factor: Self) -> Self {
        Self(self.0.saturating_mul(factor.0) / SCALE)
    }

    /// In units of the twelfth decimal place; what does not fit is the nearest that does.
    pub fn to_units(self) -> i64 {
        i64::try_from(self.0).unwrap_or(if self.0 < 0 { i64::MIN } else { i64::MAX })
    }

    /// From units of the twelfth decimal place.
    pub const fn from_units(units: i64) -> Self {
        Self(units as i128)
    }

    /// Whether nothing is left or spent.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Whether the amount is below zero, as a prepaid balance can be.
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// The share of `limit` that `self` is, in percent 0-100 (may exceed 100); `None` where the limit is not positive.
    pub fn percent_of(self, limit: Self) -> Option<f64> {
        (limit.0 > 0).then(|| self.approximate() * 100.0 / limit.approximate())
    }

    /// The nearest double, for drawing only.
    pub fn approximate(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }

    /// Text with exactly `places` decimal places (at most twelve), rounded half away from zero.
    pub fn fixed(self, places: usize) -> String {
        let places = places.min(SCALE_DIGITS as usize);
        let step = 10_i128.pow(SCALE_DIGITS as u32 - places as u32);
        let rounded = (self.0.abs() + step / 2) / step;
        let unit = 10_i128.pow(places as u32);
        let sign = if self.0 < 0 && rounded != 0 { "-" } else { "" };
        let (whole, rest) = (rounded / unit, rounded % unit);
        if places == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{rest:0places$}")
        }
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl fmt::Display for Amount {
    /// The shortest exact text: `7.25`, `0`, `-3.5`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.fixed(SCALE_DIGITS as usize);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl FromStr for Amount {
    type Err = NotANumber;

    /// Reads `12`, `-0.5`, `1e3`, `0E-10`. Digits beyond the twelfth place are cut off.
    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_TEXT {
            return Err(NotANumber);
        }
        let (negative, text) = match text.as_bytes()[0] {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                (mantissa, exponent.parse::<i64>().map_err(|_| NotANumber)?)
            }
            None => (text, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(NotANumber);
        }
        let digits = || whole.bytes().chain(fraction.bytes());
        if !digits().all(|b| b.is_ascii_digit()) {
            return Err(NotANumber);
        }
        let point = exponent.saturating_add(i64::try_from(whole.len()).unwrap_or(i64::MAX));
        let mut value: i128 = 0;
        for (place, digit) in (0_i64..).zip(digits()) {
            let power = point.saturating_sub(place).saturating_sub(1).saturating_add(SCALE_DIGITS);
            if digit == b'0' || power < 0 {
                continue;
            }
            let unit =
                u32::try_from(power).ok().and_then(|p| 10_i128.checked_pow(p)).ok_or(NotANumber)?;
            value = unit
                .checked_mul(i128::from(digit - b'0'))
                .and_then(|part| value.checked_add(part))
                .ok_or(NotANumber)?;
        }
        Ok(Self(if negative { -value } else { value }))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Reads text, or a number as it is written.
struct Reader;

impl de::Visitor<'_> for Reader {
    type Value = Amount;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Amount, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Amount, E> {
        Ok(Amount::whole(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Amount, E> {
        i64::try_from(number).map(Amount::whole).map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Amount, E> {
        // The shortest text of a double is what was written, for every price and amount that people write.
        self.visit_str(&number.to_string())
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn vendors_ways_of_writing_numbers_are_read_exactly() {
        for (text, shown) in [
            ("7.25", "7.25"),
            ("12.5000000000", "12.5"),
            ("0E-10", "0"),
            ("1e3", "1000"),
            ("-0.5", "-0.5"),
            (".5", "0.5"),
            ("18000", "18000"),
            ("2.5E-1", "0.25"),
        ] {
            assert_eq!(
                text.parse::<Amount>().map(|a| a.to_string()),
                Ok(shown.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        for text in ["", "-", ".", "bad", "1,5", "1e", "NaN", "1e400", "0x10", &"9".repeat(65)] {
            assert_eq!(text.parse::<Amount>(), Err(NotANumber), "{text}");
        }
    }

    #[test]
    fn amounts_are_multiplied_exactly() {
        let price: Amount = "0.0000015".parse().unwrap();
        assert_eq!(price.times(1_000_001).to_string(), "1.5000015");
        assert_eq!(Amount(i64::MIN.into()).times(u64::MAX).0, i128::MIN + (1 << 63));
        assert_eq!(Amount(i128::from(i64::MIN) - 1).times(u64::MAX).0, i128::MIN);
        assert_eq!(Amount(i128::MAX / 2).times(3).0, i128::MAX);
        assert_eq!(price.scaled_by("1.1".parse().unwrap()).to_string(), "0.00000165");
        assert_eq!(Amount::from_units(price.to_units()), price);
        assert_eq!(Amount::whole(i64::MAX).to_units(), i64::MAX);
    }

    #[test]
    fn cents_become_two_places_and_round_half_away_from_zero() {
        assert_eq!(Amount::cents(1512).fixed(2), "15.12");
        assert_eq!("0.005".parse::<Amount>().map(|a| a.fixed(2)), Ok("0.01".into()));
        assert_eq!("-0.004".parse::<Amount>().map(|a| a.fixed(2)), Ok("0.00".into()));
    }

    proptest! {
        #[test]
        fn text_survives_a_round_trip(units in -9_000_000_000_i64..9_000_000_000, cents in 0_i64..100) {
            let amount = Amount(Amount::whole(units).0 + Amount::cents(cents).0);
            prop_assert_eq!(amount.to_string().parse::<Amount>(), Ok(amount));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            prop_assert!(text.parse::<Amount>().is_ok() || text.parse::<Amount>() == Err(NotANumber));
        }
    }
}
