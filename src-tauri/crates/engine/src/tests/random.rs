//! Whatever happens in whatever order.

use super::{flights::Radar, *};
use proptest::prelude::*;

const IDS: [&str; 3] = ["a", "b", "c"];

#[derive(Debug, Clone)]
enum Step {
    Refresh(Option<usize>),
    RefreshUnwaited,
    Credential(usize),
    Wake,
    Observe(usize, i64),
    Seats([bool; 3]),
    Simulate(bool),
    Shift(i64),
    Wait(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::option::of(0..3_usize).prop_map(Step::Refresh),
        Just(Step::RefreshUnwaited),
        (0..3_usize).prop_map(Step::Credential),
        Just(Step::Wake),
        (0..3_usize, 0..10_000_i64).prop_map(|(n, age)| Step::Observe(n, age)),
        any::<[bool; 3]>().prop_map(Step::Seats),
        any::<bool>().prop_map(Step::Simulate),
        (-100_000..100_000_i64).prop_map(Step::Shift),
        (0..400_u64).prop_map(Step::Wait),
    ]
}

fn answer(nth: usize, now: DateTime<Utc>) -> Poll {
    match nth % 5 {
        2 => bad(Trouble::UpstreamDown, now, 60),
        3 => skipped(now, 100),
        4 => bad(Trouble::RateLimited, now, 3600),
        _ => good(1.0, now),
    }
}

/// What a desk does: it remembers every state that was ever shown, and plans with it.
#[derive(Default)]
struct Memory(BTreeMap<Seat, SeatState>);

impl Memory {
    fn note(&mut self, engine: &Engine) {
        for state in &engine.bundles().borrow().seats {
            self.0.insert(state.seat.clone(), state.clone());
        }
    }

    fn plans(&self, wanted: [bool; 3]) -> Vec<SeatPlan> {
        let chosen = IDS.into_iter().zip(wanted).filter(|(_, wanted)| *wanted).map(|(id, _)| id);
        chosen
            .map(|id| {
                let state = self.0.get(&seat(id)).cloned();
                SeatPlan { state: state.unwrap_or_else(|| plan(id).state), ..plan(id) }
            })
            .collect()
    }
}

async fn take(step: Step, engine: &Engine, world: &World, memory: &Memory) {
    match step {
        Step::Refresh(n) => engine.refresh(n.map(|n| ProviderId::new(IDS[n]))).await,
        Step::RefreshUnwaited => {
            let engine = engine.clone();
            tokio::spawn(async move { engine.refresh(None).await });
        }
        Step::Credential(n) => {
            engine.nudge(Nudge::Credential(ProviderId::new(IDS[n]))).await;
        }
        Step::Wake => engine.nudge(Nudge::Wake).await,
        Step::Observe(n, age) => {
            let as_of = Some(world.now() - TimeDelta::seconds(age));
            engine.observe(seat(IDS[n]), VIA, Reading { as_of, ..reading(2.0) }).await;
        }
        Step::Seats(wanted) => engine.set_seats(memory.plans(wanted)).await,
        Step::Simulate(on) => {
            engine.show_simulated(on.then(UsageSnapshotBundle::default)).await;
        }
        Step::Shift(seconds) => world.shift_s.store(seconds, SeqCst),
        Step::Wait(seconds) => sleep(Duration::from_secs(seconds)).await,
    }
}

async fn live_through(steps: Vec<Step>) {
    let (world, radar) = (World::new(), Radar::default());
    let (watching, clock) = (radar.clone(), world.clone());
    let engine = world.engine(move |id, nth, _| {
        let clock = clock.clone();
        watching.watch(id, async move {
            sleep(Duration::from_secs(nth as u64 * 7 % 90)).await;
            answer(nth, clock.now())
        })
    });
    let mut memory = Memory::default();
    engine.set_seats(memory.plans([true; 3])).await;
    engine.refresh(None).await;
    memory.note(&engine);
    let mut last_seq = 0;
    for step in steps {
        take(step, &engine, &world, &memory).await;
        let bundle = engine.bundles().borrow().clone();
        assert!(bundle.seq >= last_seq, "seq never falls");
        last_seq = bundle.seq;
        for state in &bundle.seats {
            let known = memory.0.get(&state.seat).is_some_and(|old| old.last_good.is_some());
            assert!(!known || (state.last_good.is_some() && state.has_numbers()), "{state:?}");
            assert!(state.has_numbers() || state.failure.is_some() || !known, "{state:?}");
        }
        memory.note(&engine);
        assert_eq!(radar.most(), 1, "one flight per seat");
    }
    engine.show_simulated(None).await;
    engine.set_seats(memory.plans([true; 3])).await;
    let before = IDS.map(|id| world.asked(id).len());
    sleep(Duration::from_hours(3)).await;
    for (id, before) in IDS.into_iter().zip(before) {
        let asked = world.asked(id).len() - before;
        assert!((2..=200).contains(&asked), "{id}: asked {asked} times in three hours");
    }
    assert_eq!(radar.most(), 1);
    assert!(!engine.bundles().borrow().refreshing);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_seat_is_ever_in_two_flights_no_number_is_lost_and_polling_never_stops(
        steps in prop::collection::vec(any_step(), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(live_through(steps));
    }
}
