//! The loop on a paused clock: an hour takes no time.

mod flights;
mod random;
mod schedule;

use super::*;
use claudometer_core::{
    Account, AccountKey, Attempt, AttemptResult, Coverage, Failure, Percent, ProviderInfo, Scope,
    Skip, Trouble, Window, WindowKind,
};
use futures::FutureExt as _;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicI64, Ordering::SeqCst},
    },
    time::Duration,
};
use tokio::time::{Instant, sleep};

const VIA: SourceId = SourceId::new("test");

fn seat(id: &str) -> Seat {
    Seat { provider: ProviderId::owned(id), account: AccountKey::new("default") }
}

fn plan(id: &str) -> SeatPlan {
    let info = ProviderInfo {
        id: ProviderId::owned(id),
        name: id.into(),
        short: String::new(),
        dashboard: String::new(),
    };
    SeatPlan {
        state: SeatState::unknown(seat(id), info),
        interval: TimeDelta::minutes(5),
        floor: TimeDelta::minutes(1),
    }
}

fn reading(used: f64) -> Reading {
    let window = Window {
        id: "session".into(),
        kind: WindowKind::Session,
        scope: Scope::default(),
        used: Percent::new(used),
        resets_at: None,
        minutes: Some(300),
        unlimited: false,
    };
    Reading { windows: vec![window], ..Reading::empty(Coverage::Complete) }
}

fn failure(trouble: Trouble, at: DateTime<Utc>) -> Failure {
    Failure {
        trouble,
        source: None,
        detail: String::new(),
        remedy: String::new(),
        since: at,
        at,
        shape: None,
    }
}

/// A world in which time is the paused clock's, shifted at will.
#[derive(Clone)]
struct World {
    start: Instant,
    shift_s: Arc<AtomicI64>,
    asked: Arc<Mutex<BTreeMap<String, Vec<i64>>>>,
}

impl World {
    fn new() -> Self {
        Self { start: Instant::now(), shift_s: Arc::default(), asked: Arc::default() }
    }

    fn now(&self) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(self.start.elapsed()).unwrap();
        DateTime::UNIX_EPOCH
            + TimeDelta::days(20_000)
            + passed
            + TimeDelta::seconds(self.shift_s.load(SeqCst))
    }

    fn seconds(&self) -> i64 {
        (self.now() - DateTime::UNIX_EPOCH - TimeDelta::days(20_000)).num_seconds()
    }

    fn asked(&self, id: &str) -> Vec<i64> {
        self.asked.lock().unwrap().get(id).cloned().unwrap_or_default()
    }

    /// An engine whose fetch notes when it was asked, then does what `answer` says of the nth question.
    fn engine<F>(&self, answer: F) -> Engine
    where
        F: Fn(String, usize, DateTime<Utc>) -> BoxFuture<'static, Poll> + Send + Sync + 'static,
    {
        let world = self.clone();
        let fetch: Fetch = Arc::new(move |seat| {
            let id = seat.provider.to_string();
            let nth = {
                let mut asked = world.asked.lock().unwrap();
                let times = asked.entry(id.clone()).or_default();
                times.push(world.seconds());
                times.len()
            };
            answer(id, nth, world.now())
        });
        self.spawn(fetch, 0.0)
    }

    fn spawn(&self, fetch: Fetch, jitter: f64) -> Engine {
        let clock = self.clone();
        let now: Now = Arc::new(move || clock.now());
        spawn(fetch, now, Arc::new(move || jitter), CancellationToken::new()).0
    }
}

fn good(used: f64, now: DateTime<Utc>) -> Poll {
    Poll {
        readings: vec![(VIA, reading(used))],
        attempts: Vec::new(),
        failure: None,
        not_before: now,
    }
}

fn bad(trouble: Trouble, now: DateTime<Utc>, pause_s: i64) -> Poll {
    Poll {
        readings: Vec::new(),
        attempts: Vec::new(),
        failure: Some(failure(trouble, now)),
        not_before: now + TimeDelta::seconds(pause_s),
    }
}

/// An answer of nobody: every gate is closed for so long.
fn skipped(now: DateTime<Utc>, pause_s: i64) -> Poll {
    Poll {
        readings: Vec::new(),
        attempts: Vec::new(),
        failure: None,
        not_before: now + TimeDelta::seconds(pause_s),
    }
}

fn at_once(poll: Poll) -> BoxFuture<'static, Poll> {
    async move { poll }.boxed()
}

fn state(engine: &Engine, id: &str) -> SeatState {
    let bundle = engine.bundles().borrow().clone();
    bundle.seats.iter().find(|state| state.seat == seat(id)).unwrap().clone()
}

