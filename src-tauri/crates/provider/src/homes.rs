//! Several homes of one assistant: each is read as if it were the only one, and is an account of its own.

use crate::{Found, Provider};
use claudometer_core::{AccountKey, settings::ProviderSettings};
use claudometer_host::Host;
use std::path::{Path, PathBuf};

/// How an assistant is told of another home than its usual one.
#[derive(Debug, Clone, Copy)]
pub struct Homes {
    /// The variable that names its folder.
    pub variable: &'static str,
    /// Variables that would lead it away from that folder again.
    pub astray: &'static [&'static str],
    /// Sources that read the folder; others, such as a typed secret, belong to nobody's folder.
    pub sources: &'static [&'static str],
}

impl Homes {
    /// The world as the assistant sees it in `home`.
    fn world(&self, host: &Host, home: &Path) -> Host {
        Host { env: host.env.of_home(self.variable, home, self.astray), ..host.clone() }
    }
}

/// Further homes that a person named; `~` is the home folder. One that is the usual one is none.
pub fn further(provider: &Provider, settings: &ProviderSettings, host: &Host) -> Vec<PathBuf> {
    let Some(homes) = provider.homes else { return Vec::new() };
    let usual = host.env.get(homes.variable).map(PathBuf::from);
    let mut further: Vec<PathBuf> = Vec::new();
    for named in &settings.homes {
        let path = match named.strip_prefix("~/") {
            Some(below) => host.home().join(below),
            None => PathBuf::from(named),
        };
        if path.is_absolute() && Some(&path) != usual.as_ref() && !further.contains(&path) {
            further.push(path);
        }
    }
    further
}

/// The world in which a seat is asked.
pub fn world_of(provider: &Provider, found: &Found, host: &Host) -> Option<Host> {
    Some(provider.homes?.world(host, found.home.as_deref()?))
}

/// Whether a source has anything to do with where a seat was found.
pub fn reads(provider: &Provider, found: &Found, source: &str) -> bool {
    found.home.is_none() || provider.homes.is_some_and(|homes| homes.sources.contains(&source))
}

/// The usual world, and that of each further home.
pub fn worlds(
    provider: &Provider,
    settings: &ProviderSettings,
    host: &Host,
) -> Vec<(Option<PathBuf>, Host)> {
    let usual = (None, host.clone());
    let further = further(provider, settings, host).into_iter().filter_map(|home| {
        let world = provider.homes?.world(host, &home);
        Some((Some(home), world))
    });
    std::iter::once(usual).chain(further).collect()
}

/// An account of a further home that tells no name of its own is named after the home.
pub(crate) fn settle(mut found: Found, home: Option<&PathBuf>) -> Found {
    if let Some(home) = home {
        if found.account.is_none() {
            let name = crate::source::hex16(&home.display().to_string());
            found.seat.account = AccountKey::owned(format!("home-{name}"));
        }
        found.home = Some(home.clone());
    }
    found
}

/// Files and folders of every source in every world whose change is worth another look.
pub fn watched(
    provider: &Provider,
    settings: &ProviderSettings,
    host: &Host,
    wanted: impl Fn(&crate::SourceSpec) -> bool,
) -> Vec<PathBuf> {
    let worlds = worlds(provider, settings, host);
    let sources = provider.sources.iter().filter(|source| wanted(source.spec()));
    let paths =
        sources.flat_map(|source| worlds.iter().flat_map(move |(_, world)| source.watched(world)));
    let mut all: Vec<PathBuf> = Vec::new();
    for path in paths {
        if !all.contains(&path) {
            all.push(path);
        }
    }
    all
}
