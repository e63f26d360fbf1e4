//! Which Claude Code is installed: the usage endpoint is asked in its name.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_host::{Host, process::Command};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// What is said where no installed version can be found out.
const FALLBACK: &str = "2.1.0";
/// How long an answer counts: an update of Claude Code is noticed within it.
const KNOWN_FOR: TimeDelta = TimeDelta::hours(6);
/// Starting it takes less than a second.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Versions found out so far, by home folder and search path.
static KNOWN: Mutex<BTreeMap<String, (DateTime<Utc>, String)>> = Mutex::new(BTreeMap::new());

/// `claude-code/2.1.220`.
pub(super) async fn user_agent(host: &Host) -> String {
    let key = format!("{}\n{}", host.home().display(), host.env.get("PATH").unwrap_or_default());
    let now = host.now();
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
    let version = match known {
        Some((at, version)) if at <= now && now - at < KNOWN_FOR => version,
        _ => {
            let version = installed(host).await.unwrap_or_else(|| FALLBACK.to_owned());
            KNOWN
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(key, (now, version.clone()));
            version
        }
    };
    format!("claude-code/{version}")
}

async fn installed(host: &Host) -> Option<String> {
    let program = host.processes.find_program("claude")?;
    let output = host
        .processes
        .run(Command::new(program).args(["--version"]).timeout(TIMEOUT))
        .await
        .ok()?;
    first_version(&String::from_utf8_lossy(&output.stdout))
}

/// The first `1.2.3` in a text.
fn first_version(text: &str) -> Option<String> {
    let words =
        text.split(|letter: char| !(letter.is_ascii_alphanumeric() || ".-+".contains(letter)));
    words.map(|word| word.trim_start_matches('v')).find_map(|word| {
        let core = word.split(['-', '+']).next()?;
        let parts: Vec<_> = core.split('.').collect();
        let number = |part: &&str| {
            !part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit())
        };
        (parts.len() == 3 && parts.iter().all(number)).then(|| core.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_first_that_looks_like_one() {
        for (text, want) in [
            ("2.1.220 (Claude Code)\n", Some("2.1.220")),
            ("claude v2.0.1-beta.3", Some("2.0.1")),
            ("Node 18: warning\n2.1.5", Some("2.1.5")),
            ("1.2", None),
            ("1.2.x 1..2", None),
            ("", None),
        ] {
            assert_eq!(first_version(text).as_deref(), want, "{text}");
        }
    }
}
