//! What the source does with logins, answers and files.

use super::*;
use crate::codex::testing::{self, jwt, now};
use claudometer_core::Percent;
use serde_json::json;
use std::fmt::Write as _;

/// Places a log that was written `age` seconds ago.
fn place(host: &Host, path: &str, age: i64, text: &str) {
    let path = sessions(host).join(path);
    host.files.place(&path, text.as_bytes(), now() - TimeDelta::seconds(age)).unwrap();
}

fn stamp(age: i64) -> String {
    (now() - TimeDelta::seconds(age)).to_rfc3339()
}

/// A line that tells a session window of so much, `age` seconds ago.
fn line(age: i64, used: f64) -> String {
    limits(
        age,
        &json!({"primary": {"used_percent": used, "window_minutes": 300, "resets_in_seconds": 9000}, "plan_type": "plus"}),
    )
}

fn limits(age: i64, limits: &Value) -> String {
    format!(
        "{}\n",
        json!({"timestamp": stamp(age), "type": "event_msg", "payload": {"type": "token_count", "info": null, "rate_limits": limits}})
    )
}

fn fetch(host: &Host) -> Result<Report, FetchError> {
    super::fetch(host, &auth::in_files(host))
}

fn used(host: &Host) -> Option<f64> {
    fetch(host).ok()?.reading.windows.first()?.used.map(Percent::get)
}

#[test]
fn the_last_line_that_tells_limits_counts_as_of_its_own_time() {
    let host = testing::host();
    let chat = json!({"timestamp": stamp(1), "type": "event_msg", "payload": {"type": "agent_message", "message": "\"rate_limits\" token_count"}});
    let text = format!(
        "{}{}{}{chat}\nnot json \"rate_limits\" token_count\n",
        line(300, 5.0),
        line(200, 6.5),
        limits(100, &Value::Null)
    );
    place(&host, "2026/09/15/rollout-a.jsonl", 1, &text);
    let reading = fetch(&host).unwrap().reading;
    assert_eq!(reading.as_of, Some(now() - TimeDelta::seconds(200)));
    assert_eq!(reading.plan.as_deref(), Some("Plus"));
    let window = &reading.windows[0];
    assert_eq!((window.id.as_str(), window.used.map(Percent::get)), ("session", Some(6.5)));
    assert_eq!(
        window.resets_at,
        Some(now() + TimeDelta::seconds(9000 - 200)),
        "counted from the line"
    );
}

#[test]
fn the_log_with_the_newest_line_counts_whatever_its_name_or_day() {
    let host = testing::host();
    place(&host, "2026/09/15/rollout-b.jsonl", 500, &line(500, 1.0));
    place(
        &host,
        "2026/09/14/rollout-a.jsonl",
        10,
        &format!("{}{}", line(90_000, 2.0), line(10, 3.0)),
    );
    place(
        &host,
        "2026/09/15/rollout-c.jsonl",
        5,
        "{\"timestamp\":\"2026-09-15T11:59:55Z\",\"type\":\"session_meta\"}\n",
    );
    place(&host, "2026/09/15/notes.txt", 1, &line(1, 9.0));
    place(&host, "2026/09/15/rollout-d.jsonl.part", 1, &line(1, 9.0));
    assert_eq!(used(&host), Some(3.0));
    let watched = Rollout.watched(&host);
    for folder in ["", "2026", "2026/09", "2026/09/14", "2026/09/15"] {
        let folder = sessions(&host).join(folder);
        assert!(
            watched.iter().any(|path| path.components().eq(folder.components())),
            "{folder:?} in {watched:?}"
        );
    }
}

