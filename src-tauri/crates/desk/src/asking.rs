//! Asking: the engine's way to the pipeline, and what files on this machine tell by themselves.

use crate::{
    desk::{Desk, Inner, held},
    seats::Place,
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Poll, Reading, Seat, SeatState, SourceId, settings::ProviderSettings};
use claudometer_engine::Nudge;
use claudometer_host::watch::Watch;
use claudometer_provider::{homes, pipeline};
use futures::{FutureExt as _, future::BoxFuture};
use std::{
    path::PathBuf,
    sync::{Arc, Weak},
    time::Duration,
};

/// Files of an assistant change in bursts while it works: one look per burst.
const SETTLE: Duration = Duration::from_millis(300);
/// How often, and how many times, it is looked for the answer that another process waits for.
const LOOK_STEP: Duration = Duration::from_millis(200);
const LOOKS: u32 = 75;
/// No question takes longer.
const LONGEST_ASKED: TimeDelta = TimeDelta::minutes(1);
/// Between two looks at files that change all the time.
const LOOK_PAUSE: Duration = Duration::from_secs(1);

/// The engine's way to a poll. It holds the desk weakly: the desk owns the engine.
pub(crate) fn fetch_through(desk: Weak<Inner>) -> claudometer_engine::Fetch {
    Arc::new(move |seat: Seat| -> BoxFuture<'static, Poll> {
        let desk = desk.clone();
        async move {
            match desk.upgrade() {
                Some(inner) => Desk(inner).poll(seat).await,
                None => Poll::unchanged(DateTime::<Utc>::MAX_UTC),
            }
        }
        .boxed()
    })
}

impl Desk {
    /// Follows credential files, logs and status lines: a change is seen within a second.
    pub(crate) async fn follow_files(self) {
        let (mut watch, mut changed) = Watch::new();
        loop {
            let watched = held(&self.0.census).watched.clone();
            let ours = [self.0.paths.passive(), held(&self.0.settings).path().clone()];
            watch.set(watched.iter().cloned().chain(ours));
            let mut paths: Vec<PathBuf> = Vec::new();
            tokio::select! {
                () = self.0.stop.cancelled() => return,
                () = self.0.counted.notified() => continue,
                path = changed.recv() => paths.extend(path),
            }
            tokio::time::sleep(SETTLE).await;
            while let Ok(path) = changed.try_recv() {
                paths.push(path);
            }
            self.after_change(&paths).await;
        }
    }

    async fn after_change(&self, paths: &[PathBuf]) {
        let before = self.settings();
        if held(&self.0.settings).reload(paths) {
            tracing::info!("the settings file was changed by another program");
            self.recall_providers();
            self.follow_other_releases(&before);
            self.recount().await;
            self.render();
        }
        if held(&self.0.demo).is_some() {
            return;
        }
        self.recount().await;
        let places = held(&self.0.census).polled.clone();
        for provider in self.providers() {
            let choice = self.settings().provider(&provider.id);
            let credentials = homes::watched(provider, &choice, &self.0.host, |spec| !spec.passive);
            if paths.iter().any(|path| credentials.contains(path)) {
                self.0.engine.nudge(Nudge::Credential(provider.id.clone())).await;
            }
            for place in places.iter().filter(|place| place.provider.id == provider.id) {
                self.look(place).await;
            }
        }
        tokio::time::sleep(LOOK_PAUSE).await;
    }

    /// Takes in what lies on this machine of every account: a remembered number never stands before a newer record.
    pub(crate) async fn look_everywhere(&self) {
        if held(&self.0.demo).is_some() {
            return;
        }
        let places = held(&self.0.census).polled.clone();
        for place in &places {
            self.look(place).await;
        }
    }

    /// Takes in what lies on this machine of one account, each number by its own time.
    async fn look(&self, place: &Place) {
        let settings = self.settings().provider(&place.provider.id);
        for (via, reading) in pipeline::look(self.errand(place, &settings)).await {
            self.0.engine.observe(place.found.seat.clone(), via, reading).await;
        }
    }

