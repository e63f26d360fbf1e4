//! A log of each kind, as its assistant writes it, and what counts of it.

mod carriers;

use crate::LOGS;
use claudometer_core::{Response, response::Quality};

use claudometer_scan::{LogFile, LogSource, Place};
use std::path::Path;

/// What a test compares: model, session, folder, input, output, read, written, cost.
type Told = (String, String, String, [u64; 4], Option<String>);

fn told(response: &Response) -> Told {
    let tokens = &response.tokens;
    (
        response.model.to_string(),
        response.session.to_string(),
        response.project.to_string(),
        [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write_5m],
        response.logged_cost.map(|cost| cost.to_string()),
    )
}

fn source(id: &str) -> &'static dyn LogSource {
    LOGS.iter().copied().find(|source| source.id() == id).unwrap()
}

/// Reads the files of a log in memory.
fn read(id: &str, files: &[(&str, &str)]) -> (Vec<Response>, u64, u64) {
    let source = source(id);
    let host = crate::testing::host(&[]);
    let at = "2026-08-03T12:00:00Z".parse().unwrap();
    for (path, text) in files {
        host.files.place(Path::new(path), text.as_bytes(), at).unwrap();
    }
    let places = source.places(&host);
    let leaves: Vec<_> = places
        .iter()
        .flat_map(|place| host.files.leaves(place, &|path| source.form(path).is_some()))
        .collect();
    assert!(!leaves.is_empty(), "{id}: none of {places:?} holds a file of it");
    let (mut all, mut malformed, mut undated) = (Vec::new(), 0, 0);
    for leaf in &leaves {
        let place =
            Place { source, file: LogFile { leaf, others: &leaves, host: &host, kept: &() } };
        let (taken, _) = place.read(None, &mut Vec::new()).unwrap();
        all.extend(taken.responses);
        malformed += taken.malformed;
        undated += taken.undated;
    }
    (all, malformed, undated)
}

/// The same, as tests write it.
type Expected<'a> = (&'a str, &'a str, &'a str, [u64; 4], Option<&'a str>);