fn used(engine: &Engine, id: &str) -> Option<f64> {
    let bundle = engine.bundles().borrow().clone();
    let state = bundle.seats.iter().find(|state| state.seat == seat(id))?;
    state.windows.first()?.value.used.map(Percent::get)
}

fn trouble(engine: &Engine, id: &str) -> Option<Trouble> {
    let bundle = engine.bundles().borrow().clone();
    bundle
        .seats
        .iter()
        .find(|state| state.seat == seat(id))?
        .failure
        .as_ref()
        .map(|failure| failure.trouble)
}

#[tokio::test(start_paused = true)]
async fn ten_refreshes_at_once_are_one_question_per_seat() {
    let world = World::new();
    let engine = world.engine(|_, _, now| {
        async move {
            sleep(Duration::from_secs(2)).await;
            good(1.0, now)
        }
        .boxed()
    });
    engine.set_seats(vec![plan("a"), plan("b")]).await;
    futures::future::join_all((0..10).map(|_| engine.refresh(None))).await;
    assert_eq!((world.asked("a").len(), world.asked("b").len()), (1, 1));
    assert!(!engine.bundles().borrow().refreshing);
}

#[tokio::test(start_paused = true)]
async fn a_slow_seat_holds_up_nobody() {
    let world = World::new();
    let engine = world.engine(|id, _, now| {
        async move {
            sleep(Duration::from_secs(if id == "slow" { 50 } else { 1 })).await;
            good(7.0, now)
        }
        .boxed()
    });
    engine.set_seats(vec![plan("slow"), plan("quick")]).await;
    sleep(Duration::from_secs(2)).await;
    assert_eq!((used(&engine, "slow"), used(&engine, "quick")), (None, Some(7.0)));
    engine.refresh(Some(ProviderId::new("quick"))).await;
    assert_eq!(world.seconds(), 3, "a refresh of one provider does not wait for another");
}

#[tokio::test(start_paused = true)]
async fn a_rate_limited_seat_keeps_its_numbers_and_slows_nobody_else() {
    let world = World::new();
    let engine = world.engine(|id, nth, now| {
        let poll = if id == "a" && nth > 1 {
            bad(Trouble::RateLimited, now, 3600)
        } else {
            good(9.0, now)
        };
        async move { poll }.boxed()
    });
    engine.set_seats(vec![plan("a"), plan("b")]).await;
    sleep(Duration::from_mins(50)).await;
    assert_eq!(
        (used(&engine, "a"), trouble(&engine, "a")),
        (Some(9.0), Some(Trouble::RateLimited))
    );
    assert_eq!(world.asked("a").len(), 2, "the vendor's pause holds");
    assert!(world.asked("b").len() >= 9);
}

