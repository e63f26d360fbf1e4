//! What the lines of a rollout mean for each other, and for other rollouts.

use super::*;
use claudometer_core::Tokens;
use claudometer_scan::{Kept, Place};

const FOLDER: &str = "/home/dana/.codex/sessions/2026/10/06";

fn meta(id: &str, more: &str) -> String {
    format!(
        r#"{{"timestamp":"2026-10-06T09:00:00Z","ordinal":0,"type":"session_meta","payload":{{"id":"{id}","cwd":"/work"{more}}}}}"#
    ) + "\n"
}

fn count(minute: u32, ordinal: u32, total: u64, last: u64) -> String {
    format!(
        r#"{{"timestamp":"2026-10-06T09:{minute:02}:00Z","ordinal":{ordinal},"type":"event_msg","payload":{{"type":"token_count","info":{{"total_token_usage":{{"output_tokens":{total}}},"last_token_usage":{{"output_tokens":{last}}}}}}}}}"#
    ) + "\n"
}

fn record(minute: u32, id: &str, output: u64) -> String {
    format!(
        r#"{{"timestamp":"2026-10-06T09:{minute:02}:30Z","type":"token_usage_record","payload":{{"response_id":"{id}","usage":{{"output_tokens":{output}}}}}}}"#
    ) + "\n"
}

fn compacted(minute: u32, id: &str) -> String {
    format!(
        r#"{{"timestamp":"2026-10-06T09:{minute:02}:40Z","type":"compacted","payload":{{"message":"","compaction_response_id":"{id}"}}}}"#
    ) + "\n"
}

/// Reads rollouts, which are named by the id of their session.
fn read(files: &[(&str, &str)], kept: &dyn Kept) -> Vec<Taken> {
    let host = crate::testing::host(&[]);
    let at = "2026-10-06T12:00:00Z".parse().unwrap();
    for (name, text) in files {
        let path = format!("{FOLDER}/rollout-2026-10-06T09-00-00-{name}");
        host.files.place(Path::new(&path), text.as_bytes(), at).unwrap();
    }
    let leaves = host.files.leaves(Path::new(FOLDER), &|path| LOGS.form(path).is_some());
    let file = |leaf| LogFile { leaf, others: &leaves, host: &host, kept };
    let places = leaves.iter().map(|leaf| Place { source: &LOGS, file: file(leaf) });
    places.map(|place| place.read(None, &mut Vec::new()).unwrap().0).collect()
}

fn outputs(taken: &Taken) -> Vec<u64> {
    taken.responses.iter().map(|one| one.tokens.output).collect()
}

#[test]
fn the_call_that_made_a_compaction_counts_beside_the_counters_whichever_line_comes_first() {
    let before = [&meta("a", ""), &count(1, 1, 10, 10), &record(1, "r1", 10), &record(2, "r2", 7)];
    let before = before.map(String::as_str).concat();
    let text = before
        + &compacted(2, "r2")
        + &compacted(3, "r3")
        + &record(3, "r3", 5)
        + &count(4, 2, 14, 4);
    let taken = read(&[("a.jsonl", &text)], &());
    assert_eq!(outputs(&taken[0]), [10, 4, 7, 5]);
    let fork = meta("b", r#","forked_from_id":"a""#) + &text.replacen(&meta("a", ""), "", 1);
    let forked = read(&[("a.jsonl", &text), ("b.jsonl", &fork)], &());
    assert_eq!(outputs(&forked[1]), [0_u64; 0], "a fork repeats it");
}

#[test]
fn what_stands_before_a_sub_agents_own_records_is_the_parents_wherever_it_stands() {
    let text = meta("b", r#","parent_thread_id":"gone","subagent_history_start_ordinal":5"#)
        + &count(1, 2, 100, 100)
        + &count(2, 5, 103, 3)
        + &count(3, 4, 203, 100)
        + &count(4, 6, 209, 6);
    let taken = read(&[("b.jsonl", &text)], &());
    assert_eq!(outputs(&taken[0]), [3, 6]);
    assert_eq!(taken[0].waits_for, None, "it needs nobody to tell what is its own");
}

/// A history that knows one session's calls.
#[derive(Debug)]
struct Knows(Vec<u64>);

impl Kept for Knows {
    fn tokens(&self, asked: Key) -> Option<Tokens> {
        let nth = (0..).zip(&self.0).find(|(nth, _)| key("gone", *nth) == asked);
        nth.map(|(_, output)| Tokens { output: *output, ..Tokens::default() })
    }
}

#[test]
fn a_fork_whose_origin_is_gone_is_compared_with_what_is_known_of_it_and_waits_for_it() {
    let text = meta("b", r#","forked_from_id":"gone""#)
        + &count(5, 1, 10, 10)
        + &count(6, 2, 30, 20)
        + &count(7, 3, 60, 30);
    for (known, expected) in [
        (vec![], vec![10, 20, 30]),
        (vec![10, 20], vec![30]),
        (vec![10, 20, 31], vec![30]),
        (vec![11, 20], vec![10, 20, 30]),
    ] {
        let taken = read(&[("b.jsonl", &text)], &Knows(known.clone()));
        assert_eq!(outputs(&taken[0]), expected, "{known:?}");
        assert_eq!(taken[0].waits_for.as_deref(), Some("gone"));
        assert_eq!(taken[0].copies.len(), 3 - expected.len());
    }
    assert!(LOGS.is_of_session(Path::new("/x/rollout-1-gone.jsonl.zst"), "gone"));
    assert!(!LOGS.is_of_session(Path::new("/x/rollout-1-gone.txt"), "gone"));
}

#[test]
fn a_session_that_names_itself_as_its_origin_has_none() {
    let text = meta("a", r#","forked_from_id":"a""#) + &count(1, 1, 10, 10) + &count(2, 2, 30, 20);
    let taken = read(&[("a.jsonl", &text)], &());
    assert_eq!((outputs(&taken[0]), &taken[0].waits_for), (vec![10, 20], &None));
}

#[test]
fn a_pack_that_is_none_is_an_error() {
    let host = crate::testing::host(&[]);
    let at = "2026-10-06T12:00:00Z".parse().unwrap();
    let path = format!("{FOLDER}/rollout-a.jsonl.zst");
    host.files.place(Path::new(&path), b"no zstd stream at all", at).unwrap();
    let leaves = host.files.leaves(Path::new(FOLDER), &|path| LOGS.form(path).is_some());
    let file = LogFile { leaf: &leaves[0], others: &leaves, host: &host, kept: &() };
    assert!(Place { source: &LOGS, file }.read(None, &mut Vec::new()).is_err());
}

#[test]
fn only_what_was_said_or_done_is_passed_over_and_only_in_the_usual_order_of_fields() {
    let usual = r#"{"timestamp":"2026-09-23T15:56:13.956Z","type":"response_item","payload":{}}"#;
    assert!(is_of_conversation(usual.as_bytes()));
    for other in [
        r#"{"timestamp":"2026-09-23T15:56:13.956Z","type":"event_msg","payload":{"a":","type":"response_item","}}"#,
        r#"{"type":"response_item","timestamp":"2026-09-23T15:56:13.956Z","payload":{}}"#,
        r#"{"timestamp":"an endless time, behind which nobody looks","type":"response_item","#,
        r#"{"timestamp":""#,
        "",
    ] {
        assert!(!is_of_conversation(other.as_bytes()), "{other}");
    }
}
