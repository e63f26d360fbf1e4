//! Counting which accounts there are, and taking over what is kept of them.

use crate::{
    demo::Playing,
    desk::{Desk, held},
    seats::Census,
};
use claudometer_core::{Seat, SeatState};
use claudometer_provider::{Provider, pipeline};

impl Desk {
    /// Looks again at which accounts there are, and tells the engine.
    pub(crate) async fn recount(&self) {
        let inner = &self.0;
        let demo = held(&inner.demo).clone();
        if let Some(demo) = demo {
            self.show_demo(&demo).await;
            return;
        }
        let settings = self.settings();
        let remembered = inner.state_file.load();
        // What is shown stays shown; of earlier seats only those that are found again.
        let shown = with_more(self.snapshot().seats.clone(), remembered.seats);
        let census = Census::take(self.providers(), &settings, &inner.host, &shown).await;
        inner.host.secrets.note_missing();
        let known = with_more(shown, remembered.former);
        let plans = census.plans(&settings, &known);
        self.rename(&plans.renamed);
        *held(&inner.census) = census;
        inner.engine.set_seats(plans.seats).await;
        inner.counted.notify_one();
    }

    /// Takes over what is kept of seats that go on under other keys.
    fn rename(&self, renamed: &[(Seat, Seat)]) {
        if renamed.is_empty() {
            return;
        }
        self.0.state_file.rename(renamed);
        for (from, to) in renamed {
            held(&self.0.alerting).rename(from, to);
            self.0.limits.rename(from, to, self.0.host.now());
        }
    }

    /// Lets go of what is known of a provider that nothing on this machine could be asked for: a person who forgets the
    /// secret wants the account to go too.
    pub(crate) async fn let_go(&self, provider: &'static Provider) {
        let settings = self.settings();
        let choice = settings.provider(&provider.id);
        if !pipeline::discover(provider, &choice, &self.0.host).await.is_empty() {
            return;
        }
        self.0.state_file.forget(&provider.id);
        let plans = {
            let mut census = held(&self.0.census);
            census.polled.retain(|place| place.provider.id != provider.id);
            census.plans(&settings, &[])
        };
        self.0.engine.set_seats(plans.seats).await;
    }

    async fn show_demo(&self, demo: &Playing) {
        let bundle = demo.play(self.0.built_in).await;
        self.0.engine.set_seats(Vec::new()).await;
        self.0.engine.show_simulated(Some(bundle)).await;
    }
}

/// The states of `known`, and those of other seats in `more`.
fn with_more(mut known: Vec<SeatState>, more: Vec<SeatState>) -> Vec<SeatState> {
    for state in more {
        if known.iter().all(|known| known.seat != state.seat) {
            known.push(state);
        }
    }
    known
}
