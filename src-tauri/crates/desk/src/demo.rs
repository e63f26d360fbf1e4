//! The demo: every recorded state of every provider, through the real sources, without a network.

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AccountKey, Origin, Poll, ProviderId, ProviderInfo, Seat, SeatState, Standing,
    UsageSnapshotBundle, settings::ProviderSettings,
};
use claudometer_host::{
    Clock, Environment, Files, Host, Http, Processes, Secrets,
    http::{HttpError, Request, Response},
    secrets::Keep,
};
use claudometer_provider::{GateBook, Provider, Scene, pipeline, scene::Take};
use secrecy::SecretString;
use std::path::Path;

/// Home of the recorded files; it exists in memory only.
const HOME: &str = "/home/demo";
/// Time between the first poll of a scene and the moment shown.
const EARLIER: TimeDelta = TimeDelta::minutes(12);

/// Which demo is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Demo {
    /// Moves the moment that is shown.
    pub seed: u64,
    /// Names of the scenes that are played; empty for all.
    pub scenes: Vec<String>,
}

/// A demo that runs.
#[derive(Debug, Clone)]
pub(crate) struct Playing {
    /// Its own time.
    pub(crate) clock: Clock,
    scenes: Vec<String>,
}

impl Playing {
    pub(crate) fn new(demo: Demo) -> Self {
        Self { clock: Clock::starting_at(moment(demo.seed)), scenes: demo.scenes }
    }

    /// Plays the scenes of every provider as of now.
    pub(crate) async fn play(&self, providers: &[&'static Provider]) -> UsageSnapshotBundle {
        let mut seats = Vec::new();
        for provider in providers {
            let wanted = |scene: &&Scene| {
                self.scenes.is_empty() || self.scenes.iter().any(|name| name == scene.name)
            };
            for scene in provider.scenes.iter().filter(wanted) {
                seats.extend(play_scene(provider, scene, self.clock.now()).await);
            }
        }
        UsageSnapshotBundle { seq: 0, seats, refreshing: false }
    }
}

/// The moment around which the answers were recorded, in UTC. The seed moves it within the next hour, so that
/// countdowns and pace differ from seed to seed and are the same for the same seed.
fn moment(seed: u64) -> DateTime<Utc> {
    const RECORDED: i64 = 1_789_473_600; // 2026-09-15T12:00:00Z
    let minutes = i64::try_from(seed % 60).unwrap_or_default();
    DateTime::from_timestamp(RECORDED, 0).unwrap_or_default() + TimeDelta::minutes(minutes)
}

/// A host over the recorded files of a scene, whose requests its takes answer.
pub fn host(scene: &Scene, takes: &'static [Take], clock: Clock) -> Host {
    let files = Files::memory();
    for (path, text) in scene.files {
        // Placing a file into memory cannot fail.
        files.place(&Path::new(HOME).join(path), text.as_bytes(), clock.now()).ok();
    }
    Host {
        env: Environment::of(HOME, []),
        files,
        http: Http::recorded(move |request| answer(takes, request)),
        processes: Processes::none(),
        secrets: Secrets::in_memory(),
        clock,
    }
}

fn answer(takes: &[Take], request: &Request) -> Result<Response, HttpError> {
    let take =
        takes.iter().find(|take| request.url.contains(take.url)).ok_or(HttpError::Connect)?;
    let headers = take
        .headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Ok(Response { status: take.status, headers, body: take.body.as_bytes().to_vec() })
}

/// How a provider is shown that nobody knows.
pub(crate) fn nobody() -> ProviderInfo {
    ProviderInfo {
        id: ProviderId::new("none"),
        name: "Nobody".into(),
        short: "--".into(),
        dashboard: String::new(),
    }
}

/// A scene of a provider that is asked with a typed secret begins with one.
async fn type_secrets(provider: &Provider, scene: &Scene, host: &Host) {
    for field in provider.secrets.iter().filter(|_| scene.is_by_secret()) {
        let (key, secret) = (provider.secret_key(field.id), SecretString::from("demo-secret"));
        host.secrets.set(&key, secret, Keep::Session).await.ok(); // memory keeps it
    }
}

async fn play_scene(
    provider: &'static Provider,
    scene: &Scene,
    moment: DateTime<Utc>,
) -> Option<SeatState> {
    let settings = ProviderSettings::default();
    let clock = Clock::told(moment - EARLIER);
    let first = host(scene, scene.earlier, clock.clone());
    type_secrets(provider, scene, &first).await;
    let found = pipeline::discover(provider, &settings, &first).await.into_iter().next()?;
    let seat = Seat { provider: provider.id.clone(), account: AccountKey::owned(scene.name) };
    let mut state = SeatState::unknown(seat, provider.info());
    state.origin = Origin::Demo;
    state.account.clone_from(&found.account);
    let acts: &[(&'static [Take], DateTime<Utc>)] =
        &[(scene.earlier, moment - EARLIER), (scene.now, moment)];
    for (takes, at) in acts {
        if takes.is_empty() && *at < moment {
            continue;
        }
        clock.set(*at);
        let host = host(scene, takes, clock.clone());
        type_secrets(provider, scene, &host).await;
        let book = GateBook::in_memory();
        let errand = pipeline::Errand {
            provider,
            found: &found,
            settings: &settings,
            host: &host,
            book: &book,
            fresh_for: TimeDelta::minutes(5),
        };
        take_in(&mut state, pipeline::poll(errand).await.poll, *at);
    }
    Some(state)
}

fn take_in(state: &mut SeatState, poll: Poll, at: DateTime<Utc>) {
    for (via, reading) in poll.readings {
        state.observe(reading, &via, at);
    }
    state.attempts = poll.attempts;
    if let Standing::Troubled(failure) = poll.standing {
        state.fail(failure);
    }
    state.next_poll = Some(at + TimeDelta::minutes(5));
}
