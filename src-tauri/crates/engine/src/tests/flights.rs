//! Who is asked, how often at once, and what is told of it.

use super::*;
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// Counts how many questions to one seat are open at once.
#[derive(Clone, Default)]
pub(super) struct Radar {
    flying: Arc<Mutex<BTreeMap<String, usize>>>,
    most: Arc<AtomicUsize>,
}

impl Radar {
    pub(super) fn watch(
        &self,
        id: String,
        flight: impl Future<Output = Poll> + Send + 'static,
    ) -> BoxFuture<'static, Poll> {
        let radar = self.clone();
        async move {
            let open = {
                let mut flying = radar.flying.lock().unwrap();
                let open = flying.entry(id.clone()).or_default();
                *open += 1;
                *open
            };
            radar.most.fetch_max(open, SeqCst);
            let _landing = Landing(radar, id); // a flight that is cut off lands too
            flight.await
        }
        .boxed()
    }

    pub(super) fn most(&self) -> usize {
        self.most.load(SeqCst)
    }
}

struct Landing(Radar, String);

impl Drop for Landing {
    fn drop(&mut self) {
        *self.0.flying.lock().unwrap().get_mut(&self.1).unwrap() -= 1;
    }
}

async fn after(seconds: u64, poll: Poll) -> Poll {
    sleep(Duration::from_secs(seconds)).await;
    poll
}

#[tokio::test(start_paused = true)]
async fn a_seat_that_goes_and_comes_back_during_a_flight_joins_that_flight() {
    let (world, radar) = (World::new(), Radar::default());
    let watching = radar.clone();
    let engine = world.engine(move |id, _, now| watching.watch(id, after(10, good(6.0, now))));
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(1)).await;
    engine.set_seats(Vec::new()).await;
    engine.set_seats(vec![plan("a")]).await;
    engine.refresh(None).await;
    assert_eq!((radar.most(), world.asked("a").len()), (1, 1));
    assert_eq!((used(&engine, "a"), world.seconds()), (Some(6.0), 10));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_joins_a_poll_that_is_under_way() {
    let world = World::new();
    let engine = world.engine(|_, _, now| after(10, good(6.0, now)).boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(4)).await;
    engine.refresh(None).await;
    assert_eq!((world.seconds(), world.asked("a").len()), (10, 1));
}

#[tokio::test(start_paused = true)]
async fn whoever_refreshes_a_seat_that_goes_is_not_left_waiting() {
    let world = World::new();
    let engine = world.engine(|_, _, now| after(50, good(6.0, now)).boxed());
    engine.set_seats(vec![plan("a")]).await;
    let other = engine.clone();
    let waiting = tokio::spawn(async move { other.refresh(None).await });
    sleep(Duration::from_secs(1)).await;
    assert!(engine.bundles().borrow().refreshing);
    engine.set_seats(Vec::new()).await;
    waiting.await.unwrap();
    assert_eq!(world.seconds(), 1);
    assert!(!engine.bundles().borrow().refreshing);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_of_nothing_returns_at_once() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    engine.refresh(None).await;
    engine.set_seats(vec![plan("a")]).await;
    engine.refresh(Some(ProviderId::new("nobody"))).await;
    assert_eq!(world.seconds(), 0);
    assert!(!engine.bundles().borrow().refreshing);
}

#[tokio::test(start_paused = true)]
async fn refreshing_is_told_when_a_person_asks_and_not_when_a_timer_does() {
    let world = World::new();
    let engine =
        world.engine(|id, _, now| after(if id == "a" { 2 } else { 5 }, good(1.0, now)).boxed());
    let mut bundles = engine.bundles();
    let flags = Arc::new(Mutex::new(vec![false]));
    let told = Arc::clone(&flags);
    tokio::spawn(async move {
        while bundles.changed().await.is_ok() {
            let now = bundles.borrow_and_update().refreshing;
            let mut told = told.lock().unwrap();
            if told.last() != Some(&now) {
                told.push(now);
            }
        }
    });
    engine.set_seats(vec![plan("a"), plan("b")]).await;
    sleep(Duration::from_mins(20)).await;
    assert!(world.asked("a").len() > 2);
    assert_eq!(*flags.lock().unwrap(), [false], "timers are silent");
    futures::future::join(engine.refresh(None), engine.refresh(None)).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(*flags.lock().unwrap(), [false, true, false], "once on and once off");
}

