//! Alerts over whole days: jitter, bad samples, restarts, quiet hours.

mod asleep;
mod oddities;
mod periods;

use super::*;
use crate::{
    AccountKey, Coverage, ProviderId, Reading, Scope, SourceId, Trouble, WindowKind,
    settings::{QuietHours, ResetNotice},
};
use proptest::prelude::*;

const VIA: SourceId = SourceId::new("test");

fn at(minute: f64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH
        + TimeDelta::days(20_000)
        + TimeDelta::milliseconds((minute * 60_000.0) as i64)
}

fn noon() -> NaiveTime {
    NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default()
}

fn state() -> SeatState {
    let id = ProviderId::new("acme");
    let provider = ProviderInfo {
        id: id.clone(),
        name: "Acme".into(),
        short: "AC".into(),
        dashboard: String::new(),
    };
    SeatState::unknown(Seat { provider: id, account: AccountKey::new("default") }, provider)
}

fn session(used: f64, ends: Option<DateTime<Utc>>) -> Window {
    Window {
        id: "session".into(),
        kind: WindowKind::Session,
        scope: Scope::default(),
        used: Percent::new(used),
        resets_at: ends,
        minutes: Some(300),
        unlimited: false,
    }
}

/// One person's desk: a seat, markers, settings.
struct Desk {
    state: SeatState,
    markers: Markers,
    alerts: Alerts,
    told: Vec<NoticeKind>,
}

impl Desk {
    fn new() -> Self {
        let alerts = Alerts { run_out: false, ..Alerts::default() };
        Self { state: state(), markers: Markers::default(), alerts, told: Vec::new() }
    }

    fn see(&mut self, window: Window, minute: f64) -> Vec<NoticeKind> {
        let reading = Reading { windows: vec![window], ..Reading::empty(Coverage::Complete) };
        self.state.observe(reading, &VIA, at(minute));
        self.look(minute, noon())
    }

    fn look(&mut self, minute: f64, local: NaiveTime) -> Vec<NoticeKind> {
        let bundle =
            UsageSnapshotBundle { seq: 1, seats: vec![self.state.clone()], refreshing: false };
        let told = decide(&mut self.markers, &bundle, &self.alerts, at(minute), local);
        let kinds: Vec<_> = told
            .into_iter()
            .flat_map(|alert| match alert {
                Alert::One(notice) => vec![notice.kind],
                Alert::Digest(notices) => notices.into_iter().map(|notice| notice.kind).collect(),
                Alert::Budget(_) => Vec::new(),
            })
            .collect();
        self.told.extend(kinds.clone());
        kinds
    }

    /// What is persisted is all that a restart keeps.
    fn restart(&mut self) {
        let text = serde_json::to_string(&self.markers).unwrap();
        self.markers = serde_json::from_str(&text).unwrap();
    }
}

fn thresholds(kinds: &[NoticeKind]) -> Vec<u8> {
    let found = kinds.iter().filter_map(|kind| match kind {
        NoticeKind::Threshold { threshold, .. } => Some(*threshold),
        _ => None,
    });
    found.collect()
}

fn resets(kinds: &[NoticeKind]) -> usize {
    kinds.iter().filter(|kind| matches!(kind, NoticeKind::Reset { .. })).count()
}

