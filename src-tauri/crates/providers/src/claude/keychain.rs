//! The macOS keychain item of Claude Code, through `/usr/bin/security`: the tool that is on the item's access list.

use super::{
    auth::{self, Candidate, Login, Stored},
    whose::Mark,
};
use chrono::{DateTime, NaiveDateTime, Utc};
use claudometer_host::{
    Host,
    process::{Command, Output},
};
use claudometer_provider::source::hex16;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Mutex, PoisonError},
    time::Duration,
};

const TOOL: &str = "/usr/bin/security";
/// The item is given out at once, or after a person answered a question.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Exit status for "there is no such item".
const NOT_FOUND: i32 = 44;

/// Items that were refused, by service, with the time of change at which they were: nobody is asked the same question
/// twice.
static REFUSED: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Names of the keychain items, the most specific first.
fn services(host: &Host) -> Vec<String> {
    let set = |name: &str| host.env.get(name).is_some();
    let internal = host.env.get("USER_TYPE") == Some("ant");
    let build = if set("CLAUDE_CODE_CUSTOM_OAUTH_URL") {
        "-custom-oauth"
    } else if internal && host.env.says_yes("USE_LOCAL_OAUTH") {
        "-local-oauth"
    } else if internal && host.env.says_yes("USE_STAGING_OAUTH") {
        "-staging-oauth"
    } else {
        ""
    };
    let plain = format!("Claude Code{build}-credentials");
    let hashed =
        host.env.get("CLAUDE_CONFIG_DIR").map(|folder| format!("{plain}-{}", &hex16(folder)[..8]));
    // The item without a hash is the usual home's.
    let usual = (!host.env.is_of_one_home()).then_some(plain);
    hashed.into_iter().chain(usual).collect()
}

/// Places for people; none on other systems.
pub(super) fn places(host: &Host) -> Vec<String> {
    if !cfg!(target_os = "macos") {
        return Vec::new();
    }
    services(host).into_iter().map(|service| format!("keychain item {service}")).collect()
}

/// The keychain's own file, whose change means that an item may have changed.
pub(super) fn file(host: &Host) -> Option<PathBuf> {
    cfg!(target_os = "macos").then(|| host.home().join("Library/Keychains/login.keychain-db"))
}

/// The place of the first item that is there and by what it is known, found without taking anything out of it.
pub(super) async fn present(host: &Host) -> Option<(String, Mark)> {
    if !cfg!(target_os = "macos") {
        return None;
    }
    for service in services(host) {
        if let Some(changed) = changed_at(host, &service).await {
            let item = mark(&service, &changed);
            let mark = Mark { name: item.clone(), item: Some(item), written_at: instant(&changed) };
            return Some((format!("keychain item {service}"), mark));
        }
    }
    None
}

/// A one-way name of an item as it stands.
fn mark(service: &str, changed: &str) -> String {
    hex16(&format!("{service} {changed}"))
}

/// The time in an item's attributes: `0x32...  "20260915120000Z\000"`.
fn instant(changed: &str) -> Option<DateTime<Utc>> {
    let digits = changed.split('"').nth(1)?.split('Z').next()?;
    Some(NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S").ok()?.and_utc())
}

/// What the items hold.
pub(super) async fn candidates(host: &Host) -> Vec<Candidate> {
    let mut found = Vec::new();
    if cfg!(target_os = "macos") {
        for service in services(host) {
            found.extend(candidate(host, &service).await);
        }
    }
    found
}

async fn candidate(host: &Host, service: &str) -> Option<Candidate> {
    let changed = changed_at(host, service).await?;
    let refused = || REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    let place = format!("keychain item {service}");
    if refused().get(service) == Some(&changed) {
        return Some(Candidate { place, stored: Stored::Locked });
    }
    let stored = match ask(host, &["-s", service, "-w"]).await {
        Some(output) if output.success() => {
            match auth::read(&String::from_utf8_lossy(&output.stdout)) {
                Stored::Login(login) => Stored::Login(Login {
                    written_at: instant(&changed),
                    item: Some(mark(service, &changed)),
                    ..login
                }),
                other => other,
            }
        }
        Some(output) if output.code == Some(NOT_FOUND) => return None,
        Some(_) | None => {
            refused().insert(service.to_owned(), changed);
            Stored::Locked
        }
    };
    Some(Candidate { place, stored })
}

/// When an item was changed last, as the keychain writes it. Looking at attributes asks no person anything.
async fn changed_at(host: &Host, service: &str) -> Option<String> {
    let output = ask(host, &["-s", service]).await?;
    output.success().then(|| modification(&String::from_utf8_lossy(&output.stdout)))
}

async fn ask(host: &Host, words: &[&str]) -> Option<Output> {
    let words = ["find-generic-password"].iter().chain(words);
    host.processes.run(Command::new(TOOL).args(words).timeout(TIMEOUT)).await.ok()
}

/// The `mdat` line of the attributes; empty where there is none.
fn modification(attributes: &str) -> String {
    let line = attributes.lines().find(|line| line.contains("\"mdat\""));
    line.and_then(|line| line.split_once('='))
        .map(|(_, value)| value.trim().to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::testing;

    #[test]
    fn the_item_of_a_named_folder_comes_before_the_plain_one() {
        for (variables, want) in [
            (vec![], vec!["Claude Code-credentials"]),
            (
                vec![("CLAUDE_CONFIG_DIR", "/Users/dana/.claude-work")],
                vec!["Claude Code-credentials-65748ac8", "Claude Code-credentials"],
            ),
            (
                vec![("CLAUDE_CODE_CUSTOM_OAUTH_URL", "https://x.example")],
                vec!["Claude Code-custom-oauth-credentials"],
            ),
            (
                vec![("USER_TYPE", "ant"), ("USE_STAGING_OAUTH", "1")],
                vec!["Claude Code-staging-oauth-credentials"],
            ),
            (vec![("USE_LOCAL_OAUTH", "1")], vec!["Claude Code-credentials"]),
        ] {
            assert_eq!(services(&testing::host_with(&variables)), want, "{variables:?}");
        }
    }

    #[test]
    fn the_time_of_change_is_read_from_the_attributes() {
        let attributes = "keychain: \"/Users/dana/Library/Keychains/login.keychain-db\"\nattributes:\n    \"acct\"<blob>=\"dana\"\n    \"mdat\"<timedate>=0x32303236  \"20260915120000Z\\000\"\n";
        assert_eq!(modification(attributes), "0x32303236  \"20260915120000Z\\000\"");
        assert_eq!(
            instant(&modification(attributes)).map(|at| at.to_rfc3339()).as_deref(),
            Some("2026-09-15T12:00:00+00:00")
        );
        assert_eq!(modification("attributes:\n"), "");
        assert_eq!(instant(""), None);
    }
}
