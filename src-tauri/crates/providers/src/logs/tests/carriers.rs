//! What a log tells in more than one place, or in another form than most: it counts, and counts once.

use super::{expect, read};
use claudometer_core::{Response, response::repeated};

/// The output of what counts, copies aside, in the order of reading.
fn counted(responses: &[Response]) -> Vec<u64> {
    let counts = |one: &&Response| {
        let group: Vec<Response> = responses
            .iter()
            .filter(|other| other.key.message == one.key.message)
            .cloned()
            .collect();
        let place = group.iter().position(|other| other == *one).unwrap();
        !repeated(&group)[place]
    };
    responses.iter().filter(counts).map(|one| one.tokens.output).collect()
}

#[test]
fn a_fork_of_qwen_repeats_records_and_sub_agents_tell_their_own() {
    let line = |session: &str, uuid: &str, fork: &str, output: u64| {
        format!(
            r#"{{"uuid":"{uuid}","sessionId":"{session}","timestamp":"2026-08-03T10:00:00Z"{fork},"type":"assistant","usageMetadata":{{"promptTokenCount":100,"candidatesTokenCount":{output},"thoughtsTokenCount":4}}}}"#
        ) + "\n"
    };
    let fork = r#","forkedFrom":{"sessionId":"s1","messageUuid":"u1"}"#;
    let copied = line("s2", "u1", fork, 10) + &line("s2", "u2", "", 20);
    let (all, ..) = read(
        "qwen",
        &[
            ("/home/dana/.qwen/projects/p/chats/a.jsonl", &copied),
            ("/home/dana/.qwen/projects/p/chats/b.jsonl", &line("s1", "u1", "", 10)),
            ("/home/dana/.qwen/projects/p/subagents/s1/agent-1.jsonl", &line("s1", "u3", "", 30)),
            ("/home/dana/.qwen/projects/p/subagents/s1/agent-1.meta.json", "{}"),
        ],
    );
    assert_eq!(counted(&all), [24, 14, 34]);
}

#[test]
fn a_fork_of_kimi_repeats_what_stands_before_its_fork() {
    let record = |second: u32| {
        format!(
            r#"{{"type":"usage.record","model":"k","time":"2026-08-03T10:00:{second:02}Z","usage":{{"inputOther":1,"output":{second},"inputCacheRead":0,"inputCacheCreation":0}}}}"#
        ) + "\n"
    };
    let forked = r#"{"type":"forked","agentId":"main","time":"2026-08-03T11:00:00Z"}"#;
    let fork = format!("{}{forked}\n{}", record(1), record(2));
    let (all, ..) = read(
        "kimi",
        &[
            ("/home/dana/.kimi-code/sessions/wd_1/a/agents/main/wire.jsonl", &fork),
            ("/home/dana/.kimi-code/sessions/wd_1/b/agents/main/wire.jsonl", &record(1)),
        ],
    );
    assert_eq!(counted(&all), [2, 1]);
    assert_eq!(all.iter().find(|one| one.tokens.output == 1).unwrap().rank, 1);
}

#[test]
fn pi_tells_what_was_asked_beside_the_conversation_too() {
    let usage = r#""usage":{"input":1,"output":2,"cacheRead":3,"cacheWrite":10,"cacheWrite1h":4,"reasoning":1,"cost":{"total":0}}"#;
    let at = r#""timestamp":"2026-08-03T10:00:01Z""#;
    let text = [
        r#"{"type":"title","title":"usage"}"#.to_owned(),
        r#"{"type":"session","id":"s1","cwd":"/work/shop"}"#.to_owned(),
        format!(r#"{{"type":"usage","kind":"cache_warm","id":"e1",{at},"model":"m",{usage}}}"#),
        format!(r#"{{"type":"compaction","id":"e2",{at},{usage}}}"#),
        format!(r#"{{"type":"branch_summary","id":"e3",{at},"model":"m",{usage}}}"#),
        format!(r#"{{"type":"message","id":"e4",{at},"message":{{"role":"toolResult",{usage}}}}}"#),
        format!(r#"{{"type":"label","id":"e5",{at},{usage}}}"#),
    ]
    .join("\n");
    let files = [("/home/dana/.pi/agent/sessions/--work-shop--/1_s1.jsonl", text.as_str())];
    let row = |model| (model, "s1", "/work/shop", [1, 2, 3, 6], None);
    expect("pi", &files, &[row("m"), row("unknown"), row("m"), row("unknown")]);
    let (all, ..) = read("pi", &files);
    assert!(all.iter().all(|one| (one.tokens.cache_write_1h, one.tokens.reasoning) == (4, 1)));
}

#[test]
fn the_ledger_of_amp_counts_before_its_answers_which_add_their_caches() {
    let thread = r#"{"id":"T-1","usageLedger":{"events":[
        {"id":"e1","timestamp":"2026-08-03T10:00:00Z","model":"claude-opus-4-5","credits":3,"tokens":{"input":10,"output":2},"toMessageId":1},
        {"id":"e2","timestamp":"2026-08-03T10:01:00Z","model":"gpt-5","tokens":{"input":5,"output":1}}]},
        "messages":[{"messageId":0,"role":"user"},
        {"messageId":1,"role":"assistant","usage":{"model":"claude-opus-4-5","inputTokens":10,"outputTokens":2,"cacheCreationInputTokens":4,"cacheReadInputTokens":3}},
        {"messageId":2,"role":"assistant","usage":{"model":"gpt-5","inputTokens":7,"outputTokens":8,"timestamp":"2026-08-03T10:02:00Z"}}]}"#;
    let files = [("/home/dana/.local/share/amp/threads/T-1.json", thread)];
    expect(
        "amp",
        &files,
        &[
            ("claude-opus-4-5", "T-1", "", [10, 2, 3, 4], None),
            ("gpt-5", "T-1", "", [5, 1, 0, 0], None),
            ("gpt-5", "T-1", "", [7, 8, 0, 0], None),
        ],
    );
    assert_eq!(read("amp", &files).2, 0, "an answer in the ledger needs no time");
}

#[test]
fn the_model_of_a_request_of_cline_is_that_of_its_message() {
    let request = |ts: u64, model: &str| {
        format!(
            r#"{{"ts":{ts},"say":"api_req_started","modelInfo":{{"modelId":"{model}","mode":"plan"}},"text":"{{\"tokensIn\":1,\"tokensOut\":2}}"}}"#
        )
    };
    let task =
        format!("[{},{}]", request(1_785_765_122_118, "one"), request(1_785_765_122_119, "two"));
    let row = |model| (model, "t1", "", [1, 2, 0, 0], None);
    expect(
        "cline",
        &[("/home/dana/.cline/data/tasks/t1/ui_messages.json", &task)],
        &[row("one"), row("two")],
    );
}

#[test]
fn a_block_of_nuls_is_no_line_and_what_stands_around_it_counts() {
    let line = |id: &str| {
        format!(
            r#"{{"uuid":"{id}","sessionId":"s1","timestamp":"2026-08-03T10:00:00Z","type":"assistant","usageMetadata":{{"promptTokenCount":1}}}}"#
        )
    };
    let nuls = "\0".repeat(600);
    let text =
        format!("{}\n{nuls}\n{}{nuls}{}\n{}{nuls}", line("a"), line("b"), line("c"), line("d"));
    let (all, malformed, _) = read("qwen", &[("/home/dana/.qwen/projects/p/chats/c.jsonl", &text)]);
    assert_eq!((all.len(), malformed), (4, 0));
}
