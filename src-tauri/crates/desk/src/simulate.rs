//! Made-up numbers, to see what an alert looks like. They carry their origin and leave no mark on the real ones.

use crate::{
    demo,
    desk::{Desk, Scrolled, held},
    notify::{self, Note},
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    AccountKey, Coverage, Origin, Percent, ProviderId, Reading, Scope, Seat, SeatState, SourceId,
    UsageSnapshotBundle, Window, WindowKind,
};
use claudometer_provider::Provider;
use claudometer_view::tray::Simulation;

const VIA: SourceId = SourceId::new("simulated");
/// Windows and their lengths in minutes.
const WINDOWS: [(&str, WindowKind, u32); 2] =
    [("session", WindowKind::Session, 300), ("weekly", WindowKind::Weekly, 10_080)];

impl Desk {
    /// Shows made-up numbers and alerts as they would.
    pub async fn simulate(&self, what: Simulation) {
        held(&self.0.alerting).forget_simulated();
        let now = self.0.host.now();
        let near = TimeDelta::hours(2);
        let acts: &[(f64, TimeDelta)] = match what {
            Simulation::BelowLimit => &[(50.0, near)],
            Simulation::NearLimit => &[(50.0, near), (95.0, near)],
            // The end of a period, and the next one seen twice: as real vendors show it.
            Simulation::Reset => &[
                (95.0, TimeDelta::seconds(-1)),
                (2.0, TimeDelta::hours(300)),
                (2.0, TimeDelta::hours(300)),
            ],
        };
        for (step, (used, ends)) in (0_i64..).zip(acts) {
            let seen = now - TimeDelta::seconds(10) + TimeDelta::seconds(step);
            let ends = if what == Simulation::Reset && step == 0 {
                seen + TimeDelta::seconds(1)
            } else {
                now + *ends
            };
            let bundle = UsageSnapshotBundle {
                seq: 0,
                seats: vec![self.made_up(*used, ends, seen)],
                refreshing: false,
            };
            let alerts = held(&self.0.alerting).decide(&bundle, &self.settings(), seen);
            self.0.engine.show_simulated(Some(bundle)).await;
            self.tell(alerts).await;
        }
        self.render();
    }

    /// Shows the real numbers again.
    pub async fn end_simulation(&self) {
        self.0.engine.show_simulated(None).await;
        self.render();
    }

    fn made_up(&self, used: f64, ends: DateTime<Utc>, seen: DateTime<Utc>) -> SeatState {
        let polled = held(&self.0.census).polled.first().map(|place| place.provider);
        let provider = polled.or_else(|| self.providers().first().copied());
        let info = provider.map_or_else(demo::nobody, Provider::info);
        let seat = Seat { provider: info.id.clone(), account: AccountKey::new("simulated") };
        let mut state = SeatState { origin: Origin::Simulated, ..SeatState::unknown(seat, info) };
        let windows = WINDOWS.map(|(id, kind, minutes)| Window {
            id: id.into(),
            kind,
            scope: Scope::default(),
            used: Percent::new(used),
            resets_at: Some(ends),
            minutes: Some(minutes),
            unlimited: false,
        });
        state.observe(
            Reading { windows: windows.into(), ..Reading::empty(Coverage::Complete) },
            &VIA,
            seen,
        );
        state
    }

    /// Moves the provider that icon and title are about: all, the first, the second... For this run only.
    pub fn show_other(&self, step: i32) {
        let mut ids: Vec<Option<ProviderId>> = vec![None];
        for place in &held(&self.0.census).polled {
            if !ids.contains(&Some(place.provider.id.clone())) {
                ids.push(Some(place.provider.id.clone()));
            }
        }
        let shown = self.settings().display.shown_provider;
        let at = ids.iter().position(|id| *id == shown).unwrap_or(0);
        let count = i32::try_from(ids.len()).unwrap_or(1);
        let next = (i32::try_from(at).unwrap_or(0) + step).rem_euclid(count);
        let provider = ids.into_iter().nth(usize::try_from(next).unwrap_or(0)).flatten();
        *held(&self.0.scrolled_to) = Scrolled::To(provider);
        self.render();
    }

    /// Whether anything shown is old, failing or missing, so that asking is worth while.
    pub fn wants_refresh(&self) -> bool {
        let (now, bundle) = (self.0.host.now(), self.snapshot());
        let interval = TimeDelta::seconds(i64::from(self.settings().refresh_interval_seconds));
        bundle.seats.iter().any(|seat| {
            seat.failure.is_some()
                || seat.last_good.as_ref().is_none_or(|good| now - good.at >= interval)
        })
    }

    /// Tells something that no window shows.
    pub async fn say(&self, text: &str) {
        let note = Note {
            title: "Claudometer".into(),
            body: text.to_owned(),
            urgent: false,
            sound: false,
        };
        if let Err(error) = notify::show(&self.0.host, &note).await {
            tracing::warn!(%error, text, "not told");
        }
    }
}
