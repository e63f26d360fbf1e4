-- Claude Goblin 1.2, set to keep records.
CREATE TABLE daily_snapshots (date TEXT PRIMARY KEY, total_prompts INTEGER NOT NULL, total_responses INTEGER NOT NULL, total_sessions INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_creation_tokens INTEGER NOT NULL,
  cache_read_tokens INTEGER NOT NULL, snapshot_timestamp TEXT NOT NULL, device_id TEXT, device_name TEXT, device_type TEXT);
CREATE TABLE usage_records (id INTEGER PRIMARY KEY AUTOINCREMENT, date TEXT NOT NULL, timestamp TEXT NOT NULL, session_id TEXT NOT NULL,
  message_uuid TEXT NOT NULL, message_type TEXT NOT NULL, model TEXT, folder TEXT NOT NULL, git_branch TEXT, version TEXT NOT NULL,
  input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, cache_creation_tokens INTEGER NOT NULL, cache_read_tokens INTEGER NOT NULL,
  total_tokens INTEGER NOT NULL, device_id TEXT, device_name TEXT, device_type TEXT, UNIQUE(session_id, message_uuid));
INSERT INTO usage_records (date, timestamp, session_id, message_uuid, message_type, model, folder, version, input_tokens, output_tokens, cache_creation_tokens, cache_read_tokens, total_tokens, device_name) VALUES
  ('2025-03-01', '2025-03-01T09:59:00+00:00', 's1', 'u1', 'user', NULL, '/work/shop', '2.0', 0, 0, 0, 0, 0, 'desk'),
  ('2025-03-01', '2025-03-01T10:00:00+00:00', 's1', 'msg_a:req_a', 'assistant', 'claude-opus-4-5-20251101', '/work/shop', '2.0', 10, 20, 40, 30, 100, 'desk'),
  ('2025-03-01', '2025-03-01T10:01:00+00:00', 's1', 'msg_b:req_b', 'assistant', 'claude-opus-4-5-20251101', '/work/shop', '2.0', 1, 2, 3, 4, 10, 'desk'),
  ('2025-03-02', '2025-03-02T10:00:00+00:00', 'rollout-1', 't1', 'assistant', 'gpt-5', '/work/shop', '0.40', 100, 200, 0, 300, 600, 'desk'),
  ('2025-03-03', 'when?', 's2', 'msg_c:req_c', 'assistant', 'claude-opus-4-5-20251101', '/work/shop', '2.0', 1, 1, 1, 1, 4, NULL);
INSERT INTO daily_snapshots VALUES
  ('2025-03-01', 1, 2, 1, 110, 11, 22, 43, 34, '2025-03-01T23:00:00', NULL, NULL, NULL),
  ('2024-12-31', 5, 5, 1, 1000, 100, 200, 300, 400, '2025-01-01T23:00:00', NULL, NULL, NULL);
