//! A source made of one key: typed by a person, set in the environment, or kept by another program that is only read.

use crate::{Ask, Checked, FetchError, Fingerprint, Found, Report, Source, SourceSpec};
use claudometer_core::{AccountKey, ProviderId, Seat, Trouble, settings::ProviderSettings};
use claudometer_host::{Host, redact, secrets::SecretKey};
use futures::{FutureExt as _, future::BoxFuture};
use secrecy::{ExposeSecret as _, SecretString};
use std::{fmt, path::PathBuf};

/// Asks the vendor with a key.
pub type AskWithKey = dyn for<'a> Fn(&'a SecretString, &'a Host) -> BoxFuture<'a, Result<Report, FetchError>>
    + Send
    + Sync;

/// A key of another program.
#[derive(Debug)]
pub struct Lent {
    /// The key.
    pub key: SecretString,
    /// Where it is kept, for people.
    pub place: String,
}

impl Lent {
    /// Whether this is the key that was asked with. What its program notes beside it (an account, a plan) is of this key
    /// alone, not of another that a person typed.
    pub fn is(&self, key: &SecretString) -> bool {
        self.key.expose_secret() == key.expose_secret()
    }
}

/// A source made of one key.
pub struct Key {
    /// What it is.
    pub spec: SourceSpec,
    /// Its provider.
    pub provider: ProviderId,
    /// Id of the secret that a person can type.
    pub field: &'static str,
    /// Environment variables in which people keep such a key; the first that is set counts.
    pub variables: &'static [&'static str],
    /// Keys that other programs keep on this machine; they are only read.
    pub lent: fn(&Host) -> Vec<Lent>,
    /// A key that another program keeps in the keyring; it is only read.
    pub item: fn(&Host) -> Option<Item>,
    /// Files of those programs, whose change is worth another look.
    pub files: fn(&Host) -> Vec<PathBuf>,
    /// Asks the vendor.
    pub ask: &'static AskWithKey,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("provider", &self.provider).finish_non_exhaustive()
    }
}

/// A key that another program keeps in the system's keyring.
#[derive(Debug)]
pub struct Item {
    /// Its service there.
    pub service: &'static str,
    /// Its user there.
    pub user: String,
    /// What it is, for people.
    pub place: String,
    /// Takes the key out of what is kept.
    pub decode: fn(&SecretString) -> Option<SecretString>,
}

/// No other program keeps such a key.
pub const fn nobody(_: &Host) -> Vec<Lent> {
    Vec::new()
}

/// No file is worth a look.
pub const fn no_files(_: &Host) -> Vec<PathBuf> {
    Vec::new()
}

impl Key {
    /// Checks a typed key by asking the vendor with it.
    pub async fn check(
        &'static self,
        typed: SecretString,
        host: &Host,
    ) -> Result<Checked, FetchError> {
        let key = typed.expose_secret().trim().trim_matches(['"', '\'']);
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            let detail = "That is no key: it holds spaces, or letters that no key has.";
            return Err(FetchError::local(Trouble::AuthMissing, detail));
        }
        let secret = SecretString::from(key.to_owned());
        redact::register(key);
        match (self.ask)(&secret, host).await {
            Ok(report) => Ok(Checked { secret, organizations: report.organizations }),
            // The key was good, whatever stands behind it.
            Err(error) if matches!(error.trouble, Trouble::NoData | Trouble::NotSubscribed) => {
                Ok(Checked { secret, organizations: Vec::new() })
            }
            Err(error) => Err(error),
        }
    }

    fn secret_key(&self, name: &str) -> SecretKey {
        SecretKey {
            provider: self.provider.as_str().to_owned(),
            account: name.to_owned(),
            field: self.field.to_owned(),
        }
    }

    /// Every key that can be used, each once, with the account that it is for: what a person typed comes first.
    async fn keys(&self, settings: &ProviderSettings, host: &Host) -> Vec<(AccountKey, Lent)> {
        let mut typed = Vec::new();
        for name in std::iter::once("default").chain(settings.keys.iter().map(String::as_str)) {
            let kept = host.secrets.get(&self.secret_key(name)).await.unwrap_or_else(|error| {
                tracing::debug!(%error, "the typed key cannot be read now");
                None
            });
            let place = match name {
                "default" => "the key that you typed".to_owned(),
                name => format!("the key {name} that you typed"),
            };
            typed.extend(kept.map(|key| Lent { key, place }));
        }
        let variable = self.variables.iter().find_map(|name| {
            let key = SecretString::from(host.env.get(name)?.trim().to_owned());
            Some(Lent { key, place: format!("the variable {name}") })
        });
        // Two keys are two accounts: nothing says that they belong together.
        let own = typed
            .into_iter()
            .chain(variable)
            .map(|lent| (account(&Fingerprint::of(&lent.key)), lent));
        // Another program renews its key every hour: its place says whose it is.
        let others = (self.lent)(host)
            .into_iter()
            .enumerate()
            .map(|(nth, lent)| (account_at(&lent.place, nth), lent));
        let others = others.chain(self.kept_by_another(host).await);
        let mut keys: Vec<(AccountKey, Lent)> = Vec::new();
        for (account, lent) in own.chain(others) {
            let key = lent.key.expose_secret();
            if !key.is_empty() && keys.iter().all(|(_, known)| known.key.expose_secret() != key) {
                redact::register(key);
                keys.push((account, lent));
            }
        }
        keys
    }

    async fn kept_by_another(&self, host: &Host) -> Option<(AccountKey, Lent)> {
        let Item { service, user, place, decode } = (self.item)(host)?;
        let kept = host.secrets.foreign(service, &user).await.unwrap_or_else(|error| {
            tracing::debug!(%error, "another program's keyring item cannot be read now");
            None
        });
        let key = decode(&kept?)?;
        Some((account_at(&place, 0), Lent { key, place }))
    }

    async fn key_of(&self, ask: Ask<'_>) -> Result<SecretString, FetchError> {
        let keys = self.keys(ask.settings, ask.host).await;
        let own = keys.into_iter().find(|(account, _)| *account == ask.seat.account);
        own.map(|(_, lent)| lent.key).ok_or_else(|| {
            FetchError::local(Trouble::AuthMissing, "The key is not there any more.")
        })
    }
}

/// The account of the `nth` login that lies at `place`, which says whose it is.
pub fn account_at(place: &str, nth: usize) -> AccountKey {
    account(&Fingerprint::of_name(&format!("{place}#{nth}")))
}

fn account(print: &Fingerprint) -> AccountKey {
    AccountKey::owned(print.as_str())
}

impl Source for Key {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    fn discover<'a>(
        &'a self,
        settings: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            let found = |(account, lent): (AccountKey, Lent)| {
                let seat = Seat { provider: self.provider.clone(), account };
                Found { seat, account: None, place: lent.place, home: None }
            };
            self.keys(settings, host).await.into_iter().map(found).collect()
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        (self.files)(host)
    }

    fn credential<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move { Ok(Fingerprint::of(&self.key_of(ask).await?)) }.boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        async move { (self.ask)(&self.key_of(ask).await?, ask.host).await }.boxed()
    }
}
