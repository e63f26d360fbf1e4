-- Where a response was told: the number of a file, of `files` or of `gone_files`; 0 where that is not known.
ALTER TABLE responses ADD COLUMN source INTEGER NOT NULL DEFAULT 0;

-- What has been read of the assistants' files, in the order in which they are walked. `reader` is the version of the reader, 0
-- where the file is to be read again; `waits_for` the session whose log was not there to compare with; `rewritten` whether the
-- file ever lost what it had told; `unended` how many bytes behind `offset` hold no end of a line.
CREATE TABLE read_files (
    agent TEXT NOT NULL,
    path TEXT NOT NULL,
    id INTEGER NOT NULL,
    size INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    file_id INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    tail INTEGER NOT NULL,
    state BLOB NOT NULL,
    malformed INTEGER NOT NULL,
    undated INTEGER NOT NULL,
    reader INTEGER NOT NULL DEFAULT 1,
    waits_for TEXT NOT NULL DEFAULT '',
    rewritten INTEGER NOT NULL DEFAULT 0,
    unended INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent, path)
) WITHOUT ROWID;
INSERT INTO read_files SELECT agent, path, row_number() OVER (), size, modified_ns, file_id, offset, tail, state, malformed, undated, 1, '', 0, 0 FROM files;
DROP TABLE files;
ALTER TABLE read_files RENAME TO files;
CREATE INDEX waiting ON files (agent, waits_for) WHERE waits_for <> '';
INSERT INTO facts SELECT 'last_file', count(*) FROM files;

-- Files that were read and are there no more.
CREATE TABLE gone_files (id INTEGER PRIMARY KEY, path TEXT NOT NULL);
