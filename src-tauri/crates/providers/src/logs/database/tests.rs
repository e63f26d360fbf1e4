//! Databases as their programs make them, read twice: what is new the second time, and what counts.

#![expect(clippy::disallowed_methods, reason = "a test makes the files of other programs")]

use crate::{LOGS, testing};
use claudometer_core::{Response, response::Quality};
use claudometer_host::{Files, Host};
use claudometer_scan::{LogFile, LogSource, Place, Resume};
use rusqlite::Connection;
use std::fs;

/// Tokens that a test compares: input, output, read, written.
fn tokens(response: &Response) -> [u64; 4] {
    let tokens = &response.tokens;
    [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write_5m]
}

/// A log's database in a home of its own.
struct Log {
    source: &'static dyn LogSource,
    host: Host,
    resume: Option<Resume>,
    home: tempfile::TempDir,
}

impl Log {
    fn of(id: &str, path: &str, tables: &str) -> (Self, Connection) {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let database = Connection::open(path).unwrap();
        database.execute_batch(tables).unwrap();
        let source = LOGS.iter().copied().find(|source| source.id() == id).unwrap();
        let env = claudometer_host::Environment::of(home.path(), []);
        let host = Host { env, files: Files::disk(), ..testing::host(&[]) };
        (Self { source, host, resume: None, home }, database)
    }

    /// What is new, and how much could not be read.
    fn read(&mut self) -> (Vec<Response>, u64, u64) {
        let [place] = self.source.places(&self.host).try_into().unwrap();
        assert!(place.starts_with(self.home.path()));
        let leaf = self.host.files.leaf(&place).unwrap();
        assert!(self.source.form(&leaf.path).is_some());
        let leaves = [leaf];
        let file = LogFile { leaf: &leaves[0], others: &leaves, host: &self.host, kept: &() };
        let place = Place { source: self.source, file };
        let (taken, resume) = place.read(self.resume.as_ref(), &mut Vec::new()).unwrap();
        self.resume = Some(resume);
        (taken.responses, taken.malformed, taken.undated)
    }
}

#[test]
fn goose_tells_each_request_once_and_the_total_of_a_session_only_where_it_tells_no_requests() {
    let (mut log, database) = Log::of(
        "goose",
        ".local/share/goose/sessions/sessions.db",
        r#"CREATE TABLE sessions (id TEXT PRIMARY KEY, working_dir TEXT NOT NULL, created_at TIMESTAMP, updated_at TIMESTAMP,
             accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER, accumulated_cache_read_tokens INTEGER, provider_name TEXT, model_config_json TEXT);
           CREATE TABLE usage_ledger (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL, created_timestamp INTEGER NOT NULL, model TEXT,
             input_tokens INTEGER, output_tokens INTEGER, total_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, cost REAL, cost_source TEXT, is_compaction INTEGER DEFAULT 0);
           INSERT INTO sessions VALUES ('20260301_1', '/work/shop', '2026-03-01 09:00:00', '2026-03-01 09:01:05', 999, 999, 0, 'anthropic', '{"model_name":"claude-sonnet-4-5"}'),
             ('20260101_1', '/work/old', '2026-01-01 00:00:00', '2026-01-02 03:04:05', 300, 30, 100, 'openai', '{"model_name":"gpt-5"}'),
             ('20260101_2', '/work/none', '2026-01-01 00:00:00', '2026-01-02 03:04:05', NULL, NULL, NULL, NULL, NULL);
           INSERT INTO usage_ledger(session_id, created_timestamp, model, input_tokens, output_tokens, total_tokens, cache_read_tokens, cache_write_tokens, cost, cost_source)
             VALUES ('20260301_1', 1772355605, 'claude-sonnet-4-5', 120, 30, 150, 50, 10, 0.25, 'provider_reported'),
             ('20260301_1', 1772355606000, NULL, 20, 3, 23, NULL, NULL, 0.5, 'estimated');"#,
    );
    let (all, malformed, undated) = log.read();
    assert_eq!((all.len(), malformed, undated), (3, 0, 0));
    assert_eq!(tokens(&all[0]), [60, 30, 50, 10], "the cache is part of its input");
    assert_eq!(all[0].logged_cost.unwrap().to_string(), "0.25");
    assert_eq!(all[0].at.to_rfc3339(), "2026-03-01T09:00:05+00:00");
    assert_eq!((&*all[1].model, all[1].logged_cost), ("claude-sonnet-4-5", None));
    assert_eq!(all[1].at.to_rfc3339(), "2026-03-01T09:00:06+00:00", "seconds and milliseconds");
    assert_eq!((&*all[2].session, &*all[2].model), ("20260101_1", "gpt-5"));
    assert_eq!((tokens(&all[2]), all[2].quality), ([200, 30, 100, 0], Quality::SessionTotal));

    database
        .execute("INSERT INTO usage_ledger(session_id, created_timestamp, model, input_tokens, output_tokens) VALUES ('20260301_1', 1772355700, 'x', 1, 1)", [])
        .unwrap();
    let (new, ..) = log.read();
    let requests: Vec<_> = new.iter().filter(|one| one.quality == Quality::Exact).collect();
    assert_eq!(requests.len(), 1, "what was read is not read again");
}

