//! Why a source gave no reading.

use chrono::TimeDelta;
use claudometer_core::Trouble;
use claudometer_host::http::HttpError;

/// A failed fetch: a kind that scheduler and person can act on, and one sentence without secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct FetchError {
    /// What kind.
    pub trouble: Trouble,
    /// What happened, one sentence without secrets.
    pub detail: String,
    /// How long the vendor asks to wait; always positive.
    pub retry_after: Option<TimeDelta>,
    /// Keys and types of an answer that was not understood; no values.
    pub shape: Option<String>,
    /// Whether it was found out without asking anyone, so that it costs nothing to look again.
    pub local: bool,
}

impl FetchError {
    /// A failure that an answer of the vendor, or its absence, shows.
    pub fn new(trouble: Trouble, detail: impl Into<String>) -> Self {
        Self { trouble, detail: detail.into(), retry_after: None, shape: None, local: false }
    }

    /// A failure that was found on this machine before anyone was asked.
    pub fn local(trouble: Trouble, detail: impl Into<String>) -> Self {
        Self { local: true, ..Self::new(trouble, detail) }
    }

    /// What counts where one host of a vendor refused a key and `other` is how the vendor's other host ended. A wait that
    /// was asked for binds, and a host that knows the key says more of it; one that refuses it too, or cannot be reached,
    /// says nothing new.
    #[must_use]
    pub fn or_of_other_host(self, other: Self) -> Self {
        let says_nothing = matches!(
            other.trouble,
            Trouble::AuthExpired | Trouble::UpstreamDown | Trouble::Blocked
        );
        if says_nothing && other.retry_after.is_none() { self } else { other }
    }

    /// An answer that was not understood, with its shape.
    pub fn unreadable(detail: impl Into<String>, shape: Option<String>) -> Self {
        Self { shape, ..Self::new(Trouble::BadPayload, detail) }
    }
}

impl From<HttpError> for FetchError {
    fn from(error: HttpError) -> Self {
        let trouble = match error {
            HttpError::Proxy => Trouble::Blocked,
            HttpError::Connect | HttpError::Tls | HttpError::Timeout | HttpError::Broken => {
                Trouble::UpstreamDown
            }
            HttpError::TooLarge | HttpError::Malformed | HttpError::Unwritable(_) => {
                Trouble::BadPayload
            }
        };
        let sentence = error.to_string();
        let mut letters = sentence.chars();
        let detail = letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default();
        Self::new(trouble, format!("{detail}."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_hosts_the_one_that_says_more_of_a_key_counts() {
        let refused = || FetchError::new(Trouble::AuthExpired, "first");
        for (other, wait, expected) in [
            (Trouble::AuthExpired, None, "first"),
            (Trouble::Blocked, None, "first"),
            (Trouble::UpstreamDown, None, "first"),
            (Trouble::UpstreamDown, Some(60), "other"),
            (Trouble::RateLimited, Some(60), "other"),
            (Trouble::NotSubscribed, None, "other"),
        ] {
            let retry_after = wait.map(TimeDelta::seconds);
            let other = FetchError { retry_after, ..FetchError::new(other, "other") };
            assert_eq!(refused().or_of_other_host(other).detail, expected);
        }
    }
}
