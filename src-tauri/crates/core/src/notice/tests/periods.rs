//! What begins a period and what does not: sequences of readings and what they tell.

use super::*;

/// A reading: percent used, the end in minutes (none where the vendor names none), and when it was measured in minutes.
type Step = (f64, Option<f64>, f64);

fn said(kinds: &[NoticeKind]) -> Vec<String> {
    let word = |kind: &NoticeKind| match kind {
        NoticeKind::Threshold { threshold, .. } => threshold.to_string(),
        NoticeKind::Reset { used_before, .. } => format!("reset of {}", used_before.get()),
        other => format!("{other:?}"),
    };
    kinds.iter().map(word).collect()
}

fn week(used: f64, ends: Option<DateTime<Utc>>) -> Window {
    let (id, kind, minutes) = ("weekly".into(), WindowKind::Weekly, Some(10_080));
    Window { id, kind, minutes, ..session(used, ends) }
}

/// Each row with a restart between any two readings, and without: what has been told survives.
fn tells(window: fn(f64, Option<DateTime<Utc>>) -> Window, rows: &[(&str, &[Step], &[&str])]) {
    for (name, steps, expected) in rows {
        for restarts in [false, true] {
            let mut desk = Desk::new();
            for (used, ends, minute) in *steps {
                desk.see(window(*used, ends.map(at)), *minute);
                desk.look(minute + 1.0, noon());
                if restarts {
                    desk.restart();
                }
            }
            assert_eq!(said(&desk.told), *expected, "{name}, restarts: {restarts}");
        }
    }
}

const DAY: f64 = 1440.0;

#[test]
fn a_reset_needs_a_fall_that_two_readings_show_and_is_told_once() {
    tells(
        session,
        &[
            (
                "early, with a later boundary",
                &[
                    (80.0, Some(200.0), 0.0),
                    (2.0, Some(305.0), 5.0),
                    (2.0, Some(305.0), 10.0),
                    (3.0, Some(305.0), 15.0),
                ],
                &["80", "reset of 80"],
            ),
            (
                "early, with the same boundary",
                &[
                    (80.0, Some(200.0), 0.0),
                    (2.0, Some(200.0), 5.0),
                    (2.0, Some(200.0), 10.0),
                    (3.0, Some(200.0), 15.0),
                ],
                &["80", "reset of 80"],
            ),
            (
                "early, without any boundary",
                &[(80.0, None, 0.0), (2.0, None, 5.0), (2.0, None, 10.0), (2.0, None, 15.0)],
                &["80", "reset of 80"],
            ),
        ],
    );
}

#[test]
fn figures_that_jump_between_two_states_tell_each_thing_once() {
    tells(
        session,
        &[
            (
                "jumping between two states",
                &[
                    (80.0, Some(200.0), 0.0),
                    (2.0, Some(200.0), 5.0),
                    (80.0, Some(200.0), 10.0),
                    (2.0, Some(260.0), 15.0),
                    (80.0, Some(200.0), 20.0),
                ],
                &["80"],
            ),
            (
                "one reading that is far too high",
                &[
                    (20.0, Some(200.0), 0.0),
                    (90.0, Some(200.0), 5.0),
                    (20.0, Some(200.0), 10.0),
                    (21.0, Some(200.0), 15.0),
                    (82.0, Some(200.0), 100.0),
                ],
                &["80"],
            ),
            (
                "jumping between two states that stay a while",
                &[
                    (80.0, Some(200.0), 0.0),
                    (2.0, Some(200.0), 5.0),
                    (2.0, Some(200.0), 10.0),
                    (80.0, Some(200.0), 15.0),
                    (81.0, Some(200.0), 20.0),
                    (2.0, Some(200.0), 25.0),
                    (2.0, Some(200.0), 30.0),
                    (81.0, Some(200.0), 35.0),
                ],
                &["80", "reset of 80"],
            ),
            (
                "jumping between two states with boundaries of their own",
                &[
                    (80.0, Some(200.0), 0.0),
                    (2.0, Some(290.0), 5.0),
                    (2.0, Some(290.0), 10.0),
                    (80.0, Some(200.0), 15.0),
                    (80.0, Some(200.0), 20.0),
                    (2.0, Some(290.0), 25.0),
                    (2.0, Some(290.0), 30.0),
                    (80.0, Some(200.0), 35.0),
                ],
                &["80", "reset of 80"],
            ),
        ],
    );
}