#[test]
fn goose_of_an_earlier_schema_has_totals_only() {
    let (mut log, _database) = Log::of(
        "goose",
        ".local/share/goose/sessions/sessions.db",
        "CREATE TABLE sessions (id TEXT PRIMARY KEY, working_dir TEXT, updated_at TIMESTAMP, accumulated_input_tokens INTEGER, accumulated_output_tokens INTEGER);
         INSERT INTO sessions VALUES ('a', '/w', '2026-01-02 03:04:05', 300, 30), ('b', '/w', 'when?', 3, 3);",
    );
    let (all, _, undated) = log.read();
    assert_eq!((tokens(&all[0]), &*all[0].model, undated), ([300, 30, 0, 0], "unknown", 1));
}

fn packed(thread: &serde_json::Value) -> Vec<u8> {
    let text = thread.to_string();
    ruzstd::encoding::compress_to_vec(
        text.as_bytes(),
        ruzstd::encoding::CompressionLevel::Uncompressed,
    )
}

#[test]
fn each_question_to_zed_counts_once_and_so_does_what_the_thread_has_beyond_them() {
    let (mut log, database) = Log::of(
        "zed",
        ".local/share/zed/threads/threads.db",
        "CREATE TABLE threads (id TEXT PRIMARY KEY, summary TEXT NOT NULL, updated_at TEXT NOT NULL, data_type TEXT NOT NULL, data BLOB NOT NULL, parent_id TEXT, folder_paths TEXT)",
    );
    let usage = |input: u64, output: u64| serde_json::json!({"input_tokens": input, "output_tokens": output, "cache_read_input_tokens": 7});
    let thread = |questions: serde_json::Value, sum: serde_json::Value| {
        serde_json::json!({"title": "t", "messages": [], "model": {"provider": "zed.dev", "model": "claude-sonnet-4-5"},
            "request_token_usage": questions, "cumulative_token_usage": sum})
    };
    let put = "INSERT OR REPLACE INTO threads VALUES (?1, 's', ?2, ?3, ?4, NULL, '/work/shop\n/work/other')";
    let first = thread(
        serde_json::json!({"q1": usage(100, 10)}),
        serde_json::json!({"input_tokens": 150, "output_tokens": 10, "cache_read_input_tokens": 7}),
    );
    database.execute(put, ("t1", "2026-07-08T12:00:00+00:00", "zstd", packed(&first))).unwrap();
    database
        .execute(put, ("t2", "2026-07-08T12:00:00+00:00", "json", b"{\"request".to_vec()))
        .unwrap();
    let (all, malformed, undated) = log.read();
    assert_eq!((malformed, undated), (1, 0));
    assert_eq!(all.iter().map(tokens).collect::<Vec<_>>(), [[100, 10, 7, 0], [50, 0, 0, 0]]);
    assert_eq!((&*all[0].project, &*all[0].model), ("/work/shop", "claude-sonnet-4-5"));

    let second = thread(
        serde_json::json!({"q1": usage(100, 10), "q2": usage(5, 5)}),
        serde_json::json!({"input_tokens": 105, "output_tokens": 15, "cache_read_input_tokens": 14}),
    );
    database.execute(put, ("t1", "2026-07-09T12:00:00+00:00", "zstd", packed(&second))).unwrap();
    database.execute("DELETE FROM threads WHERE id = 't2'", []).unwrap();
    let (new, ..) = log.read();
    assert_eq!(new.iter().map(tokens).collect::<Vec<_>>(), [[100, 10, 7, 0], [5, 5, 7, 0]]);
    assert_eq!(new[0].key, all[0].key);
    assert!(log.read().0.iter().all(|one| one.at == new[0].at), "only what changed last");
}

#[test]
fn tokens_that_cursor_counted_are_exact_and_those_of_later_versions_are_an_estimate() {
    let (mut log, database) = Log::of(
        "cursor",
        if cfg!(target_os = "macos") {
            "Library/Application Support/Cursor/User/globalStorage/state.vscdb"
        } else {
            ".config/Cursor/User/globalStorage/state.vscdb"
        },
        "CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB); CREATE TABLE cursorDiskKV (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)",
    );
    let piece = |kind: u8, input: u64, output: u64, text: &str| {
        serde_json::json!({"type": kind, "createdAt": "2026-05-01T10:00:00.000Z", "modelInfo": {"modelName": "claude-4.5-sonnet"},
            "tokenCount": {"inputTokens": input, "outputTokens": output}, "text": text})
        .to_string()
    };
    let put = |key: &str, value: &str| {
        database.execute("INSERT INTO cursorDiskKV VALUES (?1, ?2)", (key, value)).unwrap();
    };
    put("bubbleId:c1:b1", &piece(2, 1200, 80, "counted"));
    put("bubbleId:c1:b2", &piece(1, 0, 0, "a question"));
    put("bubbleId:c1:b3", &piece(2, 0, 0, "nine char"));
    put("composerData:c1", "{}");
    put("bubbleId:c1:b4", "not json");
    let (all, malformed, _) = log.read();
    assert_eq!(malformed, 1);
    assert_eq!(all.iter().map(tokens).collect::<Vec<_>>(), [[1200, 80, 0, 0], [0, 3, 0, 0]]);
    assert_eq!(
        all.iter().map(|one| one.quality).collect::<Vec<_>>(),
        [Quality::Exact, Quality::Estimated]
    );
    assert!(all.iter().all(|one| &*one.session == "c1" && &*one.model == "claude-4.5-sonnet"));
    put("bubbleId:c1:b3", &piece(2, 0, 0, "nine chars more"));
    let (new, ..) = log.read();
    assert_eq!((new.len(), tokens(&new[0]), new[0].key), (1, [0, 4, 0, 0], all[1].key));
}