#[test]
fn windows_that_have_ended_are_history() {
    let host = testing::host();
    let slot = |used: f64, more: Value| {
        let mut slot = json!({"used_percent": used});
        slot.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        slot
    };
    for (primary, secondary, want) in [
        (
            json!({"window_minutes": 300, "resets_at": 1_789_473_600}),
            json!({"window_minutes": 10_080, "resets_at": 1_789_773_600}),
            vec!["weekly"],
        ),
        (
            json!({"window_minutes": 300, "resets_in_seconds": 5000}),
            json!({"window_minutes": 10_080}),
            vec!["weekly"],
        ),
        (
            json!({"window_minutes": 300, "resets_in_seconds": 9000}),
            json!({}),
            vec!["session", "weekly"],
        ),
        (json!({"window_minutes": 60}), json!({"resets_in_seconds": 1}), vec![]),
    ] {
        let both = json!({"primary": slot(1.0, primary), "secondary": slot(2.0, secondary)});
        place(&host, "2026/09/15/rollout-a.jsonl", 1, &limits(7200, &both));
        let reading = fetch(&host).unwrap().reading;
        assert_eq!(
            reading.windows.iter().map(|w| w.id.as_str()).collect::<Vec<_>>(),
            want,
            "{both}"
        );
    }
}

#[test]
fn the_tail_that_is_read_grows_only_as_far_as_needed() {
    let host = testing::host();
    let mut noise = String::new();
    while noise.len() < 700_000 {
        writeln!(noise, "{{\"type\":\"response_item\",\"payload\":\"{}\"}}", "x".repeat(20_000))
            .unwrap();
    }
    place(&host, "2026/09/15/rollout-a.jsonl", 1, &format!("{}{noise}", line(60, 4.0)));
    assert_eq!(used(&host), Some(4.0), "behind 700 kB");
    place(&host, "2026/09/15/rollout-a.jsonl", 1, &format!("{}{}", line(60, 4.0), noise.repeat(7)));
    assert_eq!(used(&host), None, "behind 5 MB it is not worth it");
}

#[test]
fn a_branch_does_not_pass_off_its_copied_beginning_as_new() {
    let host = testing::host();
    let made = now() - TimeDelta::seconds(100);
    let id = format!("{:012x}", made.timestamp_millis());
    let path = format!(
        "2026/09/15/rollout-2026-09-15T13-58-20-{}-{}-7abc-8def-0123456789ab.jsonl",
        &id[..8],
        &id[8..]
    );
    place(&host, &path, 1, &line(99, 50.0));
    assert_eq!(used(&host), None);
    place(&host, &path, 1, &format!("{}{}", line(99, 50.0), line(60, 51.0)));
    assert_eq!(used(&host), Some(51.0));
}

#[test]
fn limits_of_one_model_do_not_hide_those_of_the_account() {
    let host = testing::host();
    let spark = json!({"limit_id": "codex_spark", "limit_name": "GPT-5.3-Codex-Spark", "primary": {"used_percent": 90, "window_minutes": 300}});
    place(
        &host,
        "2026/09/15/rollout-a.jsonl",
        1,
        &format!("{}{}", line(60, 4.0), limits(30, &spark)),
    );
    assert_eq!(used(&host), Some(4.0));
    place(&host, "2026/09/15/rollout-a.jsonl", 1, &limits(30, &spark));
    assert_eq!(fetch(&host).unwrap().reading.windows[0].id, "codex-spark:session");
}

#[test]
fn numbers_of_an_earlier_login_are_not_shown_as_this_ones() {
    let at = |age: i64| (now() - TimeDelta::seconds(age)).timestamp();
    let auth = |plan: &str| json!({"chatgpt_plan_type": plan});
    for (claims, shown) in [
        (json!({}), true),
        (json!({"auth_time": at(600)}), true),
        (json!({"auth_time": at(60)}), false),
        (json!({"iat": at(60)}), true),
        (json!({"iat": at(60), "https://api.openai.com/auth": auth("plus")}), true),
        (json!({"iat": at(60), "https://api.openai.com/auth": auth("pro")}), false),
        (json!({"iat": at(600), "https://api.openai.com/auth": auth("pro")}), true),
    ] {
        let host = testing::host();
        place(&host, "2026/09/15/rollout-a.jsonl", 1, &line(300, 4.0));
        let text = json!({"tokens": {"access_token": "t", "id_token": jwt(&claims)}}).to_string();
        host.files.write_private(&home::login_files(&host)[0], text.as_bytes()).unwrap();
        assert_eq!(used(&host).is_some(), shown, "{claims}");
    }
}

