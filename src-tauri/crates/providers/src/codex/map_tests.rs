//! The rules of reading answers, one by one.

use super::{map, testing::now};
use claudometer_core::{Coverage, Percent, Trouble};
use claudometer_host::http::Response;
use claudometer_provider::{FetchError, Report};
use proptest::prelude::*;
use serde_json::{Value, json};

fn response(headers: &[(&str, &str)]) -> Response {
    let headers =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Response { status: 200, headers, body: Vec::new() }
}

fn usage(body: &Value) -> Result<Report, FetchError> {
    map::usage(body, &response(&[]), now())
}

fn windows(report: &Report) -> Vec<(&str, Option<f64>)> {
    report
        .reading
        .windows
        .iter()
        .map(|window| (window.id.as_str(), window.used.map(Percent::get)))
        .collect()
}

fn slot(used: i64, seconds: i64) -> Value {
    json!({"used_percent": used, "limit_window_seconds": seconds})
}

#[test]
fn an_answer_without_windows_is_an_answer_and_one_of_another_shape_is_not() {
    for (body, want) in [
        (json!({"plan_type": "team", "rate_limit": null}), Err(Trouble::NoData)),
        (
            json!({"rate_limit": {"allowed": true, "primary_window": null, "secondary_window": null}}),
            Err(Trouble::NoData),
        ),
        (
            json!({"rate_limit": null, "additional_rate_limits": [{"limit_name": "X", "rate_limit": {"primary_window": slot(3, 18_000)}}]}),
            Ok(1),
        ),
        (json!({"credits": {"has_credits": true, "balance": "1"}}), Ok(0)),
        (json!({"rate_limits": {"primary": {"used_percent": 1, "window_minutes": 300}}}), Ok(1)),
        (json!({"primary": {"used_percent": 1, "window_minutes": 300}}), Ok(1)),
        (json!({"rate_limit": {"primary_window": "oops"}}), Err(Trouble::BadPayload)),
        (json!({"rate_limit": "oops"}), Err(Trouble::BadPayload)),
        (json!({"plan_type": "plus", "limits_v2": []}), Err(Trouble::BadPayload)),
        (json!({}), Err(Trouble::BadPayload)),
        (json!([]), Err(Trouble::BadPayload)),
        (json!(null), Err(Trouble::BadPayload)),
    ] {
        let got = usage(&body).map(|report| report.reading.windows.len());
        if let Err(error) = &got {
            assert_eq!(error.shape.is_some(), error.trouble == Trouble::BadPayload, "{body}");
        }
        assert_eq!(got.map_err(|error| error.trouble), want, "{body}");
    }
}

