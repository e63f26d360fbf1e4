//! What mappers put into a draft merges by itself, and only figures are a reading.

use super::*;
use crate::lenient::number;
use proptest::prelude::*;
use serde_json::json;

fn used(percent: f64) -> Allowance {
    Allowance::used_percent(Some(percent))
}

fn week(allowance: Allowance) -> Option<Window> {
    window("weekly", WindowKind::Weekly, allowance, None)
}

fn told(draft: Draft) -> Vec<(String, Option<f64>)> {
    let windows = draft.report().reading.windows;
    windows.into_iter().map(|window| (window.id, window.used.map(Percent::get))).collect()
}

fn trouble(draft: Draft) -> Option<Trouble> {
    draft.finish(&json!({"a": 1})).err().map(|error| error.trouble)
}

fn at(minute: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(1_789_473_600 + minute * 60, 0)
}

#[test]
fn a_window_that_is_told_twice_is_one_and_the_poorer_twin_takes_nothing() {
    for (one, two, shown) in [
        (used(12.0), used(12.0), Some(12.0)),
        (used(12.0), Allowance::Unknown, Some(12.0)),
        (Allowance::Unknown, used(12.0), Some(12.0)),
        (used(0.0), used(12.0), Some(12.0)),
        (used(12.0), used(100.0), Some(100.0)),
    ] {
        for (first, second) in [(one, two), (two, one)] {
            let mut draft = Draft::new();
            draft.add(week(first));
            draft.add(week(second));
            assert_eq!(told(draft), [("weekly".to_owned(), shown)]);
        }
    }
}

#[test]
fn a_newer_object_counts_before_an_older_one_in_either_order() {
    for (newer, older, shown) in [
        (used(4.0), used(3.0), Some(4.0)),
        (used(0.0), used(12.0), Some(0.0)),
        (used(0.0), used(100.0), Some(100.0)),
        (Allowance::Unknown, used(12.0), Some(12.0)),
    ] {
        for newer_first in [true, false] {
            let mut draft = Draft::new();
            if newer_first {
                draft.add(week(newer));
                draft.fill(week(older));
            } else {
                draft.fill(week(older));
                draft.add(week(newer));
            }
            assert_eq!(told(draft), [("weekly".to_owned(), shown)], "{newer:?} {older:?}");
        }
    }
}

#[test]
fn a_reset_comes_with_the_figure_that_counts_and_gaps_are_filled() {
    let reset = |draft: Draft| draft.report().reading.windows[0].resets_at;
    let of = |percent, ends| window("weekly", WindowKind::Weekly, used(percent), ends);
    for (one, two, want) in [
        (of(4.0, at(1)), of(3.0, at(2)), at(1)),
        (of(4.0, None), of(3.0, at(2)), at(2)),
        (of(4.0, at(1)), of(100.0, at(2)), at(2)),
    ] {
        let mut draft = Draft::new();
        draft.add(one);
        draft.fill(two);
        assert_eq!(reset(draft), want);
    }
}

#[test]
fn limits_are_the_same_by_period_and_part_whatever_they_are_called() {
    let scoped = |id: &str, pool: &str| {
        let scope = Scope { pool: Some(pool.to_owned()), ..Scope::default() };
        Some(Window::of(id, WindowKind::Weekly, used(5.0)).unwrap().scoped(scope))
    };
    let mut draft = Draft::new();
    draft.add(scoped("weekly:spark", "Spark"));
    draft.add(scoped("spark-7d", "spark"));
    draft.add(scoped("weekly:design", "Design"));
    draft.add(window("hourly", WindowKind::Other, used(1.0), None).map(|w| w.lasting(Some(60))));
    draft.add(window("hourly-2", WindowKind::Other, used(1.0), None).map(|w| w.lasting(Some(720))));
    let ids: Vec<_> = told(draft).into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["weekly:spark", "weekly:design", "hourly", "hourly-2"]);
}

fn read(element: &Value) -> Result<Option<Window>, Odd> {
    let kind = match element["kind"].as_str() {
        Some("week") => WindowKind::Weekly,
        Some("day") => WindowKind::Daily,
        Some(_) => return Err(Odd::UnknownKind),
        None => return Err(Odd::Broken("kind is missing")),
    };
    Ok(window(kind.code(), kind, Allowance::used_percent(number(&element["n"])), None))
}