/// Numbers that look random and are the same every time.
fn wobble(n: u64) -> f64 {
    let mixed =
        n.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

/// 48 hours of polls, ten real resets of a five-hour window, jitter up to 1.9 s either way.
fn two_days(bad_sample_every: Option<u64>) -> Desk {
    let mut desk = Desk::new();
    desk.alerts.reset = ResetNotice::Always;
    // First end after 2 h 30, then every 5 h up to 47 h 30: ten.
    for poll in 0..=(48 * 12) {
        let minute = poll as f64 * 5.0;
        let period = ((minute - 150.0) / 300.0).floor() + 1.0;
        let ends = 150.0 + period * 300.0 + (wobble(poll) * 3.8 - 1.9) / 60.0;
        let into = minute - (ends - 300.0);
        let used = (into / 300.0 * 60.0).max(0.0);
        let bad = bad_sample_every.is_some_and(|every| poll % every == every - 1);
        let window = if bad {
            session(0.0, (poll % 2 == 0).then(|| at(minute + 300.0)))
        } else {
            session(used, Some(at(ends)))
        };
        desk.see(window, minute);
        if poll % 50 == 49 {
            desk.restart();
        }
    }
    desk
}

#[test]
fn two_days_of_jitter_with_ten_resets_give_ten_reset_notices_and_no_other() {
    let desk = two_days(None);
    assert_eq!((resets(&desk.told), desk.told.len()), (10, 10));
}

#[test]
fn bad_samples_in_between_add_none_and_hide_none() {
    let desk = two_days(Some(17));
    assert_eq!((resets(&desk.told), desk.told.len()), (10, 10));
}

#[test]
fn each_threshold_is_told_once_a_period_and_a_jump_tells_only_the_highest() {
    let mut desk = Desk::new();
    let ends = Some(at(200.0));
    assert!(thresholds(&desk.see(session(79.9, ends), 0.0)).is_empty());
    assert_eq!(thresholds(&desk.see(session(80.0, ends), 5.0)), [80]);
    desk.restart();
    assert!(thresholds(&desk.see(session(81.0, ends), 10.0)).is_empty());
    assert_eq!(thresholds(&desk.see(session(97.0, ends), 15.0)), [95]);
    assert!(thresholds(&desk.see(session(70.0, ends), 20.0)).is_empty());
    assert!(thresholds(&desk.see(session(97.0, ends), 25.0)).is_empty());
    let mut jump = Desk::new();
    assert_eq!(thresholds(&jump.see(session(99.0, ends), 0.0)), [95]);
    assert!(thresholds(&jump.see(session(100.0, ends), 5.0)).is_empty());
}

#[test]
fn a_new_period_can_warn_again() {
    let mut desk = Desk::new();
    desk.see(session(85.0, Some(at(100.0))), 90.0);
    desk.see(session(0.0, Some(at(400.0))), 101.0);
    assert_eq!(resets(&desk.see(session(1.0, Some(at(400.0))), 106.0)), 1);
    assert_eq!(thresholds(&desk.see(session(82.0, Some(at(400.0))), 200.0)), [80]);
}

#[test]
fn a_reset_of_a_window_that_hardly_mattered_is_told_only_on_request() {
    for (wanted, used, told) in [
        (ResetNotice::WhenItMattered, 30.0, 0),
        (ResetNotice::WhenItMattered, 50.0, 1),
        (ResetNotice::Always, 30.0, 1),
        (ResetNotice::Off, 99.0, 0),
    ] {
        let mut desk = Desk::new();
        desk.alerts.reset = wanted;
        desk.see(session(used, Some(at(100.0))), 90.0);
        desk.see(session(0.0, Some(at(400.0))), 101.0);
        desk.see(session(0.0, Some(at(400.0))), 106.0);
        assert_eq!(resets(&desk.told), told, "{wanted:?} after {used} %");
    }
}

#[test]
fn a_window_whose_end_slides_with_the_clock_tells_nothing() {
    let mut desk = Desk::new();
    desk.alerts.reset = ResetNotice::Always;
    for poll in 0..200 {
        let minute = f64::from(poll) * 5.0;
        desk.see(session(60.0 - f64::from(poll % 40), Some(at(minute + 300.0))), minute);
    }
    assert_eq!(resets(&desk.told), 0);
}

#[test]
fn a_reset_that_happened_long_ago_while_nobody_looked_is_not_told() {
    let mut desk = Desk::new();
    desk.see(session(90.0, Some(at(100.0))), 90.0);
    desk.told.clear();
    desk.see(session(3.0, Some(at(900.0))), 700.0);
    desk.see(session(3.0, Some(at(900.0))), 705.0);
    assert_eq!(desk.told, []);
}

#[test]
fn a_run_out_is_told_once_and_not_beside_a_threshold() {
    let mut desk = Desk::new();
    desk.alerts.run_out = true;
    let ends = Some(at(300.0));
    let told = desk.see(session(50.0, ends), 75.0);
    assert!(matches!(told.as_slice(), [NoticeKind::RunOut { .. }]), "{told:?}");
    assert_eq!(desk.see(session(52.0, ends), 80.0), []);
    let mut steep = Desk::new();
    steep.alerts.run_out = true;
    assert_eq!(thresholds(&steep.see(session(85.0, ends), 75.0)), [80]);
    assert_eq!(steep.told.len(), 1);
}

#[test]
fn stale_demo_and_unknown_numbers_tell_nothing() {
    let mut stale = Desk::new();
    stale.state.observe(
        Reading { windows: vec![session(99.0, None)], ..Reading::empty(Coverage::Complete) },
        &VIA,
        at(0.0),
    );
    assert_eq!(stale.look(120.0, noon()), []);
    let mut demo = Desk::new();
    demo.state.origin = Origin::Demo;
    assert_eq!(demo.see(session(99.0, None), 0.0), []);
    let mut unknown = Desk::new();
    assert_eq!(unknown.see(Window { used: None, ..session(0.0, None) }, 0.0), []);
}

#[test]
fn what_is_simulated_leaves_the_real_marks_alone() {
    let mut desk = Desk::new();
    desk.state.origin = Origin::Simulated;
    assert_eq!(thresholds(&desk.see(session(96.0, Some(at(200.0))), 0.0)), [95]);
    desk.state.origin = Origin::Live;
    assert_eq!(thresholds(&desk.see(session(96.0, Some(at(200.0))), 5.0)), [95]);
}

#[test]
fn an_account_that_stops_answering_is_told_after_a_second_look_and_its_return_once() {
    let mut desk = Desk::new();
    desk.see(session(10.0, None), 0.0);
    let fail = |desk: &mut Desk, trouble, minute: f64| {
        let (since, now) = (at(minute), at(minute));
        desk.state.fail(Failure {
            trouble,
            source: Some(VIA),
            detail: String::new(),
            remedy: String::new(),
            since,
            at: now,
            shape: None,
        });
        desk.look(minute, noon())
    };
    assert_eq!(fail(&mut desk, Trouble::UpstreamDown, 1.0), []);
    assert_eq!(
        fail(&mut desk, Trouble::UpstreamDown, 60.0),
        [],
        "an outage is not the person's to mend"
    );
    let mut desk = Desk::new();
    desk.see(session(10.0, None), 0.0);
    assert_eq!(fail(&mut desk, Trouble::AuthExpired, 5.0), []);
    assert_eq!(fail(&mut desk, Trouble::AuthExpired, 6.0).len(), 1);
    assert_eq!(fail(&mut desk, Trouble::AuthExpired, 70.0), []);
    desk.restart();
    assert_eq!(desk.see(session(11.0, None), 80.0), [NoticeKind::AccountRestored]);
    assert_eq!(desk.see(session(11.0, None), 85.0), []);
}

#[test]
fn quiet_hours_hold_notices_and_tell_afterwards_what_is_still_true() {
    let mut desk = Desk::new();
    let clock = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or_default();
    desk.alerts.quiet_hours = Some(QuietHours { from: clock(22), to: clock(7) });
    let night = |desk: &mut Desk, window: Window, minute: f64| {
        desk.state.observe(
            Reading { windows: vec![window], ..Reading::empty(Coverage::Complete) },
            &VIA,
            at(minute),
        );
        desk.look(minute, clock(23))
    };
    assert_eq!(night(&mut desk, session(85.0, Some(at(100.0))), 0.0), []);
    assert_eq!(night(&mut desk, session(0.0, Some(at(400.0))), 101.0), []);
    assert_eq!(night(&mut desk, session(0.0, Some(at(400.0))), 106.0), []);
    desk.restart();
    let morning = desk.look(300.0, clock(8));
    assert!(
        matches!(morning.as_slice(), [NoticeKind::Reset { .. }]),
        "the warning of the ended period is no news: {morning:?}"
    );
    assert_eq!(desk.look(305.0, clock(8)), []);
}
