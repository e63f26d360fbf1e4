//! Whose login this machine has, as Claude Code's own settings tell without asking anyone.

use claudometer_core::{Account, AccountKey, ProviderId, Seat};
use claudometer_host::Host;
use claudometer_provider::{json, lenient, source::hex16};
use serde::Deserialize;
use serde_json::Value;
use std::path::PathBuf;

/// The provider's id.
pub const ID: ProviderId = ProviderId::new("claude");

/// Key of the account when Claude Code does not tell which one it is.
const UNNAMED: AccountKey = AccountKey::new("default");

/// The folder of Claude Code's settings: `CLAUDE_CONFIG_DIR` taken literally, else `~/.claude`.
pub fn config_folder(host: &Host) -> PathBuf {
    host.folder("CLAUDE_CONFIG_DIR", ".claude")
}

/// Files that may tell the account, the current one first.
pub fn files(host: &Host) -> [PathBuf; 2] {
    let root = config_folder(host);
    let current = match host.env.get("CLAUDE_CONFIG_DIR") {
        Some(_) => root.join(".claude.json"),
        None => host.home().join(".claude.json"),
    };
    [current, root.join(".config.json")]
}

/// Days after which Claude Code deletes its transcripts where its settings do not say.
const USUAL_RETENTION_DAYS: u64 = 30;

/// How long Claude Code keeps its transcripts: `cleanupPeriodDays` of its settings.
pub fn log_retention(host: &Host) -> String {
    let path = config_folder(host).join("settings.json");
    let said = host.files.read(&path).ok().flatten();
    let settings: Option<Value> = said.and_then(|bytes| json::read(bytes).ok());
    let days = settings.and_then(|settings| settings["cleanupPeriodDays"].as_u64());
    let known = days.map_or_else(
        || format!("{USUAL_RETENTION_DAYS} days, its usual time"),
        |days| format!("{days} days, as its settings say"),
    );
    format!(
        "Claude Code deletes its transcripts after {known} (cleanupPeriodDays in {}).",
        host.tilde(&path)
    )
}

/// Of a file that also holds the history of all projects only this member is read.
#[derive(Deserialize)]
struct Settings {
    #[serde(rename = "oauthAccount", default)]
    account: Value,
}

/// The account that Claude Code is signed in to.
pub fn account(host: &Host) -> Option<Account> {
    files(host).iter().find_map(|path| {
        let bytes = host.files.read(path).ok()??;
        of(&json::read_as::<Settings>(&bytes)?.account)
    })
}

/// Reads `oauthAccount`; `None` where it names nobody.
fn of(value: &Value) -> Option<Account> {
    let text = |key: &str| lenient::text(&value[key]);
    let org_id = text("organizationUuid");
    let account = Account {
        id: text("accountUuid"),
        email: text("emailAddress"),
        org: text("organizationName").or_else(|| org_id.clone()),
        org_id,
    };
    (account.id.is_some() || account.email.is_some()).then_some(account)
}

/// The seat of the login that Claude Code has.
pub fn seat(account: Option<&Account>) -> Seat {
    let id = account.and_then(|account| account.id.as_deref());
    Seat { provider: ID, account: id.map_or(UNNAMED, |id| AccountKey::owned(hex16(id))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_seat_is_named_by_a_hash_of_the_account_and_never_by_the_address() {
        let account = of(
            &json!({"accountUuid": "acc-1", "emailAddress": "dana@example.com", "organizationUuid": "org-1"}),
        );
        let key = seat(account.as_ref()).account;
        assert_eq!(key.as_str(), hex16("acc-1"));
        assert_eq!(account.and_then(|account| account.org), Some("org-1".to_owned()));
        assert_eq!(seat(None).account.as_str(), "default");
    }

    #[test]
    fn transcripts_go_after_a_month_unless_the_settings_say_otherwise() {
        let host = crate::claude::testing::host();
        assert!(log_retention(&host).contains("30 days, its usual time"));
        let settings = config_folder(&host).join("settings.json");
        host.files.write_private(&settings, br#"{"cleanupPeriodDays": 365}"#).unwrap();
        assert!(
            log_retention(&host)
                .contains("365 days, as its settings say (cleanupPeriodDays in ~/.claude")
        );
    }

    #[test]
    fn what_names_nobody_is_no_account() {
        for value in [
            json!(null),
            json!({}),
            json!({"accountUuid": " "}),
            json!("x"),
            json!({"organizationUuid": "o"}),
        ] {
            assert_eq!(of(&value), None, "{value}");
        }
    }
}
