-- The fork "ccu" 1.8: a row for each line of a transcript, several of which tell of one response.
CREATE TABLE usage_records (id INTEGER PRIMARY KEY AUTOINCREMENT, date TEXT NOT NULL, timestamp TEXT NOT NULL, session_id TEXT NOT NULL,
  message_uuid TEXT NOT NULL, message_type TEXT NOT NULL, model TEXT, folder TEXT NOT NULL, git_branch TEXT, version TEXT NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_creation_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL, machine_name TEXT, content TEXT, cost REAL, UNIQUE(session_id, message_uuid));
CREATE TABLE daily_snapshots (date TEXT PRIMARY KEY, total_prompts INTEGER NOT NULL, total_responses INTEGER NOT NULL, total_sessions INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_creation_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL, snapshot_timestamp TEXT NOT NULL);
CREATE TABLE device_model_aggregates (machine_name TEXT NOT NULL, date TEXT NOT NULL, model TEXT NOT NULL, total_responses INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_creation_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL, last_updated TEXT NOT NULL, PRIMARY KEY (machine_name, date, model));
INSERT INTO usage_records (date, timestamp, session_id, message_uuid, message_type, model, folder, version, input_tokens, output_tokens, cache_creation_tokens, cache_read_tokens, total_tokens, machine_name, content) VALUES
  ('2025-03-01', '2025-03-01T10:00:00+00:00', 's1', '11111111-1', 'assistant', 'claude-opus-4-5-20251101', '/work/shop', '2.0', 10, 5, 40, 30, 85, 'desk', 'a secret plan'),
  ('2025-03-01', '2025-03-01T10:00:01+00:00', 's1', '11111111-2', 'assistant', 'claude-opus-4-5-20251101', '/work/shop', '2.0', 10, 20, 40, 30, 100, 'desk', NULL),
  ('2025-03-01', '2025-03-01T10:00:09+00:00', 's1', '11111111-3', 'assistant', 'claude-opus-4-5-20251101', '/work/shop', '2.0', 1, 2, 3, 4, 10, 'desk', NULL);
INSERT INTO daily_snapshots VALUES ('2025-03-01', 1, 3, 1, 195, 21, 27, 83, 64, '2025-03-01T23:00:00'), ('2025-02-01', 1, 3, 1, 5, 1, 1, 1, 2, '2025-03-01T23:00:00');
INSERT INTO device_model_aggregates VALUES ('laptop', '2025-02-01', 'claude-sonnet-4-20250514', 9, 100, 200, 300, 400, 1000, '2025-02-02');
