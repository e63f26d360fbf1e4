//! Whose login it is that lies here. A token names nobody, and the settings that do may lag behind it.
//!
//! Settings that were written after the login are believed the first time. A login that was exchanged since is asked whose
//! it is, once; where that fails, and the settings are older than the login, its account is unknown: the name of the last
//! one would stand over somebody else's figures.

use super::{
    auth::{self, Stored},
    identity, keychain, map,
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::Account;
use claudometer_host::{Host, http::Request, paths::Paths};
use claudometer_provider::{json, lenient, source::hex16};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::PathBuf;

const PROFILE: &str = "https://api.anthropic.com/api/oauth/profile";
/// Settings may be this much older than the login that they were written with.
const TOGETHER: TimeDelta = TimeDelta::minutes(1);
/// A login whose account could not be learned is asked again after this time.
const ASK_AGAIN: TimeDelta = TimeDelta::hours(1);
/// Logins that are remembered, at most.
const MOST: usize = 16;

/// One stored login, by which it is known again: no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// A one-way name of it.
    pub name: String,
    /// A one-way name of the keychain item that holds it, as it stands.
    pub item: Option<String>,
    /// When it was stored, in UTC, where that is known.
    pub written_at: Option<DateTime<Utc>>,
}

/// Whose a login is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// This account's.
    Known(Account),
    /// The settings name this account; whether they are of this login is to be asked.
    Named {
        /// The account.
        account: Account,
        /// Whether the settings were written after the login.
        newer: bool,
    },
    /// Nobody can tell.
    Unknown,
}

impl Owner {
    /// The account under whose name figures of this login may be shown for now.
    pub fn account(self) -> Option<Account> {
        match self {
            Self::Known(account) | Self::Named { account, .. } => Some(account),
            Self::Unknown => None,
        }
    }
}

/// What is remembered of logins: one-way names, accounts, times.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    logins: Vec<Known>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Known {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    /// A one-way name of the home that it belongs to: each has settings of its own.
    home: String,
    /// `None` where it could not be learned.
    account: Option<Account>,
    at: DateTime<Utc>,
}

/// The file in which it is remembered; its change means that a seat may be another's.
pub fn file(host: &Host) -> PathBuf {
    Paths::of(&host.env).state.join("claude-logins.json")
}

impl Memory {
    fn of(&self, mark: &Mark) -> Option<&Known> {
        let is_item = |known: &&Known| mark.item.is_some() && known.item == mark.item;
        let by_name = self.logins.iter().find(|known| known.name == mark.name);
        by_name.or_else(|| self.logins.iter().rev().find(is_item))
    }
}

fn home(host: &Host) -> String {
    hex16(&identity::config_folder(host).to_string_lossy())
}

fn memory(host: &Host) -> Memory {
    let bytes = host.files.read(&file(host)).ok().flatten();
    bytes.and_then(json::read_as).unwrap_or_default()
}

fn remember(host: &Host, mark: &Mark, account: Option<Account>) {
    let mut memory = memory(host);
    memory.logins.retain(|known| known.name != mark.name);
    let (name, item) = (mark.name.clone(), mark.item.clone());
    memory.logins.push(Known { name, item, home: home(host), account, at: host.now() });
    let surplus = memory.logins.len().saturating_sub(MOST);
    memory.logins.drain(..surplus);
    let written = serde_json::to_vec(&memory)
        .map_err(std::io::Error::from)
        .and_then(|bytes| host.files.write_private(&file(host), &bytes));
    if let Err(error) = written {
        tracing::warn!(%error, "whose a login is could not be remembered");
    }
}

/// The account of the login that Claude Code would use now, as far as this machine knows.
pub async fn current(host: &Host) -> Option<Account> {
    match keychain::present(host).await {
        Some((_, mark)) => known(host, &mark).account(),
        None => current_in_files(host),
    }
}

