//! A provider as data.

use crate::{
    Bridge, DeviceLogin, FetchError, Recorded, Scene, Source, StatusPage, homes::Homes,
    replay::Stage,
};
use claudometer_core::{
    ProviderId, ProviderInfo, SourceId, Trouble,
    settings::{ProviderSettings, is_key_name},
};
use claudometer_host::{Host, secrets::SecretKey};
use futures::future::BoxFuture;
use secrecy::SecretString;
use std::fmt;

/// A provider: labels, links, places and sources. Only sources have behaviour.
#[derive(Debug)]
pub struct Provider {
    /// Id: lower-case letters, digits, hyphens.
    pub id: ProviderId,
    /// Name as people know it.
    pub name: &'static str,
    /// Two letters for a panel title.
    pub short: &'static str,
    /// The vendor's own usage page, `https`.
    pub dashboard: &'static str,
    /// How to sign in, one sentence.
    pub sign_in: &'static str,
    /// Places that are looked at, for people, with `~` for the home folder.
    pub places: fn(&Host) -> Vec<String>,
    /// Tried in this order; passive ones first.
    pub sources: &'static [&'static dyn Source],
    /// Secrets that a person can type.
    pub secrets: &'static [SecretField],
    /// What a person can do about a trouble of a source, where there is better advice than the general one.
    pub remedy: fn(Trouble, Option<&SourceId>) -> Option<&'static str>,
    /// The bridge into the assistant's own status line.
    pub bridge: Option<&'static dyn Bridge>,
    /// Signing in with a code, where the vendor offers it to everybody.
    pub device: Option<DeviceLogin>,
    /// The vendor's own page about how well its service works.
    pub status: Option<StatusPage>,
    /// How the assistant is told of another home, where it can be.
    pub homes: Option<Homes>,
    /// How long the assistant keeps its own logs, one sentence; `None` where it keeps them for good, or has none.
    pub log_retention: fn(&Host) -> Option<String>,
    /// Recorded answers that show every state.
    pub scenes: &'static [Scene],
    /// The world that a recorded answer stands for; `None` where no source of this provider would come across it.
    pub stage: fn(&Recorded) -> Option<Stage>,
}

impl Provider {
    /// What shells show of it.
    pub fn info(&self) -> ProviderInfo {
        ProviderInfo {
            id: self.id.clone(),
            name: self.name.into(),
            short: self.short.into(),
            dashboard: self.dashboard.into(),
        }
    }

    /// The source with this id.
    pub fn source(&self, id: &SourceId) -> Option<&'static dyn Source> {
        self.sources.iter().copied().find(|source| source.id() == *id)
    }

    /// Where a typed secret is kept: one per field and name, whichever seat it turns out to be for.
    pub fn secret_key(&self, name: &str) -> SecretKey {
        let (field, account) = name.split_once('@').unwrap_or((name, "default"));
        SecretKey {
            provider: self.id.as_str().to_owned(),
            account: account.to_owned(),
            field: field.to_owned(),
        }
    }

    /// The field that a name means: `key`, or `key@work` for a further key where there can be several.
    pub fn secret_field(&self, name: &str) -> Option<&'static SecretField> {
        let (id, account) = name.split_once('@').map_or((name, None), |(id, at)| (id, Some(at)));
        let field = self.secrets.iter().find(|field| field.id == id)?;
        account.is_none_or(|account| field.several && is_key_name(account)).then_some(field)
    }

    /// Names of everything that can be typed: each field, and each further key that was named.
    pub fn secret_names(&self, settings: &ProviderSettings) -> Vec<(String, &'static SecretField)> {
        let further = |field: &'static SecretField| {
            let keys = settings.keys.iter().filter(|_| field.several);
            keys.map(|name| (format!("{}@{name}", field.id), field)).collect::<Vec<_>>()
        };
        let all = self.secrets.iter();
        all.flat_map(|field| std::iter::once((field.id.to_owned(), field)).chain(further(field)))
            .collect()
    }

    /// What a person can do about a trouble, one sentence.
    pub fn advice(&self, trouble: Trouble, source: Option<&SourceId>) -> String {
        (self.remedy)(trouble, source).unwrap_or_else(|| general_advice(trouble)).to_owned()
    }
}

const fn general_advice(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::AuthMissing => "Sign in to the assistant; Claudometer notices by itself.",
        Trouble::AuthExpired => "Sign in to the assistant again; Claudometer notices by itself.",
        Trouble::ForbiddenScope => "Sign in with an account login that may read usage.",
        Trouble::NotSubscribed => "Nothing to do, unless you expected a plan on this account.",
        Trouble::UnsupportedAccount => {
            "Sign in with a kind of account that the vendor still supports."
        }
        Trouble::RateLimited => "Nothing to do: Claudometer asks again when the vendor allows it.",
        Trouble::Blocked => "Your login may be fine: choose another source in Providers, or wait.",
        Trouble::UpstreamDown => {
            "Check the connection and the vendor's status page; Claudometer tries again by itself."
        }
        Trouble::BadPayload => {
            "Look for a newer Claudometer, or report the shape shown under Providers."
        }
        Trouble::NoData => "Use the assistant once, so that the vendor has something to count.",
        Trouble::Keychain => "Unlock the system's keyring; Claudometer notices by itself.",
    }
}

/// An organisation of a login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// The vendor's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What checking a typed secret showed.
#[derive(Debug)]
pub struct Checked {
    /// The secret in the form to keep: a pasted command line becomes the cookie in it.
    pub secret: SecretString,
    /// Organisations that it opens.
    pub organizations: Vec<Organization>,
}

/// Checks a secret with the vendor before it is kept.
pub type Check = dyn for<'a> Fn(SecretString, &'a Host) -> BoxFuture<'a, Result<Checked, FetchError>>
    + Send
    + Sync;

/// A secret that a person can type.
pub struct SecretField {
    /// Id, unique within its provider.
    pub id: &'static str,
    /// Label.
    pub label: &'static str,
    /// Where to find it, one sentence.
    pub help: &'static str,
    /// Whether several can be typed, each under a name of its own.
    pub several: bool,
    /// Asks the vendor whether it is good.
    pub check: &'static Check,
}

impl fmt::Debug for SecretField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretField").field("id", &self.id).finish_non_exhaustive()
    }
}
