//! When a seat is asked.

use super::*;
use std::collections::BTreeSet;

#[tokio::test(start_paused = true)]
async fn a_refresh_that_asks_nobody_leaves_numbers_trouble_and_schedule() {
    let world = World::new();
    let engine = world.engine(|_, nth, now| {
        at_once(match nth {
            1 => good(30.0, now),
            2 => bad(Trouble::UpstreamDown, now, 600),
            _ => skipped(now, 200),
        })
    });
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(310)).await;
    let before = engine.bundles().borrow().clone();
    assert_eq!(before.seats[0].failure.as_ref().unwrap().trouble, Trouble::UpstreamDown);
    engine.refresh(None).await;
    sleep(Duration::from_mins(1)).await;
    engine.refresh(None).await;
    assert_eq!(world.asked("a").len(), 4, "the pipeline decides, so it is asked");
    assert_eq!(engine.bundles().borrow().seats, before.seats);
}

#[tokio::test(start_paused = true)]
async fn a_due_poll_that_asked_nobody_comes_back_when_the_gate_opens() {
    let world = World::new();
    let engine = world
        .engine(|_, nth, now| at_once(if nth == 2 { skipped(now, 40) } else { good(30.0, now) }));
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_mins(6)).await;
    assert_eq!(world.asked("a"), [0, 300, 340]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_retried_when_its_pause_ends_and_not_all_at_one_moment() {
    for (jitter, retried) in [(0.0, 90), (1.0, 99)] {
        let world = World::new();
        let clock = world.clone();
        let times = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&times);
        let fetch: Fetch = Arc::new(move |_| {
            noted.lock().unwrap().push(clock.seconds());
            at_once(bad(Trouble::UpstreamDown, clock.now(), 90))
        });
        let engine = world.spawn(fetch, jitter);
        engine.set_seats(vec![plan("a")]).await;
        sleep(Duration::from_secs(100)).await;
        assert_eq!(*times.lock().unwrap(), [0, retried]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_belief_ends_within_a_day() {
    let world = World::new();
    let engine = world.engine(|_, _, now| {
        at_once(Poll { not_before: DateTime::<Utc>::MAX_UTC, ..bad(Trouble::RateLimited, now, 0) })
    });
    engine.set_seats(vec![plan("a")]).await;
    engine.refresh(None).await;
    let next = state(&engine, "a").next_poll.unwrap();
    assert!(next <= world.now() + TimeDelta::hours(25), "{next}");
}

#[tokio::test(start_paused = true)]
async fn nothing_spins_whatever_a_source_says() {
    for interval in [TimeDelta::minutes(5), TimeDelta::zero()] {
        let world = World::new();
        let engine = world.engine(|_, nth, now| {
            at_once(match nth % 4 {
                0 => skipped(now, 0),
                1 => bad(Trouble::UpstreamDown, now, 0),
                2 => Poll { not_before: now + TimeDelta::milliseconds(1), ..skipped(now, 0) },
                _ => Poll { not_before: DateTime::UNIX_EPOCH, ..good(1.0, now) },
            })
        });
        let floor = TimeDelta::zero();
        engine.set_seats(vec![SeatPlan { interval, floor, ..plan("a") }]).await;
        sleep(Duration::from_mins(10)).await;
        let asked = world.asked("a").len();
        assert!((2..=121).contains(&asked), "{asked}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_passive_reading_does_not_break_the_vendors_pause() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(bad(Trouble::RateLimited, now, 3600)));
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_mins(1)).await;
    engine.observe(seat("a"), VIA, reading(3.0)).await;
    sleep(Duration::from_mins(50)).await;
    assert_eq!((world.asked("a").len(), used(&engine, "a")), (1, Some(3.0)));
}

#[tokio::test(start_paused = true)]
async fn an_old_passive_reading_puts_nothing_off() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_mins(4)).await;
    let old = Some(world.now() - TimeDelta::hours(2));
    engine.observe(seat("a"), VIA, Reading { as_of: old, ..reading(50.0) }).await;
    sleep(Duration::from_mins(2)).await;
    assert_eq!(world.asked("a"), [0, 300]);
}

#[tokio::test(start_paused = true)]
async fn an_old_passive_reading_hastens_nothing_either() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(bad(Trouble::UpstreamDown, now, 0)));
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_secs(20)).await;
    let old = Some(world.now() - TimeDelta::hours(2));
    engine.observe(seat("a"), VIA, Reading { as_of: old, ..reading(50.0) }).await;
    sleep(Duration::from_secs(110)).await;
    assert_eq!((world.asked("a"), used(&engine, "a")), (vec![0, 120], Some(50.0)));
}

