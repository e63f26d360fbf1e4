//! A trouble stays the trouble that it was until something better is known: every provider of the registry, every kind of
//! trouble, any sequence of looks, clicks, restarts, commands without a network, renewed logins and time that passes.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

#[path = "standing/world.rs"]
mod world;

use claudometer_core::Trouble;
use claudometer_desk::Role;
use claudometer_provider::Provider;
use proptest::{prelude::*, test_runner::TestRunner};
use world::{Outcome, World};

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    /// A command in a process of its own.
    Command,
    /// The same, told to ask nobody.
    Offline,
    /// "Refresh now" in the resident.
    Click,
    /// The resident ends and starts.
    Restart,
    /// Seconds pass.
    Wait(i64),
    /// The nth source behaves like this from now on.
    Behave(usize, Outcome),
    /// The login of the nth source is renewed.
    Renew(usize),
    /// It is gone.
    SignOut(usize),
    /// The nth source that only looks at this machine finds a record of now.
    Record(usize),
}

/// Plays steps, and looks after each of them whether what is told is what the last real attempts say.
async fn play(provider: &'static Provider, steps: &[Step]) -> Result<(), String> {
    let world = World::of(provider);
    let mut resident = world.desk(Role::Resident, false).await;
    for (nth, step) in steps.iter().enumerate() {
        let told = match step {
            Step::Command => Some(world.command(false).await),
            Step::Offline => Some(world.command(true).await),
            Step::Click => Some(world.click(&resident).await),
            Step::Restart => {
                resident.stop();
                resident = world.desk(Role::Resident, false).await;
                Some(world.click(&resident).await)
            }
            Step::Wait(seconds) => {
                world.wait(*seconds);
                None
            }
            Step::Behave(source, outcome) => {
                world.behave(*source, outcome.clone());
                None
            }
            Step::Renew(source) => {
                world.sign_in(*source);
                None
            }
            Step::SignOut(source) => {
                world.sign_out(*source);
                None
            }
            Step::Record(source) => {
                world.record(*source);
                None
            }
        };
        if let Some(told) = told {
            world
                .judge(&told)
                .map_err(|why| format!("{} step {nth} of {steps:?}: {why}", provider.id))?;
        }
    }
    resident.stop();
    world.judge_questions().map_err(|why| format!("{} {steps:?}: {why}", provider.id))
}

fn outcomes() -> Vec<Outcome> {
    let kinds = Trouble::ALL.into_iter().filter(|kind| *kind != Trouble::AuthMissing);
    kinds.map(|kind| Outcome::Trouble { kind, local: false, wish_s: None }).collect()
}

#[tokio::test]
async fn every_trouble_of_every_provider_is_told_alike_by_every_later_look() {
    for provider in claudometer_providers::ALL {
        for trouble in outcomes() {
            let sources = 0..provider.sources.len();
            let mut steps: Vec<Step> = sources
                .clone()
                .flat_map(|nth| [Step::Renew(nth), Step::Behave(nth, trouble.clone())])
                .collect();
            steps.extend([
                Step::Command,
                Step::Command,
                Step::Click,
                Step::Restart,
                Step::Offline,
                Step::Wait(20),
                Step::Command,
            ]);
            // Of several sources all but the first were never set up.
            steps.extend(sources.clone().skip(1).map(Step::SignOut));
            steps.extend([Step::Command, Step::Click, Step::Wait(45 * 60), Step::Command]);
            steps.extend([Step::Renew(0), Step::Offline, Step::Click]);
            steps.extend(sources.map(|nth| Step::Behave(nth, Outcome::Answer(40))));
            steps.extend([Step::Wait(7 * 3600), Step::Command, Step::Restart, Step::Offline]);
            play(provider, &steps).await.unwrap();
        }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let kind = (1..Trouble::ALL.len()).prop_map(|nth| Trouble::ALL[nth]);
    let outcome = prop_oneof![
        2 => (1..90_u8).prop_map(Outcome::Answer),
        5 => (kind, any::<bool>(), prop::option::of(1..4000_i64)).prop_map(|(kind, local, wish)| {
            Outcome::Trouble { kind, local, wish_s: wish.filter(|_| !local) }
        }),
    ];
    prop_oneof![
        6 => Just(Step::Command),
        2 => Just(Step::Offline),
        4 => Just(Step::Click),
        1 => Just(Step::Restart),
        4 => prop_oneof![1..90_i64, 1..8000_i64].prop_map(Step::Wait),
        4 => (0..4_usize, outcome).prop_map(|(source, outcome)| Step::Behave(source, outcome)),
        3 => (0..4_usize).prop_map(Step::Renew),
        1 => (0..4_usize).prop_map(Step::SignOut),
        1 => (0..4_usize).prop_map(Step::Record),
    ]
}

#[test]
fn whatever_happens_the_trouble_told_is_that_of_the_last_real_attempt() {
    let all = claudometer_providers::ALL;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let several: Vec<usize> = (0..all.len()).filter(|nth| all[*nth].sources.len() > 1).collect();
    let provider = prop_oneof![0..all.len(), prop::sample::select(several)];
    let steps = (provider, prop::collection::vec(step(), 4..24));
    TestRunner::new(ProptestConfig { cases: 200, ..ProptestConfig::default() })
        .run(&steps, |(nth, steps)| {
            runtime.block_on(play(all[nth], &steps)).map_err(TestCaseError::fail)
        })
        .unwrap();
}