/// Signs in with a ChatGPT account as one person of a workspace.
fn sign_in(host: &Host, account: &str, user: &str) {
    let auth = json!({"chatgpt_account_id": account, "chatgpt_user_id": user});
    let id_token = jwt(&json!({"https://api.openai.com/auth": auth}));
    let text = json!({"tokens": {"access_token": format!("{account}-{user}"), "id_token": id_token, "account_id": account}});
    host.files.write_private(&home::login_files(host)[0], text.to_string().as_bytes()).unwrap();
}

/// The name of the log of a session that began `age` seconds ago: its identifier tells when.
fn log(age: i64, mark: u8) -> String {
    let began = (now() - TimeDelta::seconds(age)).timestamp_millis();
    let (high, low) = (began >> 16, began & 0xffff);
    format!("2026/09/15/rollout-x-{high:08x}-{low:04x}-7000-8000-0000000000{mark:02x}.jsonl")
}

#[test]
fn a_session_belongs_to_the_login_under_which_it_began() {
    let host = testing::host();
    let look = |age: i64| {
        host.clock.set(now() - TimeDelta::seconds(age));
        fetch(&host).map(|report| report.reading.windows[0].used.map(Percent::get))
    };
    let nothing = |age: i64| {
        let error = look(age).unwrap_err();
        assert_eq!((error.trouble, error.local), (Trouble::NoData, true));
        assert!(error.detail.contains("another login"), "{}", error.detail);
    };
    sign_in(&host, "first", "dana");
    place(&host, &log(4000, 1), 3600, &line(3600, 61.0));
    assert_eq!(look(3500), Ok(Some(61.0)));

    for (account, user, why) in
        [("second", "dana", "another workspace"), ("first", "erin", "another member")]
    {
        sign_in(&host, "first", "dana");
        assert_eq!(look(3000), Ok(Some(61.0)), "{why}: signed in again");
        sign_in(&host, account, user);
        nothing(2900);
        // The idle session of the first login repeats its figures.
        place(&host, &log(4000, 1), 2800, &line(2800, 61.0));
        nothing(2700);
    }

    place(&host, &log(2600, 2), 2500, &line(2500, 7.0));
    assert_eq!(look(2400), Ok(Some(7.0)), "a session that began under this login");
    place(&host, &log(4000, 1), 2300, &line(2300, 62.0));
    assert_eq!(look(2200), Ok(Some(7.0)), "a newer line of another login is not taken");
    sign_in(&host, "first", "dana");
    assert_eq!(look(2100), Ok(Some(62.0)), "each login comes back to its own figures");
}

#[test]
fn of_two_sessions_of_one_login_the_higher_figure_of_a_period_counts() {
    for (ends, want) in [(9000, 40.0), (9300, 40.0), (3600, 30.0)] {
        let host = testing::host();
        let told = |used: f64, ends: i64| json!({"primary": {"used_percent": used, "window_minutes": 300, "resets_at": (now() + TimeDelta::seconds(ends)).timestamp()}});
        place(&host, "2026/09/15/rollout-a.jsonl", 600, &limits(600, &told(40.0, ends)));
        place(&host, "2026/09/15/rollout-b.jsonl", 60, &limits(60, &told(30.0, 9000)));
        assert_eq!(used(&host), Some(want), "the other period ends in {ends} seconds");
    }
}

#[test]
fn a_packed_log_is_read_like_any_other() {
    let host = testing::host();
    let text = line(300, 12.0);
    let packed = ruzstd::encoding::compress_to_vec(
        text.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    let path = sessions(&host).join("2026/09/15/rollout-a.jsonl.zst");
    host.files.place(&path, &packed, now() - TimeDelta::seconds(10)).unwrap();
    assert_eq!(used(&host), Some(12.0));
    host.files.place(&path, b"no packed log", now() - TimeDelta::seconds(10)).unwrap();
    assert_eq!(fetch(&host).unwrap_err().trouble, Trouble::NoData);
}

#[tokio::test]
async fn without_logs_there_is_no_seat_and_no_trouble_to_speak_of() {
    let host = testing::host();
    assert!(Rollout.discover(&ProviderSettings::default(), &host).await.is_empty());
    let error = fetch(&host).unwrap_err();
    assert_eq!((error.trouble, error.local), (Trouble::NoData, true));
    assert_eq!(Rollout.watched(&host), [sessions(&host)]);
}