#[tokio::test(start_paused = true)]
async fn a_passive_reading_counts_from_when_it_was_measured() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_mins(4)).await;
    let recent = Some(world.now() - TimeDelta::minutes(1));
    engine.observe(seat("a"), VIA, Reading { as_of: recent, ..reading(50.0) }).await;
    sleep(Duration::from_mins(5)).await;
    assert_eq!(world.asked("a"), [0, 480]);
}

#[tokio::test(start_paused = true)]
async fn a_remembered_seat_whose_window_has_ended_is_asked_at_once() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    let mut remembered = plan("a");
    let mut ended = reading(99.0);
    ended.windows[0].resets_at = Some(world.now() - TimeDelta::seconds(30));
    remembered.state.observe(ended, &VIA, world.now() - TimeDelta::minutes(3));
    engine.set_seats(vec![remembered]).await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(world.asked("a"), [0]);
}

#[tokio::test(start_paused = true)]
async fn a_remembered_seat_whose_interval_is_over_is_asked_at_once() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    let mut remembered = plan("a");
    remembered.state.observe(reading(42.0), &VIA, world.now() - TimeDelta::hours(3));
    engine.set_seats(vec![remembered]).await;
    sleep(Duration::from_secs(10)).await;
    assert_eq!(world.asked("a"), [0]);
}

#[tokio::test(start_paused = true)]
async fn another_interval_is_taken_over_and_the_age_that_counts_as_stale_with_it() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    engine.set_seats(vec![SeatPlan { interval: TimeDelta::hours(1), ..plan("a") }]).await;
    sleep(Duration::from_mins(1)).await;
    assert_eq!(state(&engine, "a").stale_after_s, 7260);
    engine.set_seats(vec![SeatPlan { interval: TimeDelta::minutes(2), ..plan("a") }]).await;
    assert_eq!(state(&engine, "a").stale_after_s, 900);
    sleep(Duration::from_mins(5)).await;
    assert_eq!(world.asked("a"), [0, 180, 300]);
}

#[tokio::test(start_paused = true)]
async fn next_poll_is_when_it_really_is_asked() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(1.0, now)));
    engine.set_seats(vec![plan("a")]).await;
    sleep(Duration::from_mins(1)).await;
    let promised = state(&engine, "a").next_poll.unwrap() - world.now();
    assert_eq!(promised, TimeDelta::minutes(4));
    sleep(Duration::from_mins(5)).await;
    assert_eq!(world.asked("a"), [0, 300]);
}