fn expect(id: &str, files: &[(&str, &str)], expected: &[Expected<'_>]) {
    let (responses, ..) = read(id, files);
    let expected: Vec<Told> = expected
        .iter()
        .map(|(model, session, project, tokens, cost)| {
            (
                (*model).into(),
                (*session).into(),
                (*project).into(),
                *tokens,
                cost.map(str::to_owned),
            )
        })
        .collect();
    assert_eq!(responses.iter().map(told).collect::<Vec<_>>(), expected, "{id}");
}

#[test]
fn a_prompt_of_qwen_has_what_was_cached_in_it_and_what_the_total_has_beside_it_is_the_answer() {
    let line = r#"{"uuid":"u1","sessionId":"s1","timestamp":"2026-08-03T10:00:00Z","cwd":"/work/shop","gitBranch":"main","type":"assistant","model":"qwen3-coder-plus","usageMetadata":{"promptTokenCount":18231,"candidatesTokenCount":412,"thoughtsTokenCount":90,"cachedContentTokenCount":16000,"totalTokenCount":18733}}"#;
    let again = line.replace("412", "500");
    let text = format!("{line}\n{again}\n{{\"type\":\"user\",\"usageMetadata\":null}}\n");
    expect(
        "qwen",
        &[("/home/dana/.qwen/projects/shop/chats/c.jsonl", &text)],
        &[("qwen3-coder-plus", "s1", "/work/shop", [2231, 502, 16000, 0], None)],
    );
}

#[test]
fn copilot_tells_totals_of_a_session_which_go_on_over_legs_and_begin_anew_when_it_is_compacted() {
    let start = r#"{"type":"session.start","data":{"sessionId":"s1","context":{"cwd":"/work/shop","branch":"main"}},"timestamp":"2026-08-03T10:00:00Z"}"#;
    let end = |input: u64, output: u64, hour: u32| {
        format!(
            r#"{{"type":"session.shutdown","timestamp":"2026-08-03T{hour}:00:00Z","data":{{"modelMetrics":{{"claude-sonnet-4.5":{{"usage":{{"inputTokens":{input},"outputTokens":{output},"cacheReadTokens":800,"cacheWriteTokens":40,"reasoningTokens":0}}}}}}}}}}"#
        )
    };
    let compacted = r#"{"type":"session.compaction_complete","data":{"success":true},"timestamp":"2026-08-03T13:30:00Z"}"#;
    let text = [
        start,
        &end(1000, 10, 11),
        &end(1500, 30, 12),
        &end(1500, 30, 13),
        compacted,
        &end(900, 5, 14),
    ]
    .join("\n");
    let files = [("/home/dana/.copilot/session-state/s1/events.jsonl", text.as_str())];
    expect(
        "copilot",
        &files,
        &[
            ("claude-sonnet-4.5", "s1", "/work/shop", [160, 10, 800, 40], None),
            ("claude-sonnet-4.5", "s1", "/work/shop", [500, 20, 0, 0], None),
            ("claude-sonnet-4.5", "s1", "/work/shop", [60, 5, 800, 40], None),
        ],
    );
    assert!(read("copilot", &files).0.iter().all(|one| one.quality == Quality::SessionTotal));
}

#[test]
fn requests_of_a_task_are_text_within_text_and_one_that_runs_counts_nothing_yet() {
    let task = r#"[{"ts":1785765122118,"type":"say","say":"api_req_started","text":"{\"tokensIn\":1501,\"tokensOut\":339,\"cacheWrites\":545,\"cacheReads\":8649,\"cost\":0.0123,\"apiProtocol\":\"anthropic\"}"},
        {"ts":1785765122200,"type":"say","say":"text","text":"hello"},
        {"ts":1785765123000,"type":"say","say":"api_req_started","text":"{\"tokensIn\":9000,\"tokensOut\":1,\"cacheReads\":8000,\"apiProtocol\":\"openai\"}"},
        {"ts":1785765124000,"type":"say","say":"api_req_started","text":"{\"request\":\"...\"}"}]"#;
    let conversation = r#"[{"role":"user","content":"<model>claude-sonnet-4-5</model>"}]"#;
    for (id, extension) in [
        ("cline", "saoudrizwan.claude-dev"),
        ("roo", "rooveterinaryinc.roo-cline"),
        ("kilo-legacy", "kilocode.kilo-code"),
    ] {
        if cfg!(target_os = "macos") {
            continue;
        }
        let folder = format!("/home/dana/.config/VSCodium/User/globalStorage/{extension}/tasks/t1");
        expect(
            id,
            &[
                (&format!("{folder}/ui_messages.json"), task),
                (&format!("{folder}/api_conversation_history.json"), conversation),
            ],
            &[
                ("claude-sonnet-4-5", "t1", "", [1501, 339, 8649, 545], Some("0.0123")),
                ("claude-sonnet-4-5", "t1", "", [1000, 1, 8000, 0], None),
            ],
        );
    }
}

#[test]
fn sessions_of_clines_command_line_tell_each_answer_with_its_cost() {
    let session = r#"{"messages":[{"id":"m1","ts":1785765122118,"role":"assistant","modelInfo":{"id":"glm-4.6","provider":"zai"},"metrics":{"inputTokens":10,"outputTokens":2,"cacheReadTokens":3,"cacheWriteTokens":4,"cost":0.5}},{"role":"user"}]}"#;
    expect(
        "cline",
        &[("/home/dana/.cline/data/sessions/s1/s1.messages.json", session)],
        &[("glm-4.6", "s1", "", [3, 2, 3, 4], Some("0.5"))],
    );
}

#[test]
fn every_branch_of_pi_counts_and_a_fork_repeats_its_origin() {
    let text = [
        r#"{"type":"session","id":"s1","cwd":"/work/shop","timestamp":"2026-08-03T10:00:00Z"}"#,
        r#"{"type":"message","id":"e1","timestamp":"2026-08-03T10:00:01Z","message":{"role":"assistant","model":"gpt-5","responseId":"r1","usage":{"input":10,"output":2,"cacheRead":3,"cacheWrite":4,"totalTokens":19,"cost":{"total":0.01}}}}"#,
        r#"{"type":"message","id":"e2","timestamp":"2026-08-03T10:00:02Z","message":{"role":"user","usage":null}}"#,
    ]
    .join("\n");
    let fork = text.replace("\"id\":\"s1\"", "\"id\":\"s2\"");
    let files = [
        ("/home/dana/.pi/agent/sessions/--work-shop--/1_s1.jsonl", text.as_str()),
        ("/home/dana/.omp/agent/sessions/--work-shop--/2_s2.jsonl", fork.as_str()),
    ];
    let row = |session| ("gpt-5", session, "/work/shop", [10, 2, 3, 4], Some("0.01"));
    expect("pi", &files, &[row("s1"), row("s2")]);
    let (responses, ..) = read("pi", &files);
    assert_eq!(responses[0].key, responses[1].key, "it was billed once");
}