/// The same without a look at the keychain, which takes a while.
pub fn current_in_files(host: &Host) -> Option<Account> {
    let mark =
        auth::outside_keychain(host).into_iter().find_map(|candidate| match candidate.stored {
            Stored::Login(login) if login.may_read_usage => Some(login.mark()),
            Stored::Login(_) | Stored::Nothing | Stored::Damaged | Stored::Locked => None,
        });
    match mark {
        Some(mark) => known(host, &mark).account(),
        None => identity::account(host),
    }
}

/// Whose a login is, as far as this machine knows. Asks nobody.
pub fn known(host: &Host, mark: &Mark) -> Owner {
    let memory = memory(host);
    if let Some(known) = memory.of(mark) {
        // A later name for the same organisation is still the better one.
        let named = identity::account(host);
        return match &known.account {
            Some(ours) => {
                Owner::Known(named.filter(|named| named.is_same(ours)).unwrap_or(ours.clone()))
            }
            None => Owner::Unknown,
        };
    }
    let Some(account) = identity::account(host) else { return Owner::Unknown };
    let named_at = identity::written_at(host);
    let older_by = mark.written_at.zip(named_at).map(|(login, named)| login - named);
    let home = home(host);
    let is_first = memory.logins.iter().all(|known| known.home != home);
    if is_first && older_by.is_none_or(|by| by <= TOGETHER) {
        return Owner::Known(account);
    }
    let newer = older_by.is_none_or(|by| by <= TimeDelta::zero());
    Owner::Named { account, newer }
}

/// The account of a login that has just answered. The vendor is asked only where this machine cannot tell; `None` is that
/// nobody can.
pub async fn of_answer(
    host: &Host,
    mark: &Mark,
    token: &SecretString,
    agent: String,
) -> Option<Account> {
    match known(host, mark) {
        Owner::Known(account) => {
            note(host, mark, &account);
            Some(account)
        }
        Owner::Named { account, newer } => match ask(host, token, agent).await {
            Some(told) => {
                let told = if account.is_same(&told) { merged(account, told) } else { told };
                remember(host, mark, Some(told.clone()));
                Some(told)
            }
            None if newer => Some(account),
            None => {
                remember(host, mark, None);
                None
            }
        },
        Owner::Unknown => {
            identity::account(host)?;
            if !is_due(host, mark) {
                return None;
            }
            let told = ask(host, token, agent).await;
            remember(host, mark, told.clone());
            told
        }
    }
}

/// Remembers what the settings say of a first login, so that a later one is told from it.
fn note(host: &Host, mark: &Mark, account: &Account) {
    if memory(host).of(mark).is_none() {
        remember(host, mark, Some(account.clone()));
    }
}

fn is_due(host: &Host, mark: &Mark) -> bool {
    memory(host).of(mark).is_none_or(|known| host.now() - known.at >= ASK_AGAIN)
}

/// What either says, the vendor's word first.
fn merged(named: Account, told: Account) -> Account {
    Account {
        id: told.id.or(named.id),
        email: told.email.or(named.email),
        org: told.org.or(named.org),
        org_id: told.org_id.or(named.org_id),
    }
}

/// Asks the vendor whose a token is. Costs no quota.
async fn ask(host: &Host, token: &SecretString, agent: String) -> Option<Account> {
    let request = Request::get(PROFILE)
        .bearer(token)
        .header("anthropic-beta", "oauth-2025-04-20")
        .header("accept", "application/json")
        .header("user-agent", agent);
    let response = host.http.send(request).await.ok()?;
    of_profile(&map::VENDOR.read(&response, host.now()).ok()?)
}

/// Reads a profile; `None` where it names nobody.
pub fn of_profile(body: &Value) -> Option<Account> {
    let (person, organization) = (&body["account"], &body["organization"]);
    let org_id = lenient::text(&organization["uuid"]);
    let account = Account {
        id: lenient::text(&person["uuid"]),
        email: lenient::text(lenient::any(person, &["email", "email_address"])),
        org: lenient::text(&organization["name"]).or_else(|| org_id.clone()),
        org_id,
    };
    (account.id.is_some() || account.email.is_some()).then_some(account)
}
