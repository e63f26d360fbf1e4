//! What the newest release says of itself: `latest.json`, as other updaters of Tauri applications read it.

use crate::UpdateError;
use chrono::{DateTime, Utc};
use claudometer_host::Http;
use semver::Version;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where releases are.
const RELEASES: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/releases");
const LARGEST: u64 = 256 * 1024;

/// Which releases are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Channel {
    /// Those for everybody.
    #[default]
    Stable,
    /// Those to try before.
    Beta,
}

impl Channel {
    fn address(self) -> String {
        match self {
            Self::Stable => format!("{RELEASES}/latest/download/latest.json"),
            Self::Beta => format!("{RELEASES}/download/beta/latest.json"),
        }
    }
}

/// A release that is newer than what runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Its version.
    pub version: Version,
    /// What is new in it, as its makers wrote it.
    pub notes: String,
    /// When it was published.
    pub published: Option<DateTime<Utc>>,
    /// Where its file is.
    pub url: String,
    /// The file's signature.
    pub signature: String,
    /// Its page, for people.
    pub page: String,
}

#[derive(Deserialize)]
struct Manifest {
    version: String,
    #[serde(default)]
    notes: String,
    #[serde(default)]
    pub_date: Option<DateTime<Utc>>,
    platforms: BTreeMap<String, File>,
}

#[derive(Deserialize)]
struct File {
    url: String,
    signature: String,
}

/// Asks for the newest release for a `platform`; `None` where it is not newer than `running`. Whoever tries releases before
/// others do gets the newer of both channels.
pub async fn check(
    http: &Http,
    channel: Channel,
    running: &Version,
    platform: &str,
) -> Result<Option<Offer>, UpdateError> {
    let stable = ask(http, Channel::Stable, running, platform).await;
    match channel {
        Channel::Stable => stable,
        Channel::Beta => newer(stable, ask(http, channel, running, platform).await),
    }
}

async fn ask(
    http: &Http,
    channel: Channel,
    running: &Version,
    platform: &str,
) -> Result<Option<Offer>, UpdateError> {
    let (status, body) = http.fetch(&channel.address(), LARGEST).await?;
    if status != 200 {
        return Err(UpdateError::NoRelease(status));
    }
    offer(&body, running, platform)
}

type Found = Result<Option<Offer>, UpdateError>;

/// The newer offer. A channel without a release says nothing about the other; what else is wrong with one is told where the
/// other has nothing to offer.
fn newer(stable: Found, beta: Found) -> Found {
    match (stable, beta) {
        (Ok(Some(one)), Ok(Some(other))) => {
            Ok(Some(if other.version > one.version { other } else { one }))
        }
        (found @ Ok(Some(_)), _)
        | (_, found @ Ok(Some(_)))
        | (found, Err(UpdateError::NoRelease(_)))
        | (Err(UpdateError::NoRelease(_)), found) => found,
        (Err(error), _) | (_, Err(error)) => Err(error),
        (Ok(None), Ok(None)) => Ok(None),
    }
}

fn offer(body: &[u8], running: &Version, platform: &str) -> Result<Option<Offer>, UpdateError> {
    let wrong = |why: &dyn std::fmt::Display| UpdateError::Manifest(why.to_string());
    let manifest: Manifest = serde_json::from_slice(body).map_err(|error| wrong(&error))?;
    let version = manifest.version.trim_start_matches('v');
    let version = Version::parse(version).map_err(|error| wrong(&error))?;
    if version <= *running {
        return Ok(None);
    }
    let Some(File { url, signature }) =
        manifest.platforms.into_iter().find_map(|(name, file)| (name == platform).then_some(file))
    else {
        return Err(UpdateError::Platform(platform.to_owned()));
    };
    let page = format!("{RELEASES}/tag/v{version}");
    Ok(Some(Offer {
        version,
        notes: manifest.notes,
        published: manifest.pub_date,
        url,
        signature,
        page,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(version: &str) -> Vec<u8> {
        format!(r#"{{"version": "{version}", "notes": "New.", "pub_date": "2026-11-21T12:00:00Z", "more": 1,
            "platforms": {{"linux-x86_64": {{"url": "https://x.test/a.tar.gz", "signature": "c2ln"}}}}}}"#).into_bytes()
    }

    #[test]
    fn only_a_newer_version_is_an_offer() {
        let running = Version::new(0, 2, 0);
        let found = |version: &str| offer(&manifest(version), &running, "linux-x86_64").unwrap();
        for older in ["0.1.9", "0.2.0", "v0.2.0", "0.2.0-beta.1"] {
            assert_eq!(found(older), None, "{older}");
        }
        let offer = found("v0.10.0").unwrap();
        assert_eq!((offer.version.to_string().as_str(), offer.notes.as_str()), ("0.10.0", "New."));
        assert!(
            offer.page.starts_with("https://") && offer.page.ends_with("/releases/tag/v0.10.0"),
            "{}",
            offer.page
        );
    }

    #[test]
    fn who_is_on_beta_gets_the_newer_of_both_channels() {
        let running = Version::new(0, 2, 0);
        let has = |version: &str| offer(&manifest(version), &running, "linux-x86_64");
        let none = || Err(UpdateError::NoRelease(404));
        let odd = || Err(UpdateError::Manifest("odd".into()));
        for (stable, beta, newest) in [
            (has("0.3.0"), has("0.4.0-beta.1"), Some("0.4.0-beta.1")),
            (has("0.4.0"), has("0.4.0-beta.1"), Some("0.4.0")),
            (has("0.3.0"), none(), Some("0.3.0")),
            (has("0.3.0"), odd(), Some("0.3.0")),
            (none(), has("0.3.0-beta.1"), Some("0.3.0-beta.1")),
            (has("0.2.0"), none(), None),
            (has("0.2.0"), has("0.2.0-beta.9"), None),
        ] {
            let found = newer(stable, beta).unwrap().map(|offer| offer.version.to_string());
            assert_eq!(found.as_deref(), newest);
        }
        assert!(matches!(newer(none(), none()), Err(UpdateError::NoRelease(404))));
        for (stable, beta) in [(odd(), has("0.2.0")), (has("0.2.0"), odd()), (none(), odd())] {
            assert!(matches!(newer(stable, beta), Err(UpdateError::Manifest(_))));
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let running = Version::new(0, 1, 0);
        for body in ["<!doctype html>", "{}", r#"{"version": "new", "platforms": {}}"#] {
            assert!(
                matches!(
                    offer(body.as_bytes(), &running, "linux-x86_64"),
                    Err(UpdateError::Manifest(_))
                ),
                "{body}"
            );
        }
        let elsewhere = offer(&manifest("9.0.0"), &running, "linux-riscv64");
        assert!(matches!(elsewhere, Err(UpdateError::Platform(name)) if name == "linux-riscv64"));
    }
}
