//! The one polling loop. Single flight per seat, a schedule of its own for each, one task that owns all state.

mod poll_loop;
mod slot;
#[cfg(test)]
mod tests;
mod words;

use chrono::{DateTime, TimeDelta, Utc};
use claudometer_core::{Poll, ProviderId, Reading, Seat, SeatState, SourceId, UsageSnapshotBundle};
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// Asks one seat's sources, as far as their gates allow.
pub type Fetch = Arc<dyn Fn(Seat) -> BoxFuture<'static, Poll> + Send + Sync>;
/// The wall clock, in UTC.
pub type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;
/// A random number in 0.0-1.0.
pub type Jitter = Arc<dyn Fn() -> f64 + Send + Sync>;

/// Commands that may wait for the loop.
const INBOX: usize = 16;

/// How a seat is polled.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatPlan {
    /// What is known of it, from the last run or nothing.
    pub state: SeatState,
    /// Between polls.
    pub interval: TimeDelta,
    /// Never sooner than this.
    pub floor: TimeDelta,
}

/// Something happened that makes a poll worth while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nudge {
    /// The machine woke from sleep.
    Wake,
    /// A network connection came up.
    NetworkUp,
    /// A credential of this provider changed.
    Credential(ProviderId),
}

#[derive(Debug)]
enum Command {
    Refresh(Option<ProviderId>, oneshot::Sender<()>),
    SetSeats(Vec<SeatPlan>, oneshot::Sender<()>),
    Observe(Seat, SourceId, Box<Reading>, oneshot::Sender<()>),
    Recall(Box<SeatState>, oneshot::Sender<()>),
    Nudge(Nudge),
    Show(Option<UsageSnapshotBundle>, oneshot::Sender<()>),
}

/// A handle to the loop. Cheap to clone. After the loop has ended every call returns at once and does nothing.
#[derive(Debug, Clone)]
pub struct Engine {
    commands: mpsc::Sender<Command>,
    bundles: watch::Receiver<Arc<UsageSnapshotBundle>>,
}

/// Starts the loop; it ends with `stop`.
pub fn spawn(
    fetch: Fetch,
    now: Now,
    jitter: Jitter,
    stop: CancellationToken,
) -> (Engine, JoinHandle<()>) {
    let (commands, inbox) = mpsc::channel(INBOX);
    let (out, bundles) = watch::channel(Arc::default());
    let task = tokio::spawn(poll_loop::PollLoop::new(fetch, now, jitter, inbox, out).run(stop));
    (Engine { commands, bundles }, task)
}

impl Engine {
    /// Asks for fresh numbers of one provider or of all. Returns once they are published. Callers during a pass share it,
    /// and what floors and pauses forbid is not asked.
    pub async fn refresh(&self, scope: Option<ProviderId>) {
        self.told(|done| Command::Refresh(scope, done)).await;
    }

    /// Polls exactly these seats from now on. Seats that stay keep what is known and when they are due.
    pub async fn set_seats(&self, plans: Vec<SeatPlan>) {
        self.told(|done| Command::SetSeats(plans, done)).await;
    }

    /// Takes in a reading that nobody asked for at this seat: it counts from when it was measured, and puts the next poll
    /// off. Returns once it is published.
    pub async fn observe(&self, seat: Seat, via: SourceId, reading: Reading) {
        self.told(|done| Command::Observe(seat, via, Box::new(reading), done)).await;
    }

    /// Takes over what another process learned of a seat, if that is newer than what is known here.
    pub async fn recall(&self, state: SeatState) {
        self.told(|done| Command::Recall(Box::new(state), done)).await;
    }

    /// Tells that something happened.
    pub async fn nudge(&self, nudge: Nudge) {
        self.commands.send(Command::Nudge(nudge)).await.ok(); // the loop has ended
    }

    /// Publishes these seats instead of the live ones, until it is called with `None`. Polling goes on.
    pub async fn show_simulated(&self, bundle: Option<UsageSnapshotBundle>) {
        self.told(|done| Command::Show(bundle, done)).await;
    }

    /// What is known, with every change.
    pub fn bundles(&self) -> watch::Receiver<Arc<UsageSnapshotBundle>> {
        self.bundles.clone()
    }

    async fn told(&self, command: impl FnOnce(oneshot::Sender<()>) -> Command) {
        let (done, told) = oneshot::channel();
        if self.commands.send(command(done)).await.is_ok() {
            told.await.ok(); // the loop has ended meanwhile
        }
    }
}
