//! Currencies by their ISO 4217 code, with how many digits of an amount are minor.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// A currency: three capital letters. Amounts keep theirs and are never converted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Currencies without minor units.
const WHOLE: [&str; 17] = [
    "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
    "VUV", "XAF", "XOF", "XPF",
];
/// Currencies whose unit has a thousand parts.
const THOUSANDTHS: [&str; 7] = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"];

impl Currency {
    /// US dollars.
    pub const USD: Self = Self(*b"USD");
    /// Euros.
    pub const EUR: Self = Self(*b"EUR");

    /// The currency of a code in either case; `None` for what cannot be one.
    pub fn new(code: &str) -> Option<Self> {
        let letters: [u8; 3] = code.trim().as_bytes().try_into().ok()?;
        letters
            .iter()
            .all(u8::is_ascii_alphabetic)
            .then(|| Self(letters.map(|letter| letter.to_ascii_uppercase())))
    }

    /// The code in capitals: `USD`.
    pub fn code(&self) -> &str {
        // Only ASCII letters are taken in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimal digits the minor unit is: 2 for cents, 0 for yen.
    pub fn digits(&self) -> u32 {
        if WHOLE.contains(&self.code()) {
            0
        } else if THOUSANDTHS.contains(&self.code()) {
            3
        } else {
            2
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::new(&code).ok_or_else(|| de::Error::custom("not a currency"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters_and_knows_its_minor_digits() {
        for (text, code, digits) in [
            ("usd", "USD", 2),
            (" EUR ", "EUR", 2),
            ("Cny", "CNY", 2),
            ("JPY", "JPY", 0),
            ("KWD", "KWD", 3),
            ("XXX", "XXX", 2),
        ] {
            let currency = Currency::new(text).unwrap();
            assert_eq!((currency.code(), currency.digits()), (code, digits), "{text}");
        }
        for text in ["", "US", "USDT", "U$D", "12€", "dollars"] {
            assert_eq!(Currency::new(text), None, "{text}");
        }
    }
}
