//! The login of GitHub's own command line, read where no editor has one.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use claudometer_host::Host;
use claudometer_provider::key::{Item, Lent};
use secrecy::{ExposeSecret as _, SecretString};
use std::path::PathBuf;

/// Its keyring item, where the token is not in its file.
const SERVICE: &str = "gh:github.com";
/// What the library that it keeps secrets with puts before encoded ones.
const ENCODED: &str = "go-keyring-base64:";

/// The file of its logins.
pub(super) fn file(host: &Host) -> PathBuf {
    let folder = host.env.get("GH_CONFIG_DIR").map(PathBuf::from);
    folder.unwrap_or_else(|| host.home().join(".config/gh")).join("hosts.yml")
}

/// The token in its file; older versions keep it there.
pub(super) fn lent(host: &Host) -> Option<Lent> {
    let key = SecretString::from(entry(host, "oauth_token")?);
    Some(Lent { key, place: host.tilde(&file(host)) })
}

/// Its keyring item; newer versions keep the token there. On macOS that would open a dialog of the system.
pub(super) fn item(host: &Host) -> Option<Item> {
    if !cfg!(target_os = "linux") || entry(host, "oauth_token").is_some() {
        return None;
    }
    let user = entry(host, "user")?;
    let place = format!("gh's keyring item, named in {}", host.tilde(&file(host)));
    Some(Item { service: SERVICE, user, place, decode })
}

fn decode(secret: &SecretString) -> Option<SecretString> {
    let Some(text) = secret.expose_secret().strip_prefix(ENCODED) else {
        return Some(secret.clone());
    };
    let bytes = STANDARD.decode(text.trim()).ok()?;
    String::from_utf8(bytes).ok().map(SecretString::from)
}

/// A value below `github.com:` in the file, which is a small part of YAML: names and plain words, indented.
fn entry(host: &Host, name: &str) -> Option<String> {
    let text = host.files.read_text(&file(host)).ok()??;
    let mut lines = text.lines().skip_while(|line| line.trim_end() != "github.com:").skip(1);
    let below =
        lines.by_ref().take_while(|line| line.starts_with([' ', '\t']) || line.trim().is_empty());
    let mut values = below.filter_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
    let value = values.next()?.trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn its_token_is_read_from_the_file_or_its_name_in_the_keyring_is() {
        let host = testing::host(&[]);
        assert!(lent(&host).is_none() && item(&host).is_none());
        let write = |text: &str| host.files.write_private(&file(&host), text.as_bytes()).unwrap();
        write(
            "ghe.example.com:\n    oauth_token: gho_other\ngithub.com:\n    users:\n        dana:\n    user: dana\n    oauth_token: gho_file\n",
        );
        assert_eq!(lent(&host).unwrap().key.expose_secret(), "gho_file");
        write(
            "github.com:\n    git_protocol: ssh\n    user: dana\nghe.example.com:\n    oauth_token: gho_other\n",
        );
        assert!(lent(&host).is_none(), "the token of another server stays there");
        let user = item(&host).map(|item| item.user);
        assert_eq!(user.as_deref(), cfg!(target_os = "linux").then_some("dana"));
    }

    #[test]
    fn an_encoded_item_is_decoded() {
        let told =
            |text: &str| decode(&SecretString::from(text)).map(|it| it.expose_secret().to_owned());
        assert_eq!(told("go-keyring-base64:Z2hvX2tleQ==").as_deref(), Some("gho_key"));
        assert_eq!(told("gho_plain").as_deref(), Some("gho_plain"));
        assert_eq!(told("go-keyring-base64:***"), None);
    }
}
