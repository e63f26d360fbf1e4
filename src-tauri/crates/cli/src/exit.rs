//! Exit codes that scripts can rely on.

use claudometer_core::Trouble;
use claudometer_wire::Card;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Ok = 0,
    /// A failure of another kind.
    Other = 1,
    /// Not signed in, or refused.
    Auth = 2,
    /// No connection, or the vendor asks to wait.
    Network = 3,
    /// A setting or an argument cannot be used.
    Config = 4,
    /// Some of it was done, some not.
    Partial = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// The code for what a set of cards shows.
    pub(crate) fn of_cards(cards: &[Card]) -> Self {
        let troubles = cards.iter().map(|card| card.trouble.as_ref());
        Self::of_troubles(troubles.map(|trouble| trouble.map(|trouble| trouble.code.as_str())))
    }

    /// The code for a set of accounts, each with the code of its trouble or none.
    pub(crate) fn of_troubles<'a>(accounts: impl Iterator<Item = Option<&'a str>>) -> Self {
        let all: Vec<Option<&str>> = accounts.collect();
        let failing: Vec<Self> = all.iter().flatten().map(|code| Self::of_code(code)).collect();
        match failing.first() {
            None => Self::Ok,
            Some(_) if failing.len() < all.len() => Self::Partial,
            Some(first) if failing.iter().all(|code| code == first) => *first,
            Some(_) => Self::Other,
        }
    }

    /// The code for one trouble, by its own code.
    pub(crate) fn of_code(code: &str) -> Self {
        Trouble::ALL
            .into_iter()
            .find(|trouble| trouble.code() == code)
            .map_or(Self::Other, Self::of_trouble)
    }

    const fn of_trouble(trouble: Trouble) -> Self {
        match trouble {
            Trouble::AuthMissing
            | Trouble::AuthExpired
            | Trouble::ForbiddenScope
            | Trouble::UnsupportedAccount => Self::Auth,
            Trouble::RateLimited | Trouble::Blocked | Trouble::UpstreamDown => Self::Network,
            Trouble::NotSubscribed | Trouble::BadPayload | Trouble::NoData | Trouble::Keychain => {
                Self::Other
            }
        }
    }
}