#[tokio::test(start_paused = true)]
async fn a_panic_and_a_hang_are_failures_and_nothing_spins() {
    let world = World::new();
    let engine = world.engine(|id, _, now| {
        async move {
            assert_ne!(id, "panics", "on purpose");
            sleep(Duration::from_secs(4000)).await;
            good(1.0, now)
        }
        .boxed()
    });
    engine.set_seats(vec![plan("panics"), plan("hangs")]).await;
    sleep(Duration::from_secs(61)).await;
    assert_eq!(trouble(&engine, "panics"), Some(Trouble::BadPayload));
    assert_eq!(trouble(&engine, "hangs"), Some(Trouble::UpstreamDown));
    assert_eq!(world.asked("panics").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_passive_readings_cost_no_poll() {
    let world = World::new();
    let engine = world.engine(|_, _, now| async move { good(1.0, now) }.boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(1)).await;
    for n in 0..20 {
        engine.observe(seat("a"), SourceId::new("line"), reading(f64::from(n))).await;
        sleep(Duration::from_secs(30)).await;
    }
    assert_eq!(world.asked("a").len(), 1);
    assert_eq!(used(&engine, "a"), Some(19.0));
}

#[tokio::test(start_paused = true)]
async fn a_changed_credential_is_tried_at_once_even_during_a_flight() {
    let world = World::new();
    let engine = world.engine(|_, nth, now| {
        async move {
            sleep(Duration::from_secs(1)).await;
            if nth < 3 { bad(Trouble::AuthExpired, now, 3600) } else { good(4.0, now) }
        }
        .boxed()
    });
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(10)).await;
    engine.nudge(Nudge::Credential(ProviderId::new("a"))).await;
    sleep(Duration::from_millis(500)).await;
    engine.nudge(Nudge::Credential(ProviderId::new("a"))).await;
    sleep(Duration::from_secs(3)).await;
    assert_eq!((used(&engine, "a"), trouble(&engine, "a")), (Some(4.0), None));
    assert_eq!(world.asked("a"), [0, 10, 11]);
}

#[tokio::test(start_paused = true)]
async fn a_sleep_is_noticed_and_polls_are_spread_after_it() {
    let world = World::new();
    let engine = world.engine(|_, _, now| async move { good(1.0, now) }.boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(30)).await;
    world.shift_s.store(7200, SeqCst);
    sleep(Duration::from_secs(100)).await;
    let asked = world.asked("a");
    assert_eq!(asked.len(), 2);
    let noticed = asked[1] - 7200;
    assert!(
        (35..=100).contains(&noticed),
        "{asked:?}: within a heartbeat, and not at the very moment of waking"
    );
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_does_not_stop_polling() {
    let world = World::new();
    let engine = world.engine(|_, _, now| async move { good(1.0, now) }.boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(30)).await;
    world.shift_s.store(-86_400, SeqCst);
    sleep(Duration::from_mins(15)).await;
    assert!(world.asked("a").len() >= 2, "{:?}", world.asked("a"));
}

#[tokio::test(start_paused = true)]
async fn seats_that_stay_keep_their_numbers_and_new_ones_are_asked_at_once() {
    let world = World::new();
    let engine = world.engine(|_, _, now| async move { good(3.0, now) }.boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(5)).await;
    engine.set_seats(vec![plan("b"), plan("a")]).await;
    assert_eq!(used(&engine, "a"), Some(3.0));
    sleep(Duration::from_secs(1)).await;
    assert_eq!((world.asked("a").len(), world.asked("b").len()), (1, 1));
    let order: Vec<_> = engine
        .bundles()
        .borrow()
        .seats
        .iter()
        .map(|state| state.seat.provider.to_string())
        .collect();
    assert_eq!(order, ["b", "a"]);
}

#[tokio::test(start_paused = true)]
async fn a_remembered_seat_shows_at_once_and_is_polled_when_its_interval_ends() {
    let world = World::new();
    let engine = world.engine(|_, _, now| async move { good(50.0, now) }.boxed());
    let mut remembered = plan("a");
    remembered.state.observe(reading(42.0), &VIA, world.now() - TimeDelta::minutes(2));
    engine.set_seats(vec![remembered]).await;
    assert_eq!(used(&engine, "a"), Some(42.0));
    sleep(Duration::from_mins(4)).await;
    assert_eq!(world.asked("a"), [180]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_window_is_seen_within_a_minute() {
    let world = World::new();
    let ends = world.now() + TimeDelta::minutes(7);
    let engine = world.engine(move |_, _, now| {
        let mut reading = reading(10.0);
        reading.windows[0].resets_at = Some(ends);
        async move {
            Poll {
                readings: vec![(VIA, reading)],
                attempts: Vec::new(),
                failure: None,
                not_before: now,
            }
        }
        .boxed()
    });
    engine.set_seats(vec![SeatPlan { floor: TimeDelta::minutes(5), ..plan("a") }]).await;
    sleep(Duration::from_mins(8)).await;
    assert!(world.asked("a").iter().any(|at| (420..=480).contains(at)), "{:?}", world.asked("a"));
}

#[tokio::test(start_paused = true)]
async fn where_nobody_may_be_asked_yet_it_says_so_instead_of_a_number() {
    let world = World::new();
    let engine = world.engine(|_, _, now| {
        async move {
            Poll {
                readings: Vec::new(),
                attempts: Vec::new(),
                failure: None,
                not_before: now + TimeDelta::minutes(9),
            }
        }
        .boxed()
    });
    engine.set_seats(vec![plan("a")]).await;
    engine.refresh(None).await;
    assert_eq!((used(&engine, "a"), trouble(&engine, "a")), (None, Some(Trouble::RateLimited)));
}

#[tokio::test(start_paused = true)]
async fn what_is_simulated_covers_the_live_seats_until_it_ends() {
    let world = World::new();
    let engine = world.engine(|_, _, now| async move { good(5.0, now) }.boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(1)).await;
    let mut fake = plan("fake").state;
    fake.observe(reading(95.0), &VIA, world.now());
    engine
        .show_simulated(Some(UsageSnapshotBundle {
            seats: vec![fake],
            ..UsageSnapshotBundle::default()
        }))
        .await;
    assert_eq!((used(&engine, "fake"), used(&engine, "a")), (Some(95.0), None));
    engine.show_simulated(None).await;
    assert_eq!((used(&engine, "fake"), used(&engine, "a")), (None, Some(5.0)));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_published_where_nothing_changed() {
    let world = World::new();
    let engine = world.engine(|_, _, now| async move { good(5.0, now) }.boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(1)).await;
    let before = engine.bundles().borrow().seq;
    engine.show_simulated(None).await;
    engine.nudge(Nudge::NetworkUp).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(engine.bundles().borrow().seq, before);
}
