//! The loop itself: due times, flights, commands.

use crate::{
    Command, Fetch, Jitter, Now, Nudge, SeatPlan,
    slot::{Caller, Slot},
    words,
};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Poll, ProviderId, Reading, Seat, SeatState, SourceId, UsageSnapshotBundle, schedule,
};
use futures::FutureExt as _;
use std::{collections::HashSet, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// A poll ends within this time, whatever its sources do.
const FLIGHT_TIMEOUT: Duration = Duration::from_mins(1);
/// Due times are wall clock, so the loop looks at it at least this often to notice a sleep.
const HEARTBEAT: Duration = Duration::from_mins(1);
/// The wall clock may run ahead of the monotonic one by this much before that counts as a sleep.
const SLEPT: TimeDelta = TimeDelta::seconds(30);

pub(crate) struct PollLoop {
    fetch: Fetch,
    now: Now,
    jitter: Jitter,
    inbox: mpsc::Receiver<Command>,
    out: watch::Sender<Arc<UsageSnapshotBundle>>,
    slots: Vec<Slot>,
    flights: JoinSet<(Seat, Poll)>,
    /// Seats in flight. A seat that goes and comes back meanwhile joins its flight, so this is not kept with the slots.
    flying: HashSet<Seat>,
    shown: Option<UsageSnapshotBundle>,
    /// Whether a person waits for a refresh.
    refreshing: bool,
}

impl PollLoop {
    pub(crate) fn new(
        fetch: Fetch,
        now: Now,
        jitter: Jitter,
        inbox: mpsc::Receiver<Command>,
        out: watch::Sender<Arc<UsageSnapshotBundle>>,
    ) -> Self {
        let (slots, flights, flying) = (Vec::new(), JoinSet::new(), HashSet::new());
        let (shown, refreshing) = (None, false);
        Self { fetch, now, jitter, inbox, out, slots, flights, flying, shown, refreshing }
    }

    pub(crate) async fn run(mut self, stop: CancellationToken) {
        loop {
            self.start_due();
            let nap = self.nap();
            let (wall, monotonic) = ((self.now)(), Instant::now());
            tokio::select! {
                () = stop.cancelled() => return,
                Some(landed) = self.flights.join_next() => {
                    if let Ok((seat, poll)) = landed {
                        self.land(&seat, poll);
                    }
                }
                command = self.inbox.recv() => match command {
                    Some(command) => self.obey(command),
                    None => return,
                },
                () = tokio::time::sleep(nap) => {}
            }
            self.notice_sleep(wall, monotonic);
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Refresh(scope, done) => self.refresh(scope.as_ref(), done),
            Command::SetSeats(plans, done) => {
                self.set_seats(plans);
                self.publish();
                done.send(()).ok(); // the caller has given up
            }
            Command::Observe(seat, via, reading, done) => {
                self.observe(&seat, &via, *reading);
                done.send(()).ok(); // the caller has given up
            }
            Command::Recall(state, done) => {
                self.recall(*state);
                done.send(()).ok(); // the caller has given up
            }
            Command::Nudge(nudge) => self.nudge(&nudge),
            Command::Show(bundle, done) => {
                self.shown = bundle;
                self.publish();
                done.send(()).ok(); // the caller has given up
            }
        }
    }

    fn refresh(&mut self, scope: Option<&ProviderId>, done: oneshot::Sender<()>) {
        let caller = Caller::new(done);
        for n in 0..self.slots.len() {
            if scope.is_none_or(|provider| self.slots[n].state.seat.provider == *provider) {
                self.slots[n].waiting.push(Caller::clone(&caller));
                self.start(n);
            }
        }
        self.refreshing = self.someone_waits();
        self.publish();
    }

    fn set_seats(&mut self, plans: Vec<SeatPlan>) {
        let now = (self.now)();
        let mut old = std::mem::take(&mut self.slots);
        for plan in plans {
            let known = old.iter().position(|slot| slot.state.seat == plan.state.seat);
            match known {
                Some(at) => {
                    let mut slot = old.swap_remove(at);
                    slot.replan(plan, now);
                    self.slots.push(slot);
                }
                None => self.slots.push(Slot::new(plan, now, (self.jitter)())),
            }
        }
        self.refreshing = self.someone_waits();
    }

    fn observe(&mut self, seat: &Seat, via: &SourceId, reading: Reading) {
        let (now, jitter) = ((self.now)(), (self.jitter)());
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.state.seat == *seat) {
            slot.observe(reading, via, now, jitter);
            self.publish();
        }
    }

    fn recall(&mut self, state: SeatState) {
        let now = (self.now)();
        if let Some(slot) = self.slots.iter_mut().find(|slot| slot.state.seat == state.seat)
            && slot.recall(state, now)
        {
            self.publish();
        }
    }

    fn nudge(&mut self, nudge: &Nudge) {
        let now = (self.now)();
        match nudge {
            Nudge::Credential(provider) => {
                for slot in self.slots.iter_mut().filter(|s| s.state.seat.provider == *provider) {
                    slot.credential_changed(self.flying.contains(&slot.state.seat), now);
                }
            }
            Nudge::Wake | Nudge::NetworkUp => self.spread(now),
        }
        self.publish();
    }

    /// Seats that are due, or that had no connection, are polled soon, but not all at once.
    fn spread(&mut self, now: DateTime<Utc>) {
        for slot in &mut self.slots {
            slot.connected(schedule::after_wake(now, (self.jitter)()), now);
        }
    }

    fn notice_sleep(&mut self, wall: DateTime<Utc>, monotonic: Instant) {
        let now = (self.now)();
        let passed = TimeDelta::from_std(monotonic.elapsed()).unwrap_or_default();
        let drift = now - wall - passed;
        if drift > SLEPT {
            tracing::debug!(seconds = drift.num_seconds(), "the machine slept");
            self.spread(now);
            self.publish();
        } else if drift < -SLEPT {
            tracing::debug!(seconds = drift.num_seconds(), "the clock was set back");
            for slot in &mut self.slots {
                slot.clock_set_back(now);
            }
            self.publish();
        }
    }

    fn start_due(&mut self) {
        let now = (self.now)();
        for n in 0..self.slots.len() {
            if self.slots[n].due <= now {
                self.start(n);
            }
        }
    }

    /// Asks a seat, unless it is being asked already.
    fn start(&mut self, n: usize) {
        let seat = self.slots[n].state.seat.clone();
        if !self.flying.insert(seat.clone()) {
            return;
        }
        let (fetch, clock) = (Arc::clone(&self.fetch), Arc::clone(&self.now));
        self.flights.spawn(async move {
            let guarded = AssertUnwindSafe(async { fetch(seat.clone()).await }).catch_unwind();
            let poll = match tokio::time::timeout(FLIGHT_TIMEOUT, guarded).await {
                Ok(Ok(poll)) => poll,
                Ok(Err(_)) => words::panicked(clock()),
                Err(_) => words::hung(clock()),
            };
            (seat, poll)
        });
    }

    fn land(&mut self, seat: &Seat, poll: Poll) {
        let (now, jitter) = ((self.now)(), (self.jitter)());
        self.flying.remove(seat);
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.state.seat == *seat) else {
            return;
        };
        slot.take_in(poll, now, jitter);
        let told = std::mem::take(&mut slot.waiting);
        self.refreshing = self.someone_waits();
        self.publish();
        drop(told); // only now: whoever waited sees what was published
    }

    fn someone_waits(&self) -> bool {
        self.slots.iter().any(|slot| !slot.waiting.is_empty())
    }

    /// Tells what changed; nothing is told where nothing did.
    fn publish(&mut self) {
        let seats = match &self.shown {
            Some(shown) => shown.seats.clone(),
            None => self.slots.iter().map(|slot| slot.state.clone()).collect(),
        };
        let refreshing = self.refreshing;
        self.out.send_if_modified(|bundle| {
            let changed =
                bundle.seats != seats || bundle.refreshing != refreshing || bundle.seq == 0;
            if changed {
                *bundle = Arc::new(UsageSnapshotBundle { seq: bundle.seq + 1, seats, refreshing });
            }
            changed
        });
    }

    fn nap(&self) -> Duration {
        let now = (self.now)();
        let idle = self.slots.iter().filter(|slot| !self.flying.contains(&slot.state.seat));
        let next = idle.map(|slot| slot.due).min();
        next.map_or(HEARTBEAT, |due| (due - now).to_std().unwrap_or_default().min(HEARTBEAT))
    }
}
