//! Codex's own folder and the few settings in it that matter here.

use claudometer_host::Host;
use std::path::PathBuf;

/// Codex's folder: `$CODEX_HOME`, else `~/.codex`.
pub fn folder(host: &Host) -> PathBuf {
    host.folder("CODEX_HOME", ".codex")
}

/// Files that may hold the login, the usual one first. `$CODEX_HOME` makes its own the only one.
pub fn login_files(host: &Host) -> Vec<PathBuf> {
    let mut files = vec![folder(host).join("auth.json")];
    if host.env.get("CODEX_HOME").is_none() {
        files.push(host.home().join(".config/codex/auth.json"));
    }
    files
}

/// The file of Codex's settings.
pub fn settings_file(host: &Host) -> PathBuf {
    folder(host).join("config.toml")
}

/// What matters of Codex's settings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether the login may lie in the system's keyring.
    pub keyring: bool,
    /// Where the vendor is, if that was changed.
    pub base_url: Option<String>,
}

impl Settings {
    /// Codex's settings; what is missing or not readable is as usual.
    pub fn of(host: &Host) -> Self {
        host.files
            .read_text(&settings_file(host))
            .ok()
            .flatten()
            .map(|text| Self::read(&text))
            .unwrap_or_default()
    }

    fn read(text: &str) -> Self {
        let store = top_level(text, "cli_auth_credentials_store");
        Self {
            keyring: matches!(store, Some("keyring" | "auto")),
            base_url: top_level(text, "chatgpt_base_url").map(str::to_owned),
        }
    }
}

/// A text before the first table. Anything that is not a plain `key = "text"` line is passed over.
fn top_level<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.trim().trim_matches(['"', '\'']) == key)
        .find_map(|(_, value)| {
            let value = value.trim();
            let quote = value.chars().next().filter(|first| ['"', '\''].contains(first))?;
            value[1..].split_once(quote).map(|(inner, _)| inner.trim())
        })
        .filter(|inner| !inner.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codex::testing;

    #[test]
    fn settings_are_read_from_lines_before_the_first_table() {
        for (text, keyring, base) in [
            ("", false, None),
            ("cli_auth_credentials_store = \"keyring\"", true, None),
            ("  cli_auth_credentials_store='auto' # note", true, None),
            ("\"cli_auth_credentials_store\" = \"file\"", false, None),
            (
                "# chatgpt_base_url = \"https://no.example\"\nmodel = \"x\"\nchatgpt_base_url = \"https://chatgpt.com/backend-api/\"",
                false,
                Some("https://chatgpt.com/backend-api/"),
            ),
            (
                "[profiles.a]\nchatgpt_base_url = \"https://no.example\"\ncli_auth_credentials_store = \"keyring\"",
                false,
                None,
            ),
            ("chatgpt_base_url = 5\nchatgpt_base_url = \"", false, None),
            ("ümlaut = \"ä\"\nchatgpt_base_url = \"\"", false, None),
        ] {
            assert_eq!(
                Settings::read(text),
                Settings { keyring, base_url: base.map(str::to_owned) },
                "{text}"
            );
        }
    }

    #[test]
    fn a_variable_says_where_everything_is() {
        let files = |variables: &[(&str, &str)]| login_files(&testing::host_with(variables));
        assert_eq!(
            files(&[]),
            [
                PathBuf::from("/home/dana/.codex/auth.json"),
                PathBuf::from("/home/dana/.config/codex/auth.json")
            ]
        );
        assert_eq!(
            files(&[("CODEX_HOME", "/data/codex")]),
            [PathBuf::from("/data/codex/auth.json")]
        );
        assert_eq!(files(&[("CODEX_HOME", " ")])[0], PathBuf::from("/home/dana/.codex/auth.json"));
    }
}
