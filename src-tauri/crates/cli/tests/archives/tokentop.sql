-- tokentop 0.1: sums of sessions as they grew; what they grew by is in usage_events, twice where it was started anew.
CREATE TABLE agent_sessions (id INTEGER PRIMARY KEY, agent_id TEXT NOT NULL, session_id TEXT NOT NULL, project_path TEXT, started_at INTEGER, first_seen_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL);
CREATE TABLE agent_session_snapshots (id INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, agent_session_id INTEGER NOT NULL, last_activity_at INTEGER, status TEXT,
  total_input_tokens INTEGER, total_output_tokens INTEGER, total_cache_read_tokens INTEGER, total_cache_write_tokens INTEGER, total_cost_usd REAL, request_count INTEGER);
CREATE TABLE agent_session_stream_snapshots (agent_session_snapshot_id INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, input_tokens INTEGER, output_tokens INTEGER,
  cache_read_tokens INTEGER, cache_write_tokens INTEGER, cost_usd REAL, request_count INTEGER, pricing_source TEXT);
CREATE TABLE usage_events (id INTEGER PRIMARY KEY, timestamp INTEGER, source TEXT, provider TEXT, model TEXT, agent_id TEXT, session_id TEXT, project_path TEXT,
  input_tokens INTEGER, output_tokens INTEGER, cache_read_tokens INTEGER, cache_write_tokens INTEGER, cost_usd REAL, request_count INTEGER, pricing_source TEXT);
INSERT INTO agent_sessions VALUES (1, 'claude-code', 's1', '/work/shop', NULL, 0, 0), (2, 'opencode', 'ses_1', NULL, NULL, 0, 0);
-- The first and the second of March 2025, at ten.
INSERT INTO agent_session_snapshots (id, timestamp, agent_session_id, last_activity_at) VALUES (1, 1740823200000, 1, NULL), (2, 1740826800000, 1, NULL), (3, 1740909600000, 1, NULL), (4, 1740909600000, 2, NULL);
INSERT INTO agent_session_stream_snapshots VALUES
  (1, 'anthropic', 'claude-sonnet-4-20250514', 100, 10, 50, 5, 1, 1, NULL),
  (2, 'anthropic', 'claude-sonnet-4-20250514', 150, 15, 50, 5, 1, 2, NULL),
  (3, 'anthropic', 'claude-sonnet-4-20250514', 250, 25, 150, 5, 1, 3, NULL),
  (4, 'openai', 'gpt-5', 7, 7, 0, 0, 1, 1, NULL);
INSERT INTO usage_events (timestamp, source, model, agent_id, session_id, input_tokens, output_tokens) VALUES (1740823200000, 'agent', 'x', 'claude-code', 's1', 100, 10), (1740823200001, 'agent', 'x', 'claude-code', 's1', 100, 10);
