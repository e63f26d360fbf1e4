//! The loop itself: due times, flights, commands.

use crate::{Command, Fetch, Jitter, Now, Nudge, SeatPlan, slot::Slot};
use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{
    Failure, Poll, ProviderId, Reading, Seat, SourceId, Trouble, UsageSnapshotBundle, schedule,
};
use futures::FutureExt as _;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
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
        let (slots, flights) = (Vec::new(), JoinSet::new());
        Self { fetch, now, jitter, inbox, out, slots, flights, shown: None, refreshing: false }
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
            Command::Observe(seat, via, reading) => self.observe(&seat, &via, *reading),
            Command::Nudge(nudge) => self.nudge(&nudge),
            Command::Show(bundle, done) => {
                self.shown = bundle;
                self.publish();
                done.send(()).ok(); // the caller has given up
            }
        }
    }

    fn refresh(&mut self, scope: Option<&ProviderId>, done: oneshot::Sender<()>) {
        let wanted: Vec<usize> = (0..self.slots.len())
            .filter(|n| scope.is_none_or(|id| self.slots[*n].state.seat.provider == *id))
            .collect();
        // Whoever refreshes waits for the slowest: each flight holds a sender, and the last one that lands frees them.
        let (landed, mut all_landed) = mpsc::channel::<()>(1);
        for n in &wanted {
            let (told, wait) = oneshot::channel();
            self.slots[*n].waiting.push(told);
            let landed = landed.clone();
            tokio::spawn(async move {
                wait.await.ok(); // told, or the seat is gone
                drop(landed);
            });
            if !self.slots[*n].in_flight {
                self.start(*n);
            }
        }
        drop(landed);
        tokio::spawn(async move {
            all_landed.recv().await;
            done.send(()).ok(); // the caller has given up
        });
        if !wanted.is_empty() {
            self.refreshing = true;
            self.publish();
        }
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
                None => self.slots.push(Slot::new(plan, now)),
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

    fn nudge(&mut self, nudge: &Nudge) {
        let now = (self.now)();
        match nudge {
            Nudge::Credential(provider) => {
                for slot in
                    self.slots.iter_mut().filter(|slot| slot.state.seat.provider == *provider)
                {
                    slot.again |= slot.in_flight;
                    slot.sooner(now);
                }
            }
            Nudge::Wake | Nudge::NetworkUp => self.spread(now),
        }
        self.publish();
    }

    /// Seats that are due, or that had no connection, are polled soon, but not all at once.
    fn spread(&mut self, now: DateTime<Utc>) {
        for slot in &mut self.slots {
            let soon = schedule::after_wake(now, (self.jitter)());
            let down = slot
                .state
                .failure
                .as_ref()
                .is_some_and(|failure| failure.trouble == Trouble::UpstreamDown);
            if slot.due <= now {
                slot.due = soon;
                slot.state.next_poll = Some(soon);
            } else if down {
                slot.sooner(soon);
            }
        }
    }

    fn notice_sleep(&mut self, wall: DateTime<Utc>, monotonic: Instant) {
        let now = (self.now)();
        let passed = TimeDelta::from_std(monotonic.elapsed()).unwrap_or_default();
        let drift = now - wall - passed;
        if drift > SLEPT {
            tracing::debug!(seconds = drift.num_seconds(), "the machine slept");
            self.spread(now);
        } else if drift < -SLEPT {
            for slot in &mut self.slots {
                let latest = now + slot.interval * 2;
                slot.not_later_than(latest);
            }
        }
    }

    fn start_due(&mut self) {
        let now = (self.now)();
        for n in 0..self.slots.len() {
            if self.slots[n].due <= now && !self.slots[n].in_flight {
                self.start(n);
            }
        }
    }

    fn start(&mut self, n: usize) {
        let now = (self.now)();
        let slot = &mut self.slots[n];
        slot.in_flight = true;
        slot.again = false;
        // While it is in flight it is not due; landing plans it anew.
        slot.due = now + slot.interval;
        let (seat, fetch, clock) =
            (slot.state.seat.clone(), Arc::clone(&self.fetch), Arc::clone(&self.now));
        self.flights.spawn(async move {
            let guarded = AssertUnwindSafe(async { fetch(seat.clone()).await }).catch_unwind();
            let poll = match tokio::time::timeout(FLIGHT_TIMEOUT, guarded).await {
                Ok(Ok(poll)) => poll,
                Ok(Err(_)) => {
                    failed(Trouble::BadPayload, "A source of Claudometer's own failed.", clock())
                }
                Err(_) => failed(Trouble::UpstreamDown, "No answer came within a minute.", clock()),
            };
            (seat, poll)
        });
    }

    fn land(&mut self, seat: &Seat, poll: Poll) {
        let (now, jitter) = ((self.now)(), (self.jitter)());
        let Some(slot) = self.slots.iter_mut().find(|slot| slot.state.seat == *seat) else {
            return;
        };
        slot.in_flight = false;
        slot.take_in(poll, now, jitter);
        if slot.again {
            slot.sooner(now);
        }
        let waiting = std::mem::take(&mut slot.waiting);
        self.refreshing = self.someone_waits();
        self.publish();
        for waiter in waiting {
            waiter.send(()).ok(); // the caller has given up
        }
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
        let next = self.slots.iter().filter(|slot| !slot.in_flight).map(|slot| slot.due).min();
        next.map_or(HEARTBEAT, |due| (due - now).to_std().unwrap_or_default().min(HEARTBEAT))
    }
}

fn failed(trouble: Trouble, detail: &str, now: DateTime<Utc>) -> Poll {
    let failure = Failure {
        trouble,
        source: None,
        detail: detail.to_owned(),
        remedy: "Claudometer tries again by itself; the log says more.".to_owned(),
        since: now,
        at: now,
        shape: None,
    };
    let pause =
        if trouble == Trouble::BadPayload { TimeDelta::minutes(5) } else { TimeDelta::zero() };
    Poll {
        readings: Vec::new(),
        attempts: Vec::new(),
        failure: Some(failure),
        not_before: now + pause,
    }
}