#[test]
fn a_window_that_was_reset_early_warns_and_resets_again() {
    tells(
        session,
        &[
            (
                "used again after an early reset with a later boundary",
                &[
                    (85.0, Some(200.0), 0.0),
                    (2.0, Some(305.0), 5.0),
                    (2.0, Some(305.0), 10.0),
                    (84.0, Some(305.0), 200.0),
                    (0.0, Some(606.0), 306.0),
                    (0.0, Some(606.0), 311.0),
                ],
                &["80", "reset of 85", "80", "reset of 84"],
            ),
            (
                "used again, bit by bit, after an early reset with the same boundary",
                &[
                    (85.0, Some(280.0), 0.0),
                    (2.0, Some(280.0), 5.0),
                    (2.0, Some(280.0), 10.0),
                    (40.0, Some(280.0), 100.0),
                    (70.0, Some(280.0), 170.0),
                    (84.0, Some(280.0), 200.0),
                ],
                &["80", "reset of 85", "80"],
            ),
        ],
    );
}

#[test]
fn a_boundary_that_moves_while_use_does_not_fall_begins_no_period() {
    tells(
        week,
        &[
            (
                "by seconds",
                &[
                    (82.0, Some(3.0 * DAY), 0.0),
                    (82.0, Some(3.0 * DAY + 0.1), 5.0),
                    (83.0, Some(3.0 * DAY - 0.1), 10.0),
                ],
                &["80"],
            ),
            (
                "by minutes, forward and back",
                &[
                    (82.0, Some(3.0 * DAY), 0.0),
                    (82.0, Some(3.0 * DAY + 40.0), 5.0),
                    (82.0, Some(3.0 * DAY - 40.0), 10.0),
                    (96.0, Some(3.0 * DAY + 10.0), 15.0),
                    (96.0, Some(3.0 * DAY), 20.0),
                ],
                &["80", "95"],
            ),
            (
                "by days, forward and back",
                &[
                    (82.0, Some(1.0 * DAY), 0.0),
                    (82.0, Some(6.9 * DAY), 5.0),
                    (82.0, Some(6.9 * DAY), 10.0),
                    (83.0, Some(1.0 * DAY), 15.0),
                    (84.0, Some(5.0 * DAY), 20.0),
                    (96.0, Some(6.9 * DAY), 25.0),
                    (96.0, Some(1.0 * DAY), 30.0),
                ],
                &["80", "95"],
            ),
            (
                "to a later end when the first has passed",
                &[
                    (82.0, Some(1.0 * DAY), 0.0),
                    (82.0, Some(8.0 * DAY), 1.0 * DAY + 5.0),
                    (82.0, Some(8.0 * DAY), 1.0 * DAY + 10.0),
                ],
                &["80"],
            ),
            (
                "at every look, a week from now",
                &[
                    (82.0, Some(7.0 * DAY), 0.0),
                    (82.0, Some(7.0 * DAY + 5.0), 5.0),
                    (82.0, Some(17.0 * DAY), 10.0 * DAY),
                    (82.0, Some(17.0 * DAY + 5.0), 10.0 * DAY + 5.0),
                ],
                &["80"],
            ),
            (
                "away, and back",
                &[(82.0, Some(3.0 * DAY), 0.0), (82.0, None, 5.0), (82.0, Some(4.0 * DAY), 10.0)],
                &["80"],
            ),
        ],
    );
}

#[test]
fn an_early_reset_while_nobody_looked_is_seen_by_its_later_boundary_although_it_has_been_used_since()
 {
    let steps: &[Step] = &[
        (80.0, Some(2.0 * DAY), 0.0),
        (45.0, Some(6.0 * DAY), 1.0 * DAY),
        (46.0, Some(6.0 * DAY), 1.0 * DAY + 5.0),
        (46.0, Some(6.0 * DAY), 1.0 * DAY + 10.0),
    ];
    tells(week, &[("after a day", steps, &["80", "reset of 80"])]);
}

