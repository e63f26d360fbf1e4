//! What vendors and people do that a simple rule would trip over: outages, hand-made resets, accounts that take turns.

use super::*;

fn broken(desk: &mut Desk, trouble: Trouble, minute: f64, hour: u32) -> Vec<NoticeKind> {
    desk.state.fail(Failure {
        trouble,
        source: Some(VIA),
        detail: String::new(),
        remedy: String::new(),
        since: at(minute),
        at: at(minute),
        shape: None,
    });
    desk.look(minute, NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default())
}

#[test]
fn a_bundle_published_again_tells_no_threshold_twice_in_a_new_period() {
    let mut desk = Desk::new();
    desk.see(session(50.0, Some(at(100.0))), 90.0);
    // The machine slept: the first reading of the next period is high already, and another seat publishes again.
    desk.see(session(85.0, Some(at(400.0))), 200.0);
    desk.look(201.0, noon());
    desk.see(session(86.0, Some(at(400.0))), 205.0);
    assert_eq!(thresholds(&desk.told), [80]);
}

#[test]
fn an_outage_before_does_not_count_as_a_second_look_at_a_refused_login() {
    let mut desk = Desk::new();
    desk.see(session(10.0, None), 0.0);
    broken(&mut desk, Trouble::UpstreamDown, 5.0, 12);
    broken(&mut desk, Trouble::UpstreamDown, 10.0, 12);
    assert_eq!(broken(&mut desk, Trouble::AuthExpired, 15.0, 12), []);
}

#[test]
fn a_trouble_that_came_and_went_in_quiet_hours_is_not_told_as_restored() {
    let mut desk = Desk::new();
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    desk.alerts.quiet_hours = Some(QuietHours { from: clock(22), to: clock(7) });
    desk.see(session(10.0, None), 0.0);
    broken(&mut desk, Trouble::AuthExpired, 5.0, 23);
    broken(&mut desk, Trouble::AuthExpired, 10.0, 23);
    let reading =
        Reading { windows: vec![session(10.0, None)], ..Reading::empty(Coverage::Complete) };
    desk.state.observe(reading, &VIA, at(15.0));
    desk.look(15.0, clock(23));
    assert_eq!(desk.look(20.0, clock(8)), []);
}

#[test]
fn a_simulation_can_be_run_again_in_the_same_period() {
    let mut desk = Desk::new();
    desk.state.origin = Origin::Simulated;
    assert_eq!(thresholds(&desk.see(session(96.0, Some(at(300.0))), 0.0)), [95]);
    desk.state.origin = Origin::Live;
    desk.see(session(1.0, Some(at(305.0))), 5.0);
    desk.state.origin = Origin::Simulated;
    assert_eq!(thresholds(&desk.see(session(96.0, Some(at(310.0))), 10.0)), [95]);
}

#[test]
fn a_week_that_was_reset_by_hand_early_can_warn_again() {
    let mut desk = Desk::new();
    let week = |used, ends| Window {
        id: "weekly".into(),
        kind: WindowKind::Weekly,
        minutes: Some(10_080),
        ..session(used, Some(at(ends)))
    };
    assert_eq!(thresholds(&desk.see(week(97.0, 8_640.0), 1_440.0)), [95]);
    desk.see(week(0.0, 1_445.0 + 10_080.0), 1_446.0);
    desk.see(week(1.0, 1_445.0 + 10_080.0), 1_451.0);
    assert_eq!(thresholds(&desk.see(week(96.0, 1_445.0 + 10_080.0), 4_000.0)), [95]);
}

#[test]
fn a_threshold_of_a_period_that_is_over_is_not_told() {
    let mut desk = Desk::new();
    desk.see(session(70.0, Some(at(100.0))), 95.0);
    assert_eq!(desk.see(session(85.0, Some(at(100.0))), 101.0), []);
}

#[test]
fn quiet_hours_tell_only_the_highest_threshold_of_a_window() {
    let mut desk = Desk::new();
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    desk.alerts.quiet_hours = Some(QuietHours { from: clock(22), to: clock(7) });
    for (used, minute) in [(82.0, 0.0), (96.0, 5.0)] {
        desk.state.observe(
            Reading {
                windows: vec![session(used, Some(at(250.0)))],
                ..Reading::empty(Coverage::Complete)
            },
            &VIA,
            at(minute),
        );
        desk.look(minute, clock(23));
    }
    assert_eq!(thresholds(&desk.look(10.0, clock(8))), [95]);
}

#[test]
fn a_restored_account_is_not_told_where_its_loss_was_not() {
    let mut desk = Desk::new();
    desk.alerts.account = false;
    desk.see(session(10.0, None), 0.0);
    broken(&mut desk, Trouble::AuthExpired, 5.0, 12);
    broken(&mut desk, Trouble::AuthExpired, 10.0, 12);
    desk.alerts.account = true;
    assert_eq!(desk.see(session(10.0, None), 15.0), []);
}

#[test]
fn two_accounts_that_take_turns_at_one_seat_share_no_marks() {
    let mut desk = Desk::new();
    let of = |email: &str| {
        Some(crate::Account { email: Some(email.into()), ..crate::Account::default() })
    };
    desk.state.account = of("dana@example.com");
    assert_eq!(thresholds(&desk.see(session(96.0, Some(at(200.0))), 0.0)), [95]);
    let mut other = state();
    other.account = of("eli@example.com");
    desk.state = other;
    assert_eq!(thresholds(&desk.see(session(96.0, Some(at(210.0))), 5.0)), [95]);
}

proptest! {
    #[test]
    fn nothing_that_a_vendor_or_a_clock_says_makes_it_panic_and_marks_stay_bounded(
        steps in prop::collection::vec((
            prop::option::of(0.0_f64..1e9), prop::option::of(-1e6_f64..1e9), prop::option::of(prop_oneof![0_u32..20_000, Just(u32::MAX)]),
            0_usize..3, 0_u32..200, -50_000.0_f64..50_000.0,
        ), 1..150),
    ) {
        let kinds = [WindowKind::Session, WindowKind::Rolling, WindowKind::Other];
        let mut desk = Desk::new();
        desk.alerts.run_out = true;
        desk.alerts.quiet_hours = Some(QuietHours { from: noon(), to: NaiveTime::MIN });
        for (used, ends, minutes, kind, id, minute) in steps {
            let window = Window { id: id.to_string(), used: used.and_then(Percent::new), minutes, kind: kinds[kind], ..session(0.0, ends.map(at)) };
            let reading = Reading { windows: vec![window], ..Reading::empty(Coverage::Complete) };
            desk.state.observe(reading, &VIA, at(minute));
            let local = if id % 2 == 0 { noon() } else { NaiveTime::MIN };
            desk.look(minute, local);
            desk.restart();
        }
        prop_assert!(serde_json::to_string(&desk.markers).unwrap().len() < 100_000);
    }
}
