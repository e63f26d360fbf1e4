//! What comes due while the machine sleeps, or while this program does not run.

use super::*;

const NIGHT: f64 = 9.0 * 60.0;

/// A person with two accounts, and what each says.
struct Morning {
    desk: Desk,
    other: SeatState,
}

fn windows(used: [f64; 3], ends: [f64; 3]) -> Vec<Window> {
    let window = |nth: usize, id: &str, kind, minutes| Window {
        id: id.into(),
        kind,
        minutes: Some(minutes),
        ..session(used[nth], Some(at(ends[nth])))
    };
    vec![
        window(0, "session", WindowKind::Session, 300),
        window(1, "daily", WindowKind::Daily, 1440),
        window(2, "weekly", WindowKind::Weekly, 10_080),
    ]
}

fn reading(windows: Vec<Window>) -> Reading {
    Reading { windows, ..Reading::empty(Coverage::Complete) }
}

impl Morning {
    fn new() -> Self {
        let mut other = state();
        other.seat.account = AccountKey::new("other");
        Self { desk: Desk::new(), other }
    }

    /// One account answers, and is asked again five minutes later.
    fn first(&mut self, used: [f64; 3], ends: [f64; 3], minute: f64) -> Vec<Alert> {
        self.desk.state.observe(reading(windows(used, ends)), &VIA, at(minute));
        self.desk.state.next_poll = Some(at(minute + 5.0));
        self.alerts(minute)
    }

    /// The other one does.
    fn second(&mut self, used: [f64; 3], ends: [f64; 3], minute: f64) -> Vec<Alert> {
        self.other.observe(reading(windows(used, ends)), &VIA, at(minute));
        self.other.next_poll = Some(at(minute + 5.0));
        self.alerts(minute)
    }

    fn alerts(&mut self, minute: f64) -> Vec<Alert> {
        let seats = vec![self.desk.state.clone(), self.other.clone()];
        let bundle = UsageSnapshotBundle { seq: 1, seats, refreshing: false };
        decide(&mut self.desk.markers, &bundle, &self.desk.alerts, at(minute), noon())
    }
}

fn evening() -> Morning {
    let mut morning = Morning::new();
    let ends = [NIGHT - 30.0, NIGHT - 20.0, 5000.0];
    let told = [
        morning.first([60.0, 70.0, 40.0], ends, 0.0),
        morning.second([55.0, 10.0, 50.0], ends, 1.0),
    ];
    assert_eq!(told, [vec![], vec![]]);
    morning
}

#[test]
fn what_came_due_overnight_is_one_alert_when_all_of_it_is_known() {
    for restarted in [false, true] {
        let mut morning = evening();
        if restarted {
            morning.desk.restart();
        }
        let ends = [NIGHT + 270.0, NIGHT + 1420.0, 5000.0];
        let mut alerts = morning.alerts(NIGHT);
        alerts.extend(morning.first([3.0, 2.0, 85.0], ends, NIGHT + 0.5));
        alerts.extend(morning.second([1.0, 96.0, 51.0], ends, NIGHT + 0.7));
        alerts.extend(morning.alerts(NIGHT + 2.0));
        assert_eq!(alerts, [], "until each reset is confirmed");
        alerts.extend(morning.first([3.0, 2.0, 85.0], ends, NIGHT + 5.5));
        alerts.extend(morning.second([1.0, 96.0, 51.0], ends, NIGHT + 5.7));
        let [Alert::Digest(notices)] = alerts.as_slice() else { panic!("{alerts:?}") };
        let count =
            |wanted: fn(&NoticeKind) -> bool| notices.iter().filter(|n| wanted(&n.kind)).count();
        assert_eq!(count(|kind| matches!(kind, NoticeKind::Threshold { .. })), 2);
        assert_eq!(count(|kind| matches!(kind, NoticeKind::Reset { .. })), 3);
        assert_eq!(morning.alerts(NIGHT + 7.0), []);
        let later = morning.first([81.0, 2.0, 85.0], ends, NIGHT + 11.0);
        assert!(
            matches!(later.as_slice(), [Alert::One(_)]),
            "awake, each is told at once: {later:?}"
        );
    }
}

#[test]
fn a_single_thing_that_came_due_overnight_is_told_as_itself() {
    let mut morning = evening();
    let ends = [NIGHT + 270.0, NIGHT + 1420.0, 5000.0];
    assert_eq!(morning.first([61.0, 70.0, 85.0], ends, NIGHT + 0.5), []);
    let told = morning.second([55.0, 10.0, 51.0], ends, NIGHT + 0.7);
    assert!(matches!(told.as_slice(), [Alert::One(_)]), "{told:?}");
}

#[test]
fn waking_does_not_wait_for_ever_for_an_account_that_does_not_answer() {
    let mut morning = evening();
    let ends = [NIGHT + 270.0, NIGHT + 1420.0, 5000.0];
    assert_eq!(morning.first([61.0, 70.0, 85.0], ends, NIGHT + 0.5), []);
    assert_eq!(morning.alerts(NIGHT + 11.0), []);
    assert_eq!(morning.alerts(NIGHT + 13.0).len(), 1);
}

#[test]
fn what_falls_back_while_waking_is_not_told() {
    let mut morning = evening();
    let ends = [NIGHT + 270.0, NIGHT + 1420.0, 5000.0];
    assert_eq!(morning.first([61.0, 70.0, 85.0], ends, NIGHT + 0.5), []);
    assert_eq!(morning.second([3.0, 10.0, 51.0], ends, NIGHT + 0.7), []);
    assert_eq!(morning.first([61.0, 70.0, 2.0], ends, NIGHT + 5.5), []);
    assert_eq!(morning.second([56.0, 10.0, 51.0], ends, NIGHT + 5.7), [], "55, 3, 56 is no reset");
    let told = morning.first([61.0, 70.0, 2.0], ends, NIGHT + 11.0);
    let [Alert::One(notice)] = told.as_slice() else { panic!("{told:?}") };
    assert!(matches!(notice.kind, NoticeKind::Reset { .. }), "the warning is no news any more");
}

#[test]
fn three_at_once_are_one_alert_and_two_are_two() {
    let mut morning = Morning::new();
    let ends = [200.0, 1000.0, 5000.0];
    let two = morning.first([81.0, 82.0, 10.0], ends, 0.0);
    assert!(matches!(two.as_slice(), [Alert::One(_), Alert::One(_)]), "{two:?}");
    let three = morning.second([81.0, 82.0, 83.0], ends, 1.0);
    assert!(matches!(three.as_slice(), [Alert::Digest(all)] if all.len() == 3), "{three:?}");
}