#[tokio::test(start_paused = true)]
async fn a_wake_or_a_returning_network_asks_what_is_down_soon_and_leaves_the_rest() {
    for nudge in [Nudge::Wake, Nudge::NetworkUp] {
        let world = World::new();
        let engine = world.engine(|id, nth, now| {
            at_once(match id.as_str() {
                "down" if nth == 1 => bad(Trouble::UpstreamDown, now, 900),
                "paused" => bad(Trouble::RateLimited, now, 900),
                _ => good(1.0, now),
            })
        });
        engine.set_seats(vec![plan("down"), plan("paused"), plan("well")]).await;
        sleep(Duration::from_mins(1)).await;
        engine.nudge(nudge).await;
        sleep(Duration::from_mins(1)).await;
        assert_eq!(world.asked("down"), [0, 65]);
        assert_eq!((world.asked("paused"), world.asked("well")), (vec![0], vec![0]));
        assert_eq!(trouble(&engine, "down"), None);
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_seats_are_asked_at_different_moments() {
    let world = World::new();
    let clock = world.clone();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let fetch: Fetch = Arc::new(move |_| {
        noted.lock().unwrap().push(clock.seconds());
        at_once(good(1.0, clock.now()))
    });
    let turn = Arc::new(AtomicI64::new(0));
    let jitter: Jitter = Arc::new(move || turn.fetch_add(1, SeqCst).rem_euclid(5) as f64 / 5.0);
    let now = world.clone();
    let (engine, _task) =
        spawn(fetch, Arc::new(move || now.now()), jitter, CancellationToken::new());
    engine.set_seats(["a", "b", "c", "d", "e"].map(plan).into()).await;
    sleep(Duration::from_secs(10)).await;
    asked.lock().unwrap().clear();
    world.shift_s.store(7200, SeqCst);
    engine.nudge(Nudge::Wake).await;
    engine.nudge(Nudge::NetworkUp).await;
    sleep(Duration::from_mins(1)).await;
    let moments: BTreeSet<i64> = asked.lock().unwrap().iter().copied().collect();
    assert_eq!((asked.lock().unwrap().len(), moments.len()), (5, 5), "{moments:?}");
    assert!(moments.iter().all(|at| (7215..=7240).contains(at)), "{moments:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_back_puts_nothing_off_and_freezes_no_number() {
    let world = World::new();
    let engine = world.engine(|id, nth, now| {
        at_once(if id == "paused" && nth == 2 {
            bad(Trouble::RateLimited, now, 1200)
        } else {
            good(nth as f64, now)
        })
    });
    engine.set_seats(vec![plan("a"), plan("paused")]).await;
    sleep(Duration::from_secs(330)).await;
    world.shift_s.store(-86_400, SeqCst);
    sleep(Duration::from_mins(2)).await;
    for id in ["a", "paused"] {
        let state = state(&engine, id);
        assert!(state.next_poll.unwrap() <= world.now() + TimeDelta::minutes(10), "{id}");
        assert!(state.last_good.unwrap().at <= world.now(), "{id}: nothing is from the future");
    }
    sleep(Duration::from_mins(12)).await;
    assert_eq!(trouble(&engine, "paused"), None);
    for id in ["a", "paused"] {
        assert_eq!(used(&engine, id), Some(world.asked(id).len() as f64), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_remembered_under_a_clock_that_ran_ahead_gives_way_to_the_first_answer() {
    let world = World::new();
    let engine = world.engine(|_, _, now| at_once(good(7.0, now)));
    let mut remembered = plan("a");
    let ahead = world.now() + TimeDelta::days(3);
    remembered.state.observe(reading(42.0), &VIA, ahead);
    remembered.state.fail(failure(Trouble::UpstreamDown, ahead));
    engine.set_seats(vec![remembered]).await;
    engine.refresh(None).await;
    assert_eq!((used(&engine, "a"), trouble(&engine, "a")), (Some(7.0), None));
}

#[tokio::test(start_paused = true)]
async fn between_polls_it_wakes_at_most_twice_a_minute() {
    let world = World::new();
    let clock = world.clone();
    let woken = Arc::new(Mutex::new(BTreeSet::new()));
    let noted = Arc::clone(&woken);
    let now: Now = Arc::new(move || {
        noted.lock().unwrap().insert(Instant::now());
        clock.now()
    });
    let answer = world.clone();
    let fetch: Fetch = Arc::new(move |_| at_once(good(1.0, answer.now())));
    let (engine, _task) = spawn(fetch, now, Arc::new(|| 0.5), CancellationToken::new());
    engine.set_seats(vec![plan("a"), plan("b")]).await;
    sleep(Duration::from_hours(1)).await;
    let woken = woken.lock().unwrap().len();
    assert!((60..=120).contains(&woken), "{woken} in an hour");
}