    /// Takes in answers of other accounts than the one that was asked for: each belongs to its own seat, or to none.
    async fn redirect(&self, asked: &Place, answers: Vec<(SourceId, Reading)>) {
        self.recount().await;
        for (via, reading) in answers {
            let owner = {
                let census = held(&self.0.census);
                let of_provider =
                    census.polled.iter().filter(|place| place.provider.id == asked.provider.id);
                let mut same =
                    of_provider.filter(|place| match (&place.found.account, &reading.account) {
                        (Some(known), Some(told)) => known.is_same(told),
                        (None, None) => true,
                        (Some(_), None) | (None, Some(_)) => false,
                    });
                same.next().map(|place| place.found.seat.clone())
            };
            match owner.filter(|owner| *owner != asked.found.seat) {
                Some(owner) => self.0.engine.observe(owner, via, reading).await,
                None => tracing::info!(%via, "an answer of another account was dropped"),
            }
        }
    }

    fn errand<'a>(
        &'a self,
        place: &'a Place,
        settings: &'a ProviderSettings,
    ) -> pipeline::Errand<'a> {
        let interval = self.settings().refresh_interval_seconds;
        pipeline::Errand {
            provider: place.provider,
            found: &place.found,
            settings,
            host: &self.0.host,
            book: &self.0.book,
            fresh_for: TimeDelta::seconds(i64::from(interval)),
        }
    }

    /// A command that asked on its own may have closed the gates just now: what it learned counts here too. Where it is
    /// still asking, and nothing is known of the seat, its answer is waited for.
    async fn recall(&self, seat: &Seat, is_learned_elsewhere: bool) {
        let snapshot = self.snapshot();
        let known = snapshot.seats.iter().find(|state| state.seat == *seat);
        let waits = is_learned_elsewhere && known.is_none_or(|state| !state.has_numbers());
        let looked = known.and_then(SeatState::latest);
        let begun = waits.then(|| self.0.host.now() - LONGEST_ASKED);
        for look in 0..=LOOKS {
            let remembered = self.0.state_file.load().seats;
            let state = remembered.iter().find(|state| state.seat == *seat).cloned();
            let state = state.or_else(|| self.renamed(seat, remembered, looked.max(begun)));
            // That another one was not asked either is no news.
            let is_told = |state: &SeatState| {
                let failed = state.failure.as_ref().is_some_and(|failed| failed.source.is_some());
                state.has_numbers() || failed
            };
            let is_news =
                state.as_ref().is_some_and(|state| state.latest() > looked && is_told(state));
            if let Some(state) = state.filter(|_| is_news || !waits) {
                self.0.engine.recall(state).await;
                return;
            }
            if !waits || look == LOOKS {
                return;
            }
            tokio::time::sleep(LOOK_STEP).await;
        }
    }

    /// What another process learned of the only login of a provider after it was told whose that is: the seat has another
    /// name then.
    fn renamed(
        &self,
        seat: &Seat,
        remembered: Vec<SeatState>,
        since: Option<DateTime<Utc>>,
    ) -> Option<SeatState> {
        let since = since?;
        let is_alone = held(&self.0.census).found_of(&seat.provider).len() == 1;
        let of_provider = |state: &SeatState| state.seat.provider == seat.provider;
        let mut news = remembered
            .into_iter()
            .filter(|state| of_provider(state) && state.latest().is_some_and(|at| at > since));
        let state = news.next().filter(|_| is_alone && news.next().is_none())?;
        Some(SeatState { seat: seat.clone(), ..state })
    }

    async fn poll(&self, seat: Seat) -> Poll {
        let place = held(&self.0.census).place(&seat).cloned();
        let Some(place) = place else { return Poll::unchanged(self.0.host.now()) };
        let settings = self.settings().provider(&place.provider.id);
        if self.0.offline {
            return pipeline::offline(self.errand(&place, &settings)).await;
        }
        let pass = pipeline::poll(self.errand(&place, &settings)).await;
        if pass.poll.readings.is_empty() && pass.poll.failure().is_none() {
            self.recall(&seat, pass.is_learned_elsewhere).await;
        }
        if !pass.organizations.is_empty() {
            held(&self.0.organizations).insert(place.provider.id.clone(), pass.organizations);
        }
        if !pass.elsewhere.is_empty() {
            self.redirect(&place, pass.elsewhere).await;
        }
        pass.poll
    }
}
