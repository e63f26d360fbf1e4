//! OpenCode Go: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Allowance, Trouble, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{
    Draft, FetchError, Report, Vendor, Word, draft, json, key::Lent, lenient,
};
use secrecy::SecretString;
use std::path::PathBuf;

keyed! {
    id: "opencode", name: "OpenCode Go", short: "Og", dashboard: "https://opencode.ai/zen",
    variables: ["OPENCODE_API_KEY"], key: "API key", help: "Make a key at opencode.ai, or sign in with opencode auth login.", asks: "opencode.ai for the limits of the Go plan",
    status: None, lent: lent, files: |host| vec![file(host)],
    replays: ["opencode-go/", "opencode/"],
    scenes: {
        "calm": [("/zen/go/v1/usage", 200, "fixtures/opencode/usage.json")],
        "refused": [("/zen/go/v1/usage", 401, "fixtures/opencode/error_401.json")],
    },
}

pub(crate) mod logs;

const VENDOR: Vendor = Vendor {
    says: &[
        (Word::Kind("EntitlementError"), Trouble::NotSubscribed),
        (Word::Kind("AuthError"), Trouble::AuthExpired),
    ],
    means: &[(403, Trouble::NotSubscribed)],
    ..Vendor::of(&["opencode.ai"])
};
const URL: &str = "https://opencode.ai/zen/go/v1/usage";
/// What its own program calls this login.
const LOGIN: &str = "opencode-go";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = VENDOR.get(host, URL, key).await?;
    let mut draft = Draft::new();
    for (name, kind) in [
        ("rolling", WindowKind::Session),
        ("weekly", WindowKind::Weekly),
        ("monthly", WindowKind::Monthly),
    ] {
        draft.bucket(name, &answer["usage"][name], |found| {
            let allowance = Allowance::used_percent(lenient::number(&found["percent"]));
            draft::window(kind.code(), kind, allowance, lenient::instant(&found["resetsAt"]))
        });
    }
    draft.finish(&answer)
}

/// The program's own file of logins; its place is the same on every system.
fn file(host: &Host) -> PathBuf {
    let given =
        |name: &str| host.env.get(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let folder = given("OPENCODE_DATA_DIR")
        .or_else(|| given("XDG_DATA_HOME").map(|base| base.join("opencode")))
        .unwrap_or_else(|| host.home().join(".local/share/opencode"));
    folder.join("auth.json")
}

fn lent(host: &Host) -> Vec<Lent> {
    let path = file(host);
    let text = host.files.read(&path).ok().flatten();
    let logins = text.and_then(|text| json::read(text).ok());
    let key = logins.and_then(|logins| lenient::text(&logins[LOGIN]["key"]));
    let place = host.tilde(&path);
    key.map(|key| Lent { key: SecretString::from(key), place }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use secrecy::ExposeSecret as _;

    #[test]
    fn the_key_of_its_own_program_is_found_and_only_that() {
        let host = testing::host(&[]);
        let path = host.home().join(".local/share/opencode/auth.json");
        assert!(lent(&host).is_empty());
        let text = r#"{"openai": {"type": "api", "key": "other"}, "opencode-go": {"type": "api", "key": "sk-go"}}"#;
        host.files.write_private(&path, text.as_bytes()).unwrap();
        let keys = lent(&host);
        assert_eq!(keys.len(), 1);
        assert_eq!(keys[0].key.expose_secret(), "sk-go");
        assert_eq!(keys[0].place, "~/.local/share/opencode/auth.json");
    }
}
