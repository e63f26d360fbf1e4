-- tokentop before its first release.
CREATE TABLE usage (id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp INTEGER NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL, agent TEXT, session_id TEXT,
  input_tokens INTEGER NOT NULL DEFAULT 0, output_tokens INTEGER NOT NULL DEFAULT 0, cache_read_tokens INTEGER DEFAULT 0, cache_write_tokens INTEGER DEFAULT 0,
  cost_usd REAL NOT NULL DEFAULT 0, project_path TEXT, created_at INTEGER NOT NULL DEFAULT 0);
INSERT INTO usage (timestamp, provider, model, agent, session_id, input_tokens, output_tokens, cost_usd, project_path) VALUES
  (1740823200000, 'anthropic', 'claude-sonnet-4-20250514', 'claude-code', 's1', 5, 6, 0.1, '/work/shop'),
  (1740823260000, 'anthropic', 'claude-sonnet-4-20250514', 'claude-code', 's1', 7, 8, 0.1, '/work/shop'),
  (1740823260000, 'anthropic', 'claude-sonnet-4-20250514', NULL, NULL, 1000, 1000, 0.1, NULL);