#[test]
fn use_that_sinks_bit_by_bit_has_not_reset_and_can_warn_again() {
    let mut desk = Desk::new();
    desk.alerts.reset = ResetNotice::Always;
    let sinking = (0..=60).map(|nth| 85.0 - f64::from(nth));
    let rising = (0..=55).map(|nth| 25.0 + f64::from(nth));
    for (nth, used) in sinking.chain(rising).enumerate() {
        desk.see(session(used, Some(at(299.0))), nth as f64 * 0.5);
    }
    assert_eq!(said(&desk.told), ["80", "80"]);
}

#[test]
fn marks_of_older_programs_are_read_and_what_they_told_stays_told() {
    let kept = r#"{"live": [{"seat": {"provider": "acme", "account": "default"}, "seen": "2024-10-04T00:00:00Z",
        "windows": {"session": {"seen": "2024-10-04T00:00:00Z", "doubted": null, "periods": [
            {"until": "2024-10-04T04:00:00Z", "highest": 82.0, "told": [80], "run_out_told": true, "end_settled": false},
            {"until": "2024-10-03T23:00:00Z", "highest": 51.5, "told": [], "run_out_told": false, "end_settled": true}]}}}],
        "simulated": [], "held": [], "budgets": []}"#;
    let mut desk = Desk::new();
    desk.markers = serde_json::from_str(kept).unwrap();
    let minute =
        |text: &str| (text.parse::<DateTime<Utc>>().unwrap() - at(0.0)).num_minutes() as f64;
    let (begin, ends) = (minute("2024-10-04T00:05:00Z"), at(minute("2024-10-04T04:00:00Z")));
    desk.see(session(84.0, Some(ends)), begin);
    desk.see(session(96.0, Some(ends)), begin + 5.0);
    assert_eq!(said(&desk.told), ["95"]);
}

/// One reading of a vendor that behaves like one: within a period use only grows.
#[derive(Debug, Clone)]
struct Turn {
    /// Minutes since the reading before; the longest are nights.
    pause: f64,
    /// What is used meanwhile, in points.
    burnt: f64,
    /// Whether the vendor resets early before it.
    early: bool,
    /// How the answer is spoilt.
    flaw: Flaw,
    restart: bool,
}

#[derive(Debug, Clone)]
enum Flaw {
    None,
    /// The boundary is off by so many minutes, in this answer alone.
    Jitter(f64),
    /// The boundary moves by such a share of the window and stays there.
    Moved(f64),
    /// The boundary is missing.
    Missing,
    /// It shows an unused window that has just begun.
    Unused,
    /// It shows another account's figure under another boundary.
    Foreign(f64, f64),
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let flaw = prop_oneof![
        4 => Just(Flaw::None),
        1 => (-0.03_f64..0.03).prop_map(Flaw::Jitter),
        1 => (-30.0_f64..30.0).prop_map(Flaw::Jitter),
        1 => (-0.8_f64..0.8).prop_map(Flaw::Moved),
        1 => Just(Flaw::Missing),
        1 => Just(Flaw::Unused),
        1 => (0.0_f64..100.0, 0.0_f64..9000.0).prop_map(|(used, ends)| Flaw::Foreign(used, ends)),
    ];
    let pause = prop_oneof![6 => 1.0_f64..20.0, 2 => 20.0_f64..200.0, 1 => 200.0_f64..2000.0];
    let turn = (pause, 0.0_f64..25.0, prop::bool::weighted(0.03), flaw, any::<bool>()).prop_map(
        |(pause, burnt, early, flaw, restart)| Turn { pause, burnt, early, flaw, restart },
    );
    prop::collection::vec(turn, 1..80)
}

/// What a vendor answers, turn by turn, with the number of the true period.
struct Vendor {
    minute: f64,
    ends: f64,
    used: f64,
    period: usize,
    length: f64,
    /// So many answers to come are as they should be.
    plain: u8,
}