#[test]
fn a_thread_of_amp_without_times_is_said_to_have_none() {
    let thread = r#"{"id":"T-1","messages":[{"role":"user"},{"role":"assistant","usage":{"model":"claude-opus-4-5","inputTokens":10,"outputTokens":2,"cacheCreationInputTokens":4,"cacheReadInputTokens":3,"timestamp":"2026-08-03T10:00:00Z"}},{"role":"assistant","usage":{"inputTokens":10,"outputTokens":2}}]}"#;
    let files = [("/home/dana/.local/share/amp/threads/T-1.json", thread)];
    expect("amp", &files, &[("claude-opus-4-5", "T-1", "", [10, 2, 3, 4], None)]);
    assert_eq!(read("amp", &files).2, 1);
}

#[test]
fn droid_tells_the_total_of_a_session_on_the_day_of_its_last_change() {
    let settings = r#"{"model":"claude-opus-4-5","tokenUsage":{"inputTokens":10,"outputTokens":2,"cacheCreationTokens":4,"cacheReadTokens":3,"thinkingTokens":1}}"#;
    let files = [("/home/dana/.factory/sessions/-work-shop/s1.settings.json", settings)];
    expect("factory", &files, &[("claude-opus-4-5", "s1", "", [10, 3, 3, 4], None)]);
    let (mut before, mut after) =
        (read("factory", &files).0.remove(0), read("factory", &files).0.remove(0));
    after.at += chrono::TimeDelta::days(2);
    after.rank += 172_800_000;
    let latest = after.at;
    before.merge(after);
    assert_eq!(before.at, latest);
}

#[test]
fn both_wires_of_kimi_tell_each_step() {
    let cli = r#"{"timestamp":1776162403,"message":{"type":"StatusUpdate","payload":{"message_id":"msg-1","token_usage":{"input_other":100,"input_cache_read":25,"input_cache_creation":10,"output":40}}}}"#;
    let code = [
        r#"{"type":"llm.request","model":"kimi-k2-0905","modelAlias":"alias","timestamp":1776162400}"#,
        r#"{"type":"llm.request","model":"kimi-for-coding","modelAlias":"other","timestamp":1776162401}"#,
        r#"{"type":"usage.record","model":"alias","timestamp":1776162403,"usage":{"inputOther":1,"output":2,"inputCacheRead":3,"inputCacheCreation":4}}"#,
    ]
    .join("\n");
    expect(
        "kimi",
        &[
            ("/home/dana/.kimi/sessions/0cc1/s1/wire.jsonl", cli),
            ("/home/dana/.kimi/sessions/0cc1/s1/subagents/a/wire.jsonl", cli),
            ("/home/dana/.kimi-code/sessions/wd_1/s2/agents/main/wire.jsonl", &code),
        ],
        &[
            ("unknown", "s1", "", [100, 40, 25, 10], None),
            ("unknown", "s1", "", [100, 40, 25, 10], None),
            ("kimi-k2-0905", "s2", "", [1, 2, 3, 4], None),
        ],
    );
}

#[test]
fn what_continue_counts_itself_is_an_estimate() {
    let line = r#"{"eventName":"tokensGenerated","schema":"0.2.0","timestamp":"2026-05-01T10:00:00.000Z","model":"claude-sonnet-4-5","provider":"anthropic","promptTokens":1200,"generatedTokens":300}"#;
    let text = format!("{line}\n{line}\n");
    let files = [("/home/dana/.continue/dev_data/0.2.0/tokensGenerated.jsonl", text.as_str())];
    let row = ("claude-sonnet-4-5", "", "", [1200, 300, 0, 0], None);
    expect("continue", &files, &[row, row]);
    let (responses, ..) = read("continue", &files);
    assert!(responses.iter().all(|one| one.quality == Quality::Estimated));
    assert_ne!(responses[0].key, responses[1].key);
}

#[test]
fn damage_is_counted_and_costs_nothing_else() {
    let good = r#"{"uuid":"u1","sessionId":"s1","timestamp":"2026-08-03T10:00:00Z","type":"assistant","model":"m","usageMetadata":{"promptTokenCount":1}}"#;
    let text = format!("{{\"usageMetadata\": broken\n{good}\n");
    let (responses, malformed, _) =
        read("qwen", &[("/home/dana/.qwen/projects/p/chats/c.jsonl", &text)]);
    assert_eq!((responses.len(), malformed), (1, 1));
}
