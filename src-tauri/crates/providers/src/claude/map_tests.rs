//! What becomes of usage answers.

use super::*;
use crate::claude::{auth, money, plan, statusline, web};
use claudometer_core::Percent;
use proptest::prelude::*;
use serde_json::json;

fn now() -> DateTime<Utc> {
    "2026-09-15T12:00:00Z".parse().unwrap()
}

/// Id and percent of every window.
fn told(answer: &Value) -> Vec<(String, Option<f64>)> {
    let windows = usage(answer, now()).report().reading.windows;
    windows.into_iter().map(|window| (window.id, window.used.map(Percent::get))).collect()
}

fn trouble(answer: &Value) -> Option<Trouble> {
    let text = answer.to_string();
    let response = claudometer_provider::replay::good(&text);
    let told =
        VENDOR.read(&response, now()).and_then(|answer| usage(&answer, now()).finish(&answer));
    told.err().map(|error| error.trouble)
}

fn limit(percent: i32, model: &Value, surface: &Value) -> Value {
    json!({"kind": "weekly_scoped", "group": "weekly", "percent": percent, "resets_at": null, "is_active": false,
           "scope": {"model": {"id": "m", "display_name": model}, "surface": surface}})
}

#[test]
fn scoped_limits_are_told_apart_by_model_and_surface() {
    let limits = json!({"limits": [
        limit(1, &json!("Fable"), &json!(null)),
        limit(2, &json!("Fable"), &json!("code")),
        limit(3, &json!("Fable"), &json!({"id": "chat", "display_name": "Chat"})),
        limit(4, &json!(null), &json!({"id": "code"})),
        limit(5, &json!(null), &json!(null)),
        limit(6, &json!("All models"), &json!(null)),
        limit(7, &json!("FABLE"), &json!(null)),
    ]});
    let want = [
        // Told twice: "free" never overrules "spent".
        ("weekly:fable", 7.0),
        ("weekly:fable@code", 2.0),
        ("weekly:fable@chat", 3.0),
        ("weekly@code", 4.0),
    ];
    assert_eq!(told(&limits), want.map(|(id, used)| (id.to_owned(), Some(used))));
}

#[test]
fn limits_come_first_and_buckets_fill_what_they_leave_out() {
    let answer = json!({
        "five_hour": {"utilization": 37.4, "resets_at": "2026-09-15T15:00:00Z"},
        "seven_day": {"utilization": 12.5},
        "seven_day_opus": {"utilization": 9.0},
        "seven_day_sonnet": {"utilization": 5.0},
        "limits": [
            {"kind": "session", "percent": null, "scope": null},
            {"kind": "weekly_all", "percent": "13", "scope": null},
            limit(6, &json!("Claude Sonnet 5"), &json!(null)),
        ],
    });
    let want = [
        ("session", 37.4),
        ("weekly", 13.0),
        ("weekly:claude-sonnet-5", 6.0),
        ("weekly:opus", 9.0),
    ];
    assert_eq!(told(&answer), want.map(|(id, used)| (id.to_owned(), Some(used))));
    let session = usage(&answer, now()).report().reading.windows.remove(0);
    assert_eq!(session.resets_at.map(|at| at.timestamp()), Some(1_789_484_400));
}

#[test]
fn one_broken_element_costs_its_siblings_nothing_and_is_noted() {
    let answer = json!({
        "five_hour": "soon",
        "seven_day": {"utilization": "many", "resets_at": "never"},
        "seven_day_opus": {"utilization": "7"},
        "limits": [null, 5, {"kind": "lunar"}, {"kind": "session", "percent": {}}, {"kind": "weekly_scoped", "percent": 3, "scope": "x"}],
        "amber_ladder": {"utilization": 3.0},
        "dana@example.com": {"utilization": 3.0},
    });
    assert_eq!(told(&answer), [("weekly".to_owned(), None), ("weekly:opus".to_owned(), Some(7.0))]);
    let draft = usage(&answer, now());
    assert_eq!(
        draft.notes(),
        [
            "limits has an element that is no object",
            "limits has an element of a kind that is not known",
            "limits has an element whose percent is no number",
            "five_hour is no object",
            "seven_day has a percent that is no number",
            "amber_ladder is not known",
            "a key is not known",
        ]
    );
}

#[test]
fn unknown_is_never_zero() {
    for (answer, want) in [
        (json!({"five_hour": null, "seven_day": {"utilization": 1}}), vec![("weekly", Some(1.0))]),
        (json!({"five_hour": {"utilization": null}}), vec![("session", None)]),
        (json!({"five_hour": {}}), vec![("session", None)]),
        (json!({"five_hour": {"utilization": 0}}), vec![("session", Some(0.0))]),
        (json!({"five_hour": {"utilization": -3}}), vec![("session", Some(0.0))]),
        (json!({"five_hour": {"utilization": 250.5}}), vec![("session", Some(250.5))]),
    ] {
        let want: Vec<_> = want.into_iter().map(|(id, used)| (id.to_owned(), used)).collect();
        assert_eq!(told(&answer), want, "{answer}");
    }
}

