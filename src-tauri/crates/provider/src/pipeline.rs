//! The one pipeline: which seats there are, and asking a seat's sources in order. No provider writes its own.

mod progress;

use crate::{Found, GateBook, Organization, Provider, Source, homes};
use chrono::TimeDelta;
use claudometer_core::{Poll, Reading, SourceId, settings::ProviderSettings};
use claudometer_host::Host;
use progress::Progress;

pub use progress::gate_key;

/// Every seat of a provider that a source it may use could answer for, each once, in the order of its sources.
pub async fn discover(provider: &Provider, settings: &ProviderSettings, host: &Host) -> Vec<Found> {
    let mut seats: Vec<Found> = Vec::new();
    for (home, world) in homes::worlds(provider, settings, host) {
        let mut of_world: Vec<(SourceId, Found)> = Vec::new();
        for source in provider.sources.iter().filter(|source| source.allowed(settings)) {
            for found in source.discover(settings, &world).await {
                let found = homes::settle(found, home.as_ref());
                if homes::reads(provider, &found, source.spec().id) {
                    of_world.push((source.id(), found));
                }
            }
        }
        for (_, mut found) in of_world.clone() {
            if let Some(known) = seats.iter_mut().find(|known| known.seat == found.seat) {
                known.account = known.account.take().or(found.account);
                known.formerly.extend(found.formerly);
            } else {
                found.foreign = foreign(&found, &of_world);
                seats.push(found);
            }
        }
    }
    seats
}

/// Sources that found other accounts only.
fn foreign(found: &Found, all: &[(SourceId, Found)]) -> Vec<SourceId> {
    let is_of = |source: &SourceId| {
        all.iter().any(|(other, theirs)| other == source && theirs.seat == found.seat)
    };
    let mut foreign: Vec<SourceId> = Vec::new();
    for (source, _) in all {
        if !is_of(source) && !foreign.contains(source) {
            foreign.push(source.clone());
        }
    }
    foreign
}

/// What asking one seat brought, and what its login opens besides.
#[derive(Debug)]
pub struct Pass {
    /// Readings, attempts, standing.
    pub poll: Poll,
    /// Organisations to choose from, where a source told.
    pub organizations: Vec<Organization>,
    /// Answers that turned out to be another account's: the login was exchanged, or its name lagged behind.
    pub elsewhere: Vec<(SourceId, Reading)>,
    /// Whether another process is asking with the same credential, or was answered a moment ago.
    pub is_learned_elsewhere: bool,
}

/// What the pipeline is asked.
#[derive(Debug, Clone, Copy)]
pub struct Errand<'a> {
    /// The provider.
    pub provider: &'static Provider,
    /// The seat, with what is known of its account without asking.
    pub found: &'a Found,
    /// The person's choices.
    pub settings: &'a ProviderSettings,
    /// The world.
    pub host: &'a Host,
    /// Gates.
    pub book: &'a GateBook,
    /// A passive reading younger than this makes asking needless.
    pub fresh_for: TimeDelta,
}

impl Errand<'_> {
    /// The world as it is for the home that the seat belongs to.
    fn world(&self) -> Host {
        homes::world_of(self.provider, self.found, self.host).unwrap_or_else(|| self.host.clone())
    }
}

/// Reads what lies on this machine; asks a vendor only if that is too old, source by source until one answers.
pub async fn poll(errand: Errand<'_>) -> Pass {
    let world = errand.world();
    let errand = Errand { host: &world, ..errand };
    let mut pass = Progress::new(errand.host.now());
    let (passive, asking): (Vec<_>, Vec<_>) =
        sources(&errand).partition(|source| source.spec().passive);
    for source in passive {
        pass.read(source, &errand).await;
    }
    if !pass.told_since(errand.host.now() - errand.fresh_for) {
        for source in asking {
            if pass.ask(source, &errand).await {
                break;
            }
        }
    }
    pass.finish(&errand)
}

/// Only what lies on this machine, for when a log or a status line has changed.
pub async fn look(errand: Errand<'_>) -> Vec<(SourceId, Reading)> {
    let world = errand.world();
    let errand = Errand { host: &world, ..errand };
    let mut pass = Progress::new(errand.host.now());
    for source in sources(&errand).filter(|source| source.spec().passive) {
        pass.read(source, &errand).await;
    }
    pass.finish(&errand).poll.readings
}

/// What lies on this machine, as a poll that asks nobody.
pub async fn offline(errand: Errand<'_>) -> Poll {
    let world = errand.world();
    let errand = Errand { host: &world, ..errand };
    let mut pass = Progress::new(errand.host.now());
    let (passive, asking): (Vec<_>, Vec<_>) =
        sources(&errand).partition(|source| source.spec().passive);
    for source in passive {
        pass.read(source, &errand).await;
    }
    if !pass.told_since(errand.host.now() - errand.fresh_for) {
        for source in asking {
            pass.pass_over(source, &errand).await;
        }
    }
    pass.finish(&errand).poll
}

fn sources<'a>(errand: &Errand<'a>) -> impl Iterator<Item = &'static dyn Source> + use<'a> {
    let (settings, provider, found) = (errand.settings, errand.provider, errand.found);
    let sources = provider.sources.iter().copied();
    sources.filter(|source| {
        source.allowed(settings)
            && homes::reads(provider, found, source.spec().id)
            && !found.foreign.contains(&source.id())
    })
}
