//! Which accounts there are, and how each is polled.

use claudometer_core::{
    AccountKey, Origin, ProviderId, Seat, SeatState, Settings, gate::Cadence,
    settings::ProviderSettings,
};
use claudometer_engine::SeatPlan;
use claudometer_host::Host;
use claudometer_provider::{Found, Provider, homes, pipeline};
use std::path::PathBuf;

/// A seat with its provider.
#[derive(Debug, Clone)]
pub struct Place {
    /// The provider.
    pub provider: &'static Provider,
    /// The seat, and what is known of it without asking.
    pub found: Found,
}

/// How the engine is to poll.
#[derive(Debug)]
pub struct Plans {
    /// A plan for every seat.
    pub seats: Vec<SeatPlan>,
    /// Seats that go on under another key, from and to.
    pub renamed: Vec<(Seat, Seat)>,
}

/// Everything that is there now.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// Seats that are polled.
    pub polled: Vec<Place>,
    /// What was found of providers, whether they are on or not.
    pub found: Vec<(ProviderId, Vec<Found>)>,
    /// Files whose change makes another census worth while, or a passive reading.
    pub watched: Vec<PathBuf>,
}

impl Census {
    /// Looks at this machine; asks nobody. An account in `known` whose login has gone stays, so that its numbers do too.
    pub async fn take(
        providers: &[&'static Provider],
        settings: &Settings,
        host: &Host,
        known: &[SeatState],
    ) -> Self {
        let mut census = Self::default();
        for provider in providers {
            let choice = settings.provider(&provider.id);
            let found = pipeline::discover(provider, &choice, host).await;
            if choice.enabled != Some(false) {
                let polled = if found.is_empty() {
                    orphans(provider, &choice, known)
                } else {
                    found.clone()
                };
                census.polled.extend(polled.into_iter().map(|found| Place { provider, found }));
            }
            if choice.enabled != Some(false) {
                census.watched.extend(homes::watched(provider, &choice, host, |_| true));
            }
            census.found.push((provider.id.clone(), found));
        }
        census
    }

    /// The place of a seat that is polled.
    pub fn place(&self, seat: &Seat) -> Option<&Place> {
        self.polled.iter().find(|place| place.found.seat == *seat)
    }

    /// What was found of a provider.
    pub fn found_of(&self, provider: &ProviderId) -> &[Found] {
        self.found.iter().find(|(id, _)| id == provider).map_or(&[], |(_, found)| found)
    }

    /// How the engine is to poll: what is known of each seat where anything is, and seats that go on under other keys.
    pub fn plans(&self, settings: &Settings, known: &[SeatState]) -> Plans {
        let mut renamed: Vec<(Seat, Seat)> = Vec::new();
        let mut plan = |place: &Place| {
            let choice = settings.provider(&place.provider.id);
            let cadence = cadence(place.provider, &choice);
            let found = &place.found;
            let mut state = own_state(found, known)
                .or_else(|| {
                    let former = self.former_state(found, known, &renamed)?;
                    renamed.push((former.seat.clone(), found.seat.clone()));
                    Some(SeatState { seat: found.seat.clone(), ..former })
                })
                .unwrap_or_else(|| SeatState {
                    account: found.account.clone(),
                    ..SeatState::unknown(found.seat.clone(), place.provider.info())
                });
            state.provider = place.provider.info();
            state.place.clone_from(&found.place);
            SeatPlan {
                state,
                interval: cadence.interval(settings.refresh_interval_seconds),
                floor: cadence.floor(),
            }
        };
        let seats = self.polled.iter().map(&mut plan).collect();
        Plans { seats, renamed }
    }

    /// What is known of the same account under one of its former keys, if nobody else has it.
    fn former_state(
        &self,
        found: &Found,
        known: &[SeatState],
        renamed: &[(Seat, Seat)],
    ) -> Option<SeatState> {
        let ours = found.account.as_ref()?;
        let former = found
            .formerly
            .iter()
            .map(|key| Seat { provider: found.seat.provider.clone(), account: key.clone() });
        former.filter(|seat| self.place(seat).is_none()).find_map(|seat| {
            let is_taken = renamed.iter().any(|(from, _)| *from == seat);
            let state = known.iter().find(|state| state.seat == seat).filter(|_| !is_taken)?;
            let same = state.account.as_ref().is_some_and(|theirs| theirs.is_same(ours));
            (same && state.origin == Origin::Live).then(|| state.clone())
        })
    }
}

/// What is known of a seat, unless it was another account's.
fn own_state(found: &Found, known: &[SeatState]) -> Option<SeatState> {
    let state =
        known.iter().find(|state| state.seat == found.seat && state.origin == Origin::Live)?;
    let other = state.account.as_ref().zip(found.account.as_ref());
    let other = other.is_some_and(|(theirs, ours)| theirs.contradicts(ours));
    (!other).then(|| state.clone())
}

/// Seats to show of a provider of which nothing is found now: those whose numbers are known, else, where a person turned
/// the provider on, one that says how to sign in.
fn orphans(provider: &Provider, choice: &ProviderSettings, known: &[SeatState]) -> Vec<Found> {
    let of_provider = known.iter().filter(|state| {
        state.seat.provider == provider.id && state.origin == Origin::Live && state.has_numbers()
    });
    let stay: Vec<_> = of_provider
        .map(|state| Found {
            account: state.account.clone(),
            ..Found::at(state.seat.clone(), String::new())
        })
        .collect();
    let wanted = choice.enabled == Some(true) && stay.is_empty();
    let nobody = || Seat { provider: provider.id.clone(), account: AccountKey::new("default") };
    let placeholder = wanted.then(|| Found::at(nobody(), String::new()));
    stay.into_iter().chain(placeholder).collect()
}

/// The cadence of the first source that asks and may be used; the others have their own floors in the pipeline.
fn cadence(provider: &Provider, choice: &ProviderSettings) -> Cadence {
    let usable = provider.sources.iter().filter(|source| source.allowed(choice));
    usable
        .map(|source| source.spec())
        .find(|spec| !spec.passive)
        .map_or(Cadence { normal_s: 300, floor_s: 60 }, |spec| spec.cadence)
}