#[test]
fn routines_and_design_are_found_under_every_name_and_once() {
    for key in [
        "seven_day_cowork",
        "seven_day_claude_routines",
        "claude_routines",
        "routines",
        "routine",
        "cowork",
    ] {
        let answer = json!({key: {"utilization": 4}, "seven_day_routines": null});
        assert_eq!(told(&answer), [("weekly:routines".to_owned(), Some(4.0))], "{key}");
    }
    let twice = json!({"cowork": {"utilization": 4}, "seven_day_routines": {"utilization": 5}, "seven_day_omelette": {"utilization": 1},
        "limits": [limit(6, &json!(null), &json!("cowork"))]});
    assert_eq!(
        told(&twice),
        [("weekly@cowork".to_owned(), Some(6.0)), ("weekly:design".to_owned(), Some(1.0))]
    );
}

#[test]
fn an_answer_without_a_known_limit_is_told_apart_from_one_that_says_there_is_none() {
    for (answer, want) in [
        (
            json!({"five_hour": null, "seven_day": null, "extra_usage": {"is_enabled": false}}),
            Trouble::NoData,
        ),
        (json!({"limits": []}), Trouble::NoData),
        (json!({"five_hour": 5}), Trouble::BadPayload),
        (json!({"five_hour": null, "hourly": {"utilization": 5}}), Trouble::BadPayload),
        (json!({}), Trouble::BadPayload),
        (json!([]), Trouble::BadPayload),
        (json!(null), Trouble::BadPayload),
        (json!({"type": "error", "error": {"type": "rate_limit_error"}}), Trouble::RateLimited),
        (json!({"type": "error", "error": {"type": "authentication_error"}}), Trouble::AuthExpired),
        (json!({"type": "error", "error": {"type": "overloaded_error"}}), Trouble::UpstreamDown),
        (json!({"type": "error", "error": {"type": "mystery"}}), Trouble::BadPayload),
        (json!({"seven_day": {"utilization": null, "resets_at": null}}), Trouble::NoData),
        (json!({"limits": [{"kind": "new_kind", "percent": 4}]}), Trouble::BadPayload),
    ] {
        assert_eq!(trouble(&answer), Some(want), "{answer}");
    }
}

#[test]
fn spend_alone_is_a_good_answer() {
    let answer = json!({"five_hour": null, "extra_usage": {"is_enabled": true, "used_credits": 61250, "monthly_limit": null}});
    let reading = usage(&answer, now()).finish(&answer).unwrap().reading;
    assert!(reading.windows.is_empty());
    assert_eq!(reading.spend.unwrap().used.fixed(2), "612.50");
}

/// Every answer in the fixtures, to be damaged.
fn answers() -> Vec<Value> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/claude/fixtures");
    let disk = claudometer_host::Files::disk();
    let files = ["claude-oauth", "claude-web"].map(|name| disk.list(&folder.join(name)));
    let texts =
        files.into_iter().flatten().map(|entry| disk.read_text(&entry.path).unwrap().unwrap());
    texts.filter_map(|text| serde_json::from_str(&text).ok()).collect()
}

fn any_leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!({})),
        Just(json!([])),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ]
}

/// Replaces the `at`-th value found on a walk through `value`.
fn damage(value: &mut Value, at: &mut usize, with: &Value) {
    if *at == 0 {
        *value = with.clone();
    }
    *at = at.wrapping_sub(1);
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| damage(item, at, with)),
        Value::Object(members) => members.values_mut().for_each(|member| damage(member, at, with)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_damaged_answer_makes_a_mapper_panic(
        which in any::<prop::sample::Index>(), places in prop::collection::vec(0_usize..40, 1..4), leaf in any_leaf(),
    ) {
        let all = answers();
        let mut answer = which.get(&all).clone();
        for mut place in places {
            damage(&mut answer, &mut place, &leaf);
        }
        for window in usage(&answer, now()).report().reading.windows {
            prop_assert!(window.used.is_none_or(|used| used.get().is_finite()));
        }
        drop((statusline::read(answer.to_string().as_bytes()), money::credits(&answer), plan::of_membership(&answer)));
        drop((auth::read(&answer.to_string()), web::organizations_in(&answer)));
    }
}

#[test]
fn saved_resets_are_those_of_grants_that_have_not_ended_and_unknown_where_none_are_offered() {
    let grant =
        |left: u32, end: &str| json!({"resets_left": left, "ends_at": end, "paused": false});
    let all = json!([grant(1, "2026-11-01T00:00:00Z"), grant(2, "2026-10-22T16:00:00+00:00"), grant(4, "2026-01-01T00:00:00Z"), null, {"resets_left": "many"}]);
    let told = |resets: Value| {
        let now = "2026-10-01T00:00:00Z".parse().unwrap();
        usage(&json!({"five_hour": {"utilization": 1}, "cedar_ember": resets}), now).reset_credits
    };
    let some = told(json!({"eligible": true, "grants": all})).unwrap();
    assert_eq!((some.left, some.ends_at), (3, "2026-10-22T16:00:00Z".parse().ok()));
    for none in [
        json!(null),
        json!({"eligible": false, "ineligible_reason": "surface", "grants": all}),
        json!({"eligible": true, "grants": null}),
        json!({"eligible": true, "grants": []}),
    ] {
        assert_eq!(told(none.clone()), None, "{none}");
    }
}