#[test]
fn whose_plan_and_whether_a_limit_is_reached_are_told_by_several_members() {
    let reached = |more: Value| {
        let mut body = json!({"rate_limit": {"primary_window": slot(1, 18_000)}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        usage(&body).unwrap().reading.limit_reached
    };
    for (more, want) in [
        (json!({}), false),
        (json!({"rate_limit": {"limit_reached": true, "primary_window": slot(100, 18_000)}}), true),
        (json!({"rate_limit_reached_type": {"type": "workspace_member_credits_depleted"}}), true),
        (json!({"rate_limit_reached_type": "rate_limit_reached"}), true),
        (json!({"rate_limit_reached_type": null}), false),
        (json!({"spend_control": {"reached": true}}), true),
        (json!({"spend_control": {"reached": false}}), false),
        (
            json!({"additional_rate_limits": [{"limit_name": "X", "rate_limit": {"limit_reached": true, "primary_window": slot(100, 18_000)}}]}),
            false,
        ),
    ] {
        assert_eq!(reached(more.clone()), want, "{more}");
    }
    let body = json!({"email": "sam@example.com", "account_id": "acc", "plan_type": "plus", "rate_limit": {"primary_window": slot(1, 18_000)}});
    let reading = usage(&body).unwrap().reading;
    let account = reading.account.unwrap();
    assert_eq!(
        (account.id.as_deref(), account.email.as_deref(), reading.plan.as_deref()),
        (Some("acc"), Some("sam@example.com"), Some("Plus"))
    );
    assert_eq!(reading.coverage, Coverage::Complete);
}

#[test]
fn an_answer_with_a_broken_part_does_not_take_away_what_that_part_told_before() {
    for (body, want) in [
        (
            json!({"rate_limit": {"primary_window": slot(1, 18_000), "secondary_window": null}}),
            Coverage::Complete,
        ),
        (
            json!({"rate_limit": {"primary_window": slot(1, 18_000), "secondary_window": "oops"}}),
            Coverage::Partial,
        ),
        (
            json!({"rate_limit": {"primary_window": slot(1, 18_000)}, "credits": {"has_credits": true, "balance": "x"}}),
            Coverage::Partial,
        ),
        (
            json!({"rate_limit": {"primary_window": slot(1, 18_000)}, "additional_rate_limits": [null, "oops", {}]}),
            Coverage::Partial,
        ),
    ] {
        assert_eq!(usage(&body).unwrap().reading.coverage, want, "{body}");
    }
}

#[test]
fn headers_speak_where_the_body_tells_no_windows() {
    let headers = response(&[
        ("x-codex-primary-used-percent", "12.5"),
        ("x-codex-primary-window-minutes", "10080"),
        ("x-codex-primary-reset-at", "1789773600"),
        ("x-codex-secondary-used-percent", "40"),
        ("x-codex-credits-balance", "3.5"),
    ]);
    let report = map::usage(&json!({"plan_type": "plus"}), &headers, now()).unwrap();
    assert_eq!(windows(&report), [("session", Some(40.0)), ("weekly", Some(12.5))]);
    assert_eq!(
        report
            .reading
            .credits
            .first()
            .and_then(|credits| credits.balance)
            .map(|b| b.to_string())
            .as_deref(),
        Some("3.5")
    );
    assert_eq!(report.reading.coverage, Coverage::Partial);
    let body = json!({"rate_limit": {"primary_window": slot(1, 18_000)}});
    let report = map::usage(&body, &headers, now()).unwrap();
    assert_eq!(windows(&report), [("session", Some(1.0))], "the body comes first");
}

#[test]
fn the_app_server_tells_each_limit_once() {
    let limits = |used: i64| json!({"limitId": "codex", "primary": {"usedPercent": used, "windowDurationMins": 300}, "planType": "pro", "rateLimitReachedType": null});
    let spark = json!({"limitId": "codex_spark", "limitName": "GPT-5.3-Codex-Spark", "secondary": {"usedPercent": 9, "windowDurationMins": 10_080}});
    for (result, want) in [
        (json!({"rateLimits": limits(5)}), vec![("session", Some(5.0))]),
        (
            json!({"rateLimits": limits(5), "rateLimitsByLimitId": null}),
            vec![("session", Some(5.0))],
        ),
        (
            json!({"rateLimits": limits(5), "rateLimitsByLimitId": {"codex": limits(6), "codex_spark": spark}}),
            vec![("session", Some(6.0)), ("codex-spark:weekly", Some(9.0))],
        ),
        (
            json!({"rateLimits": limits(5), "rateLimitsByLimitId": {"codex_spark": spark}}),
            vec![("session", Some(5.0)), ("codex-spark:weekly", Some(9.0))],
        ),
        (
            json!({"rateLimits": spark, "rateLimitsByLimitId": {"codex_spark": spark}}),
            vec![("weekly", Some(9.0))],
        ),
        (
            json!({"rateLimits": null, "rateLimitsByLimitId": {"codex": limits(6), "x": null}}),
            vec![("session", Some(6.0))],
        ),
    ] {
        let report = map::rpc(&result, &Value::Null, now()).unwrap();
        assert_eq!(windows(&report), want, "{result}");
    }
}

#[test]
fn an_app_server_with_a_plan_and_no_limit_has_no_data() {
    for (result, want) in [
        (
            json!({"rateLimits": {"primary": null, "secondary": null, "planType": "team"}, "rateLimitResetCredits": {"availableCount": 0}}),
            Trouble::NoData,
        ),
        (json!({"rateLimits": {"primary": "oops"}}), Trouble::BadPayload),
        (json!({}), Trouble::BadPayload),
        (json!(null), Trouble::BadPayload),
    ] {
        assert_eq!(map::rpc(&result, &Value::Null, now()).unwrap_err().trouble, want, "{result}");
    }
    let login = json!({"type": "chatgpt", "email": "sam@example.com", "planType": "plus"});
    let result = json!({"rateLimits": {"primary": {"usedPercent": 1}, "planType": null}});
    let reading = map::rpc(&result, &login, now()).unwrap().reading;
    assert_eq!(reading.plan.as_deref(), Some("Plus"));
    assert_eq!(
        reading.account.and_then(|account| account.email).as_deref(),
        Some("sam@example.com")
    );
}

const FIXTURES: &[&str] = &[
    include_str!("fixtures/codex-oauth/pro_spark.json"),
    include_str!("fixtures/codex-oauth/business_spend_control.json"),
    include_str!("fixtures/codex-oauth/garbage_siblings.json"),
    include_str!("fixtures/codex-oauth/limit_reached_unlimited_credits.json"),
    r#"{"rateLimits":{"primary":{"usedPercent":1,"windowDurationMins":300,"resetsAt":1},"individualLimit":{"limit":"1","used":"1"}},"rateLimitsByLimitId":{"codex":{},"b":{"primary":{"usedPercent":1}}},"rateLimitResetCredits":{"availableCount":1,"credits":[{}]}}"#,
    r#"{"primary":{"used_percent":1,"window_minutes":300,"resets_in_seconds":5},"secondary":null,"credits":{},"plan_type":"plus","limit_id":"x"}"#,
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!("9e99")),
        Just(json!([1, "x", null])),
        Just(json!({"primary": {"used_percent": 5}})),
    ]
}