#[test]
fn a_broken_element_costs_itself_alone_and_leaves_what_was_known() {
    let good = json!({"kind": "week", "n": 7});
    for bad in [
        json!(null),
        json!("x"),
        json!(7),
        json!([]),
        json!({}),
        json!({"n": 3}),
        json!({"kind": "moon", "n": 3}),
    ] {
        for list in [json!([bad, good]), json!([good, bad])] {
            let mut draft = Draft::new();
            draft.each("limits", &list, read);
            let report = draft.finish(&json!({})).unwrap();
            assert_eq!(report.reading.windows.len(), 1, "{list}");
            assert_eq!(report.reading.coverage, Coverage::Partial, "{list}");
            assert_eq!(report.notes.len(), 1, "{list}");
        }
    }
    let mut draft = Draft::new();
    draft.each("limits", &json!([good]), read);
    draft.each("others", &Value::Null, read);
    draft.bucket("bucket", &Value::Null, |_| week(used(1.0)));
    assert_eq!(draft.finish(&json!({})).unwrap().reading.coverage, Coverage::Complete);
    let mut draft = Draft::new();
    draft.each("limits", &json!("none"), read);
    draft.bucket("bucket", &json!(3), |_| week(used(1.0)));
    assert_eq!(trouble(draft), Some(Trouble::BadPayload));
}

#[test]
fn only_a_figure_is_a_reading() {
    let plan = |mut draft: Draft| {
        draft.plan = Some("Pro".to_owned());
        draft
    };
    let with = |allowance| {
        let mut draft = Draft::new();
        draft.add(week(allowance));
        draft
    };
    assert_eq!(trouble(plan(Draft::new())), Some(Trouble::BadPayload), "a plan's name alone");
    assert_eq!(trouble(plan(with(Allowance::Unknown))), Some(Trouble::BadPayload), "no figure");
    assert_eq!(trouble(with(Allowance::Absent)), Some(Trouble::NoData), "a limit of nothing");
    assert_eq!(trouble(with(used(0.0))), None, "zero is a figure");
    assert_eq!(trouble(with(Allowance::spent())), None);
    assert_eq!(trouble(with(Allowance::Unlimited)), None);
    let mut none = plan(Draft::new());
    none.nothing("The vendor names no limit.");
    assert_eq!(trouble(none), Some(Trouble::NoData));
    let mut lost = Draft::new();
    lost.nothing("The vendor names no limit.");
    lost.lose("something was there");
    assert_eq!(trouble(lost), Some(Trouble::BadPayload));
    let mut money = Draft::new();
    money.balance(left(Some(Amount::ZERO), CreditUnit::USD));
    assert_eq!(trouble(money), None, "an empty balance is a figure");
}

#[test]
fn money_has_a_percentage_only_where_there_is_a_cap() {
    let of = |used: i64, limit: Option<i64>| {
        let spend = spend(Some(Amount::whole(used)), limit.map(Amount::whole), Currency::USD)?;
        Some((spend.limit.is_some(), spend.used_percent.map(Percent::get)))
    };
    assert_eq!(of(5, Some(20)), Some((true, Some(25.0))));
    assert_eq!(of(0, Some(20)), Some((true, Some(0.0))));
    assert_eq!(of(5, None), Some((false, None)));
    assert_eq!(of(5, Some(0)), Some((false, None)));
    assert_eq!(of(0, Some(0)), None);
}

#[test]
fn a_balance_is_shown_once_and_a_zero_beside_a_figure_is_a_placeholder() {
    let mut draft = Draft::new();
    for whole in [0, 12, 0] {
        draft.balance(left(Some(Amount::whole(whole)), CreditUnit::USD));
    }
    draft.balance(left(Some(Amount::whole(3)), CreditUnit::USD).map(|it| it.named("Acme")));
    let left: Vec<_> = draft.report().reading.credits.into_iter().map(|it| it.balance).collect();
    assert_eq!(left, [Some(Amount::whole(12)), Some(Amount::whole(3))]);
}

proptest! {
    #[test]
    fn order_and_repetition_change_nothing(
        mut rows in prop::collection::vec((0_u8..3, prop::option::of(0_u8..120)), 1..8),
        seed in any::<u64>(),
    ) {
        let make = |rows: &[(u8, Option<u8>)]| {
            let mut draft = Draft::new();
            for (pool, percent) in rows {
                let allowance = Allowance::used_percent(percent.map(f64::from));
                draft.add(window(&format!("pool{pool}"), WindowKind::Weekly, allowance, None));
            }
            let mut told = told(draft);
            told.sort_by(|a, b| a.0.cmp(&b.0));
            told
        };
        let once = make(&rows);
        rows.extend(rows.clone());
        let length = rows.len() as u64;
        for at in (1..rows.len()).rev() {
            rows.swap(at, (seed.wrapping_mul(at as u64 + 7) % length) as usize);
        }
        prop_assert_eq!(make(&rows), once);
    }
}

#[test]
fn what_a_mirror_calls_free_is_not_known_and_what_it_says_is_used_counts() {
    let mirrored = |other: f64| {
        let mut draft = Draft::new();
        draft.add(week(used(0.0)));
        draft.add(window("session", WindowKind::Session, used(other), None));
        draft.of_mirror()
    };
    assert_eq!(trouble(mirrored(0.0)), Some(Trouble::BadPayload));
    let draft = mirrored(30.0);
    assert_eq!(draft.coverage, Coverage::Partial);
    assert_eq!(told(draft), [("weekly".to_owned(), None), ("session".to_owned(), Some(30.0))]);
}
