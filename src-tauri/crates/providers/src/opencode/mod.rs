//! OpenCode Go: what is left, asked with a key.

use crate::keyed::keyed;
use claudometer_core::{Coverage, Reading, Trouble, WindowKind};
use claudometer_host::Host;
use claudometer_provider::{
    FetchError, Report,
    key::{self, Lent},
    lenient,
};
use secrecy::SecretString;
use serde_json::Value;
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

const URL: &str = "https://opencode.ai/zen/go/v1/usage";
/// What its own program calls this login.
const LOGIN: &str = "opencode-go";

async fn ask(key: &SecretString, host: &Host) -> Result<Report, FetchError> {
    let answer = key::get(host, URL, key, Trouble::NotSubscribed).await?;
    let usage = &answer["usage"];
    let window = |name: &str, id: &str, kind: WindowKind| {
        let found = &usage[name];
        found.is_object().then(|| {
            let used = lenient::number(&found["percent"]);
            key::window(id, kind, used, lenient::instant(&found["resetsAt"]))
        })
    };
    let mut reading = Reading::empty(Coverage::Complete);
    reading.windows = [
        window("rolling", "session", WindowKind::Session),
        window("weekly", "weekly", WindowKind::Weekly),
        window("monthly", "monthly", WindowKind::Monthly),
    ]
    .into_iter()
    .flatten()
    .collect();
    key::told(reading, &answer)
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
    let text = host.files.read_text(&path).ok().flatten();
    let logins = text.and_then(|text| serde_json::from_str::<Value>(&text).ok());
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
