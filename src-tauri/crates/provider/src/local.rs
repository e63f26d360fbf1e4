//! A source that is a file of another program: what the program last knew, as old as the file.

use crate::{Ask, Draft, FetchError, Fingerprint, Found, Report, Source, SourceSpec};
use claudometer_core::{AccountKey, ProviderId, Seat, Trouble, settings::ProviderSettings};
use claudometer_host::Host;
use futures::{FutureExt as _, future::BoxFuture};
use std::path::{Path, PathBuf};

/// A file that tells limits by itself.
#[derive(Debug)]
pub struct Local {
    /// What it is; it is always passive.
    pub spec: SourceSpec,
    /// Its provider.
    pub provider: ProviderId,
    /// Where such files are, the newest first.
    pub files: fn(&Host) -> Vec<PathBuf>,
    /// Folders in which one could appear.
    pub folders: fn(&Host) -> Vec<PathBuf>,
    /// Reads one; `None` where it tells nothing.
    pub read: fn(&Host, &Path) -> Option<Draft>,
}

impl Local {
    fn first(&self, host: &Host) -> Option<(PathBuf, Report)> {
        (self.files)(host).into_iter().find_map(|path| {
            let mut draft = (self.read)(host, &path).filter(Draft::tells)?;
            // What it says is as old as the file.
            draft.as_of = draft.as_of.or_else(|| Some(host.files.entry(&path)?.modified));
            Some((path, draft.report()))
        })
    }
}

impl Source for Local {
    fn spec(&self) -> &SourceSpec {
        &self.spec
    }

    fn discover<'a>(
        &'a self,
        _: &'a ProviderSettings,
        host: &'a Host,
    ) -> BoxFuture<'a, Vec<Found>> {
        async move {
            let account = AccountKey::new("default");
            let seat = Seat { provider: self.provider.clone(), account };
            let found = self.first(host);
            found
                .map(|(path, _)| Found {
                    seat,
                    account: None,
                    place: host.tilde(&path),
                    home: None,
                })
                .into_iter()
                .collect()
        }
        .boxed()
    }

    fn watched(&self, host: &Host) -> Vec<PathBuf> {
        (self.files)(host).into_iter().chain((self.folders)(host)).collect()
    }

    fn credential<'a>(&'a self, _: Ask<'a>) -> BoxFuture<'a, Result<Fingerprint, FetchError>> {
        async move { Ok(Fingerprint::of_name(self.provider.as_str())) }.boxed()
    }

    fn fetch<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Report, FetchError>> {
        async move {
            let found = self.first(ask.host);
            let none = || FetchError::local(Trouble::NoData, "Its file tells no limits.");
            found.map(|(_, report)| report).ok_or_else(none)
        }
        .boxed()
    }
}
