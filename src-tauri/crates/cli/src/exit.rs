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
        let failing: Vec<Self> = cards
            .iter()
            .filter_map(|card| card.trouble.as_ref())
            .map(|trouble| Self::of_code(&trouble.code))
            .collect();
        match failing.first() {
            None => Self::Ok,
            Some(_) if failing.len() < cards.len() => Self::Partial,
            Some(first) if failing.iter().all(|code| code == first) => *first,
            Some(_) => Self::Other,
        }
    }

    fn of_code(code: &str) -> Self {
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