impl Vendor {
    fn answer(&mut self, turn: &Turn) -> (f64, Option<f64>) {
        self.minute += turn.pause;
        let mut ended = turn.early;
        while self.minute >= self.ends {
            self.ends += self.length;
            ended = true;
        }
        if ended {
            (self.used, self.period) = (0.0, self.period + 1);
        }
        if turn.early {
            self.ends = self.minute + self.length;
        }
        self.used = (self.used + turn.burnt).min(100.0);
        // A period begins with two good readings, and after a spoilt one come two of them.
        if ended {
            self.plain = 2;
        }
        let flaw = if self.plain > 0 { &Flaw::None } else { &turn.flaw };
        self.plain = match flaw {
            Flaw::Unused | Flaw::Foreign(..) => 2,
            _ => self.plain.saturating_sub(1),
        };
        let after_now = |ends: f64| ends.max(self.minute + 0.5);
        match flaw {
            Flaw::None => (self.used, Some(self.ends)),
            Flaw::Jitter(by) => (self.used, Some(after_now(self.ends + by))),
            Flaw::Moved(by) => {
                self.ends = after_now(self.ends + by * self.length);
                (self.used, Some(self.ends))
            }
            Flaw::Missing => (self.used, None),
            Flaw::Unused => (0.0, Some(self.minute + self.length)),
            Flaw::Foreign(used, ahead) => (*used, Some(self.minute + 1.0 + ahead)),
        }
    }
}

proptest! {
    #[test]
    fn a_period_of_a_true_vendor_tells_each_threshold_and_its_end_at_most_once(turns in turns(), weekly in any::<bool>()) {
        let window = if weekly { week } else { session };
        let length = if weekly { 10_080.0 } else { 300.0 };
        let mut vendor = Vendor { minute: 0.0, ends: length, used: 0.0, period: 0, length, plain: 2 };
        let mut desk = Desk::new();
        desk.alerts.reset = ResetNotice::Always;
        let mut told: Vec<(usize, String)> = Vec::new();
        let mut answers = Vec::new();
        for turn in turns {
            let (used, ends) = vendor.answer(&turn);
            answers.push((vendor.period, vendor.minute, used, ends));
            let mut found = desk.see(window(used, ends.map(at)), vendor.minute);
            found.extend(desk.look(vendor.minute + 0.2, noon()));
            for kind in found {
                let one = match kind {
                    NoticeKind::Reset { .. } => "reset".to_owned(),
                    other => said(&[other]).join(""),
                };
                let again = told.contains(&(vendor.period, one.clone()));
                prop_assert!(!again, "{one} twice: {:.1?}", &answers[answers.len().saturating_sub(20)..]);
                prop_assert!(one != "reset" || vendor.period > 0, "a reset although none was: {answers:.1?}");
                told.push((vendor.period, one));
            }
            if turn.restart {
                desk.restart();
            }
        }
    }

    #[test]
    fn whatever_comes_only_a_fall_that_two_readings_show_resets_or_warns_again(
        steps in prop::collection::vec((0.0_f64..110.0, 0.5_f64..400.0, prop::option::of(1.0_f64..20_000.0), any::<bool>()), 1..120),
    ) {
        let mut desk = Desk::new();
        desk.alerts.reset = ResetNotice::Always;
        let mut minute = 0.0;
        let mut seen: Vec<f64> = Vec::new();
        let mut last_told: std::collections::BTreeMap<u8, usize> = std::collections::BTreeMap::new();
        for (used, pause, ahead, restart) in steps {
            minute += pause;
            let found = desk.see(session(used, ahead.map(|ahead| at(minute + ahead))), minute);
            seen.push(used);
            for kind in found {
                match kind {
                    NoticeKind::Reset { used_before, .. } => {
                        let pair = seen.iter().rev().take(2);
                        prop_assert!(pair.copied().all(|used| used <= used_before.get() - 1.0), "{seen:?}");
                    }
                    NoticeKind::Threshold { threshold, .. } => {
                        if let Some(since) = last_told.insert(threshold, seen.len() - 1) {
                            let lows = |(nth, pair): (usize, &[f64])| {
                                let high = seen[since..=since + nth].iter().copied().fold(0.0, f64::max);
                                pair.iter().all(|used| *used <= high - 1.0)
                            };
                            let fell = seen[since..].windows(2).enumerate().any(lows);
                            prop_assert!(fell, "{threshold} again without a fall: {:?}", &seen[since..]);
                        }
                    }
                    _ => {}
                }
            }
            if restart {
                desk.restart();
            }
        }
    }
}
