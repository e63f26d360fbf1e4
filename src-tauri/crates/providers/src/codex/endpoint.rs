//! Where the vendor is asked: the address from Codex's settings, as far as a login may be sent there.

use claudometer_core::Trouble;
use claudometer_provider::FetchError;
use url::Url;

const USUAL: &str = "https://chatgpt.com/backend-api";
/// The vendor's own hosts. A settings file could name any other and so collect logins.
const TRUSTED: &[&str] = &["chatgpt.com", "chat.openai.com"];
const BELOW: &str = "/backend-api";

/// A trusted address without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    origin: String,
    path: String,
}

impl Base {
    /// The address that the settings name, or the usual one. Fails for any host but the vendor's own.
    pub fn of(configured: Option<&str>) -> Result<Self, FetchError> {
        let configured = configured.unwrap_or(USUAL);
        let url = Url::parse(configured).ok();
        let host = url
            .as_ref()
            .and_then(Url::host_str)
            .unwrap_or("an address that is not readable")
            .to_owned();
        let trusted = url.filter(|url| {
            let plain =
                url.port().is_none() && url.username().is_empty() && url.password().is_none();
            url.scheme() == "https" && plain && TRUSTED.contains(&host.as_str())
        });
        let Some(url) = trusted else {
            let detail = format!(
                "Codex's settings (chatgpt_base_url) point to {host}, and Claudometer gives your login to {} over https only.",
                TRUSTED[0]
            );
            return Err(FetchError::local(Trouble::Blocked, detail));
        };
        let path = url.path().trim_end_matches('/');
        let path = if path.contains(BELOW) { path.to_owned() } else { format!("{path}{BELOW}") };
        Ok(Self { origin: format!("https://{host}"), path })
    }

    /// Where usage is asked, and where it is asked if that fails.
    pub fn usage(&self) -> [String; 2] {
        [
            format!("{}{}/wham/usage", self.origin, self.path),
            format!("{}/api/codex/usage", self.origin),
        ]
    }

    /// Where resets that a person may trigger are listed.
    pub fn resets(&self) -> String {
        format!("{}{}/wham/rate-limit-reset-credits", self.origin, self.path)
    }

    /// Where a workspace member's month is told.
    pub fn month(&self, account: &str) -> String {
        format!(
            "{}{}/accounts/{account}/spend-controls/current-user/monthly-usage",
            self.origin, self.path
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_vendors_own_hosts_are_asked() {
        for (configured, want) in [
            (None, Some("https://chatgpt.com/backend-api/wham/usage")),
            (
                Some("https://chatgpt.com/backend-api/"),
                Some("https://chatgpt.com/backend-api/wham/usage"),
            ),
            (Some("https://chatgpt.com"), Some("https://chatgpt.com/backend-api/wham/usage")),
            (
                Some("https://CHAT.openai.com/"),
                Some("https://chat.openai.com/backend-api/wham/usage"),
            ),
            (Some("http://chatgpt.com/backend-api"), None),
            (Some("https://chatgpt.com:8443/backend-api"), None),
            (Some("https://me:pw@chatgpt.com/backend-api"), None),
            (Some("https://chatgpt.com.evil.example/backend-api"), None),
            (Some("https://proxy.example/backend-api"), None),
            (Some("nonsense"), None),
        ] {
            let got = Base::of(configured);
            assert_eq!(
                got.as_ref().ok().map(|base| base.usage()[0].clone()).as_deref(),
                want,
                "{configured:?}"
            );
            if let Err(error) = got {
                assert_eq!((error.trouble, error.local), (Trouble::Blocked, true));
                assert!(!error.detail.contains("pw@"), "{error}");
            }
        }
    }
}
