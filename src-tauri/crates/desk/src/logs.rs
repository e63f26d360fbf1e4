//! The assistants' own logs on this machine: where they are, in every home that the settings name.

use claudometer_core::Settings;
use claudometer_host::Host;
use claudometer_provider::homes;
use claudometer_providers::LOGS;
use claudometer_wire::Assistant;
use std::{collections::BTreeSet, path::PathBuf};

/// Homes that the settings name besides the usual one, by the id of the log, each as a world of its own.
pub fn homes(settings: &Settings, host: &Host) -> Vec<(&'static str, Host)> {
    let further = |id: &'static str| {
        let provider = claudometer_providers::by_id(id)?;
        let worlds = homes::worlds(provider, &settings.provider(&provider.id), host);
        Some(
            worlds
                .into_iter()
                .filter(|(home, _)| home.is_some())
                .map(move |(_, world)| (id, world)),
        )
    };
    LOGS.iter().filter_map(|source| further(source.id())).flatten().collect()
}

/// Folders and files of logs that there are.
pub fn places(settings: &Settings, host: &Host) -> BTreeSet<PathBuf> {
    let usual = LOGS.iter().flat_map(|source| source.places(host));
    let further = homes(settings, host).into_iter().flat_map(|(id, world)| {
        let own = LOGS.iter().filter(move |source| source.id() == id);
        own.flat_map(move |source| source.places(&world))
    });
    usual.chain(further).filter(|path| host.files.entry(path).is_some()).collect()
}

/// Every assistant whose log is read, once: some keep several.
pub(crate) fn assistants() -> Vec<Assistant> {
    let mut all: Vec<Assistant> = Vec::new();
    for source in LOGS {
        if all.iter().all(|one| one.id != source.id()) {
            all.push(Assistant { id: source.id().to_owned(), name: source.name().to_owned() });
        }
    }
    all
}

/// The name of an assistant whose log is read.
pub fn name(id: &str) -> String {
    let source = LOGS.iter().find(|source| source.id() == id);
    source.map_or_else(|| id.to_owned(), |source| source.name().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use claudometer_core::settings::ProviderSettings;
    use claudometer_host::{Clock, Environment, Files, Http, Processes, Secrets, http::HttpError};

    #[test]
    fn every_assistant_is_told_once_by_the_name_that_reports_use() {
        let all = assistants();
        assert!(all.len() > 10 && all.iter().all(|one| one.name == name(&one.id)));
        let ids: BTreeSet<_> = all.iter().map(|one| &one.id).collect();
        assert_eq!(ids.len(), all.len());
        assert!(LOGS.iter().all(|source| ids.contains(&source.id().to_owned())));
    }

    #[test]
    fn logs_in_further_homes_are_among_the_places() {
        let host = Host {
            clock: Clock::default(),
            env: Environment::of("/home/dana", []),
            files: Files::memory(),
            http: Http::recorded(|_| Err(HttpError::Connect)),
            processes: Processes::none(),
            secrets: Secrets::in_memory(),
        };
        // Only an assistant that has several homes tells them apart.
        let with_homes = claudometer_providers::ALL.iter().filter(|one| one.homes.is_some());
        let logs = LOGS.iter().map(|source| source.id());
        let ids: Vec<&str> =
            logs.filter(|id| with_homes.clone().any(|one| one.id.as_str() == *id)).collect();
        assert!(!ids.is_empty());
        for id in ids {
            let mut settings = Settings::default();
            let choice =
                ProviderSettings { homes: vec!["~/work".into()], ..ProviderSettings::default() };
            settings.providers.insert(id.to_owned(), choice);
            let [(_, world)] = &homes(&settings, &host)[..] else { panic!("{id}") };
            let source = LOGS.iter().find(|source| source.id() == id).unwrap();
            let place = source.places(world).remove(0);
            assert!(place.starts_with("/home/dana/work"), "{place:?}");
            host.files.place(&place.join("a"), b"x", host.now()).unwrap();
            assert!(places(&settings, &host).contains(&place), "{place:?}");
            assert!(!places(&Settings::default(), &host).contains(&place));
        }
    }
}