/// Puts `garbage` where a walk that turns at `turns` ends.
fn mutate(value: &mut Value, turns: &[usize], garbage: Value) {
    let Some((turn, rest)) = turns.split_first() else {
        *value = garbage;
        return;
    };
    let inner = match value {
        Value::Object(members) if !members.is_empty() => {
            let at = turn % members.len();
            members.values_mut().nth(at)
        }
        Value::Array(items) if !items.is_empty() => {
            let at = turn % items.len();
            items.get_mut(at)
        }
        _ => None,
    };
    match inner {
        Some(inner) => mutate(inner, rest, garbage),
        None => *value = garbage,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutation_makes_a_mapper_panic_or_tell_one_window_twice(
        fixture in 0..FIXTURES.len(),
        wounds in prop::collection::vec((prop::collection::vec(0_usize..12, 0..6), leaf()), 1..4),
    ) {
        let mut body: Value = serde_json::from_str(FIXTURES[fixture]).unwrap();
        for (turns, garbage) in wounds {
            mutate(&mut body, &turns, garbage);
        }
        let readings = [
            usage(&body).ok(),
            map::rpc(&body, &body, now()).ok(),
            Some(map::snapshot(&body, now())),
        ];
        for report in readings.into_iter().flatten() {
            let mut ids: Vec<_> = report.reading.windows.iter().map(|window| &window.id).collect();
            ids.sort();
            let all = ids.len();
            ids.dedup();
            prop_assert_eq!(ids.len(), all);
            for window in &report.reading.windows {
                prop_assert!(window.used.is_none_or(|used| used.get().is_finite() && used.get() >= 0.0));
            }
        }
    }
}
