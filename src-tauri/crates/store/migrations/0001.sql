-- Texts that many rows share.
CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

-- Every billed response once, by hashes of its message and its request. Times are milliseconds since 1970 in UTC, costs
-- are 10^-12 US dollars, names are rows of `names`.
CREATE TABLE responses (
    message INTEGER NOT NULL,
    request INTEGER NOT NULL,
    at INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    device INTEGER NOT NULL,
    model INTEGER NOT NULL,
    session INTEGER NOT NULL,
    project INTEGER NOT NULL,
    branch INTEGER NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    web_searches INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    logged_cost INTEGER,
    priced_cost INTEGER,
    PRIMARY KEY (message, request)
) WITHOUT ROWID;

-- Sums by day of the store's own zone, so that a report need not read every response.
CREATE TABLE days (
    day INTEGER NOT NULL,
    agent INTEGER NOT NULL,
    device INTEGER NOT NULL,
    model INTEGER NOT NULL,
    project INTEGER NOT NULL,
    session INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    responses INTEGER NOT NULL,
    input INTEGER NOT NULL,
    output INTEGER NOT NULL,
    reasoning INTEGER NOT NULL,
    cache_read INTEGER NOT NULL,
    cache_write_5m INTEGER NOT NULL,
    cache_write_1h INTEGER NOT NULL,
    logged_cost INTEGER NOT NULL,
    priced_cost INTEGER NOT NULL,
    auto_cost INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    unlogged INTEGER NOT NULL,
    unknown INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (day, agent, device, model, project, session, estimated)
) WITHOUT ROWID;

-- What has been read of the assistants' files.
CREATE TABLE files (
    path TEXT PRIMARY KEY,
    agent TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    file_id INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    tail INTEGER NOT NULL,
    state BLOB NOT NULL,
    malformed INTEGER NOT NULL,
    undated INTEGER NOT NULL
) WITHOUT ROWID;

-- The zone of `days`, the prices of `priced_cost`, and other facts about the store itself.
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
