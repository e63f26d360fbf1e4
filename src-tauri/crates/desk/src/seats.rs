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

    /// How the engine is to poll: remembered states where there are any.
    pub fn plans(&self, settings: &Settings, remembered: &[SeatState]) -> Vec<SeatPlan> {
        let plan = |place: &Place| {
            let choice = settings.provider(&place.provider.id);
            let cadence = cadence(place.provider, &choice);
            let fresh = || SeatState {
                account: place.found.account.clone(),
                ..SeatState::unknown(place.found.seat.clone(), place.provider.info())
            };
            let known = remembered
                .iter()
                .find(|state| state.seat == place.found.seat && state.origin == Origin::Live);
            let mut state = known.cloned().unwrap_or_else(fresh);
            state.provider = place.provider.info();
            SeatPlan {
                state,
                interval: cadence.interval(settings.refresh_interval_seconds),
                floor: cadence.floor(),
            }
        };
        self.polled.iter().map(plan).collect()
    }
}

/// Seats to show of a provider of which nothing is found now: those whose numbers are known, else, where a person turned
/// the provider on, one that says how to sign in.
fn orphans(provider: &Provider, choice: &ProviderSettings, known: &[SeatState]) -> Vec<Found> {
    let of_provider = known.iter().filter(|state| {
        state.seat.provider == provider.id && state.origin == Origin::Live && state.has_numbers()
    });
    let stay: Vec<_> = of_provider
        .map(|state| Found {
            seat: state.seat.clone(),
            account: state.account.clone(),
            place: String::new(),
            home: None,
        })
        .collect();
    let wanted = choice.enabled == Some(true) && stay.is_empty();
    let placeholder = wanted.then(|| Found {
        seat: Seat { provider: provider.id.clone(), account: AccountKey::new("default") },
        account: None,
        place: String::new(),
        home: None,
    });
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