#[tokio::test(start_paused = true)]
async fn each_answer_is_told_as_it_arrives() {
    let world = World::new();
    let engine = world.engine(|id, _, now| after(id.parse().unwrap(), good(1.0, now)).boxed());
    engine.set_seats(vec![plan("30"), plan("3"), plan("12")]).await;
    let mut bundles = engine.bundles();
    bundles.mark_unchanged();
    let mut told = Vec::new();
    for _ in 0..3 {
        bundles.changed().await.unwrap();
        let known = bundles.borrow_and_update().seats.iter().filter(|s| s.has_numbers()).count();
        told.push((world.seconds(), known));
    }
    assert_eq!(told, [(3, 1), (12, 2), (30, 3)]);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_seat_does_not_put_off_the_next_poll_of_another() {
    let world = World::new();
    let engine = world.engine(|id, nth, now| {
        after(if id == "hangs" && nth > 1 { 4000 } else { 0 }, good(1.0, now)).boxed()
    });
    let quick = SeatPlan { interval: TimeDelta::seconds(310), ..plan("quick") };
    engine.set_seats(vec![plan("hangs"), quick]).await;
    sleep(Duration::from_secs(330)).await;
    assert_eq!((world.asked("hangs"), world.asked("quick")), (vec![0, 300], vec![0, 310]));
}

#[tokio::test(start_paused = true)]
async fn a_hang_ends_after_a_minute_and_the_numbers_stay() {
    let world = World::new();
    let engine =
        world.engine(|_, nth, now| after(if nth > 1 { 4000 } else { 0 }, good(8.0, now)).boxed());
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(10)).await;
    engine.refresh(None).await;
    assert_eq!(world.seconds(), 70);
    assert_eq!(
        (used(&engine, "a"), trouble(&engine, "a")),
        (Some(8.0), Some(Trouble::UpstreamDown))
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_await_is_a_failure_of_its_seat_alone() {
    let world = World::new();
    let engine = world.engine(|id, _, now| {
        assert_ne!(id, "panics", "on purpose");
        at_once(good(1.0, now))
    });
    engine.set_seats(vec![plan("panics"), plan("b")]).await;
    engine.refresh(None).await;
    assert_eq!(trouble(&engine, "panics"), Some(Trouble::BadPayload));
    assert_eq!(used(&engine, "b"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn readings_are_taken_in_before_the_failure_that_came_with_them() {
    let world = World::new();
    let engine = world.engine(|_, _, now| {
        let readings = vec![(VIA, reading(10.0)), (SourceId::new("second"), reading(11.0))];
        at_once(Poll { readings, ..bad(Trouble::Blocked, now, 900) })
    });
    engine.set_seats(vec![plan("a")]).await;
    engine.refresh(None).await;
    assert_eq!((used(&engine, "a"), trouble(&engine, "a")), (Some(11.0), Some(Trouble::Blocked)));
    assert_eq!(state(&engine, "a").last_good.unwrap().via, SourceId::new("second"));
}

fn reading_of(email: &str, used: f64) -> Reading {
    let account = Account { email: Some(email.into()), ..Account::default() };
    Reading { account: Some(account), ..reading(used) }
}

#[tokio::test(start_paused = true)]
async fn a_passive_reading_of_a_stranger_or_another_account_is_not_taken() {
    let world = World::new();
    let engine = world.engine(|_, _, now| {
        let readings = vec![(VIA, reading_of("dana@example.com", 20.0))];
        at_once(Poll { readings, ..good(0.0, now) })
    });
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_mins(1)).await;
    let before = engine.bundles().borrow().clone();
    let record = Reading { as_of: Some(world.now()), ..reading_of("eli@example.com", 90.0) };
    engine.observe(seat("a"), VIA, record).await;
    engine.observe(seat("stranger"), VIA, reading(90.0)).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(*engine.bundles().borrow(), before, "neither numbers nor schedule");
}

#[tokio::test(start_paused = true)]
async fn a_login_that_was_exchanged_begins_anew_and_mixes_nothing() {
    let world = World::new();
    let engine = world.engine(|_, nth, now| {
        let email = if nth == 2 { "eli@example.com" } else { "dana@example.com" };
        let mut told = reading_of(email, nth as f64);
        if nth == 1 {
            told.windows.push(Window { id: "weekly".into(), ..told.windows[0].clone() });
        }
        at_once(Poll { readings: vec![(VIA, told)], ..good(0.0, now) })
    });
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(state(&engine, "a").windows.len(), 2);
    sleep(Duration::from_secs(250)).await;
    let eli = state(&engine, "a");
    let email = eli.account.unwrap().email.unwrap();
    assert_eq!((email.as_str(), eli.windows.len(), eli.failure), ("eli@example.com", 1, None));
    sleep(Duration::from_mins(5)).await;
    assert_eq!((used(&engine, "a"), trouble(&engine, "a")), (Some(3.0), None));
    assert_eq!(world.asked("a"), [0, 300, 600]);
}

#[tokio::test(start_paused = true)]
async fn a_record_of_another_account_alone_is_said_to_be_so() {
    let world = World::new();
    let engine = world.engine(|_, nth, now| {
        let email = if nth == 2 { "eli@example.com" } else { "dana@example.com" };
        let told = Reading { as_of: Some(now), ..reading_of(email, nth as f64) };
        at_once(Poll { readings: vec![(VIA, told)], ..good(0.0, now) })
    });
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(310)).await;
    let failure = state(&engine, "a").failure.unwrap();
    assert_eq!((used(&engine, "a"), failure.trouble), (Some(1.0), Trouble::AuthMissing));
    assert!(failure.detail.contains("another account"));
}

#[tokio::test(start_paused = true)]
async fn a_trouble_is_over_where_nothing_is_known_against_the_login_that_is_here() {
    let world = World::new();
    let engine = world.engine(|_, nth, now| match nth {
        1 => at_once(good(1.0, now)),
        2 => at_once(bad(Trouble::AuthExpired, now, 60)),
        3 => at_once(skipped(now, 60)),
        _ => at_once(Poll { standing: Standing::Untroubled, ..skipped(now, 60) }),
    });
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(1)).await;
    engine.refresh(None).await;
    assert_eq!(trouble(&engine, "a"), Some(Trouble::AuthExpired));
    engine.refresh(None).await;
    assert_eq!(trouble(&engine, "a"), Some(Trouble::AuthExpired), "waiting is no new finding");
    engine.refresh(None).await;
    assert_eq!((used(&engine, "a"), trouble(&engine, "a")), (Some(1.0), None));
}

#[tokio::test(start_paused = true)]
async fn seats_that_are_gone_are_neither_shown_nor_asked() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    engine.set_seats(vec![plan("a"), plan("b")]).await;
    sleep(Duration::from_secs(1)).await;
    engine.set_seats(vec![plan("b")]).await;
    sleep(Duration::from_mins(30)).await;
    assert_eq!((world.asked("a").len(), engine.bundles().borrow().seats.len()), (1, 1));
    assert!(world.asked("b").len() > 4);
}

#[tokio::test(start_paused = true)]
async fn the_reason_why_nobody_was_asked_is_the_true_one() {
    let cases = [
        (Skip::Floor, Some(60), Trouble::RateLimited, "too recently"),
        (Skip::ServerPause, Some(60), Trouble::RateLimited, "asked to wait"),
        (Skip::FailurePause, Some(60), Trouble::RateLimited, "failed several times"),
        (Skip::TurnedOff, None, Trouble::NoData, "turned off"),
        (Skip::OtherAccount, None, Trouble::AuthMissing, "another account"),
    ];
    for (why, seconds, kind, words) in cases {
        let world = World::new();
        let engine = world.engine(move |_, _, now| {
            let until = seconds.map(|seconds| now + TimeDelta::seconds(seconds));
            let result = AttemptResult::Skipped { why, until, trouble: None };
            let attempts = vec![Attempt { source: VIA, at: now, result }];
            at_once(Poll { attempts, ..skipped(now, seconds.unwrap_or(0)) })
        });
        engine.set_seats(vec![plan("a")]).await;
        engine.refresh(None).await;
        let failure = state(&engine, "a").failure.unwrap();
        assert_eq!(failure.trouble, kind, "{why:?}");
        assert!(failure.detail.contains(words), "{why:?}: {}", failure.detail);
    }
}

#[tokio::test(start_paused = true)]
async fn polling_goes_on_under_a_simulation() {
    let world = World::new();
    let engine = world.engine(|_, nth, now| at_once(good(nth as f64, now)));
    engine.set_seats(vec![plan("a")]).await;
    engine.show_simulated(Some(UsageSnapshotBundle::default())).await;
    let hidden = engine.bundles().borrow().seq;
    sleep(Duration::from_mins(11)).await;
    assert_eq!(engine.bundles().borrow().seq, hidden, "what is not shown is not told");
    engine.show_simulated(None).await;
    assert_eq!(used(&engine, "a"), Some(3.0));
    assert!(engine.bundles().borrow().seq > hidden);
}

#[tokio::test(start_paused = true)]
async fn after_the_stop_every_call_returns_and_nothing_is_asked() {
    let world = World::new();
    let asked = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&asked);
    let fetch: Fetch = Arc::new(move |_| {
        noted.store(true, SeqCst);
        at_once(good(1.0, DateTime::UNIX_EPOCH))
    });
    let stop = CancellationToken::new();
    let clock = world.clone();
    let (engine, task) =
        spawn(fetch, Arc::new(move || clock.now()), Arc::new(|| 0.0), stop.clone());
    stop.cancel();
    task.await.unwrap();
    engine.set_seats(vec![plan("a")]).await;
    engine.refresh(None).await;
    engine.nudge(Nudge::Wake).await;
    assert!(!asked.load(SeqCst));
}

#[tokio::test(start_paused = true)]
async fn what_another_process_learned_is_taken_over_only_if_it_is_newer() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(skipped(now, 600)));
    engine.set_seats(vec![plan("a")]).await;
    let learned = |used: f64, at: DateTime<Utc>| {
        let mut state = plan("a").state;
        assert!(state.observe(Reading { as_of: Some(at), ..reading(used) }, &VIA, at));
        state
    };
    let now = world.now();
    engine.recall(learned(37.0, now)).await;
    engine.recall(learned(12.0, now - TimeDelta::minutes(1))).await;
    engine.recall(learned(99.0, now + TimeDelta::hours(1))).await;
    engine.refresh(None).await;
    assert_eq!(used(&engine, "a"), Some(99.0));
    let stamp = state(&engine, "a").last_good.unwrap();
    assert!(stamp.at <= world.now(), "a clock that ran ahead is not believed");
    engine.recall(learned(37.0, now - TimeDelta::minutes(1))).await;
    engine.refresh(None).await;
    assert_eq!(used(&engine, "a"), Some(99.0));
}
