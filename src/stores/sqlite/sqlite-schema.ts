/** Marks a database file as ours ("ASM1"), so that another program's file is never written to. */
export const applicationId = 0x41534d31;

/**
 * The migrations, in order; the schema version of a file is the number of those it has seen. Forward
 * only: what was released is never edited, only followed by another.
 *
 * The first: a session has a number because text in every event and index entry would cost half the
 * speed. `row` columns hold the row as JSON, the columns beside it only what queries compare. Counters
 * are in the narrow `logs`: a wide row rewritten at each append halves appends. `events` is a rowid
 * table, so that one transaction of many sessions fills the same pages. `run_ranges` bounds where in
 * its session's log a run's events are (`last_seq` null: anywhere after the first), which costs nothing
 * per event, as an index would.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE sessions (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    provider TEXT,
    created_at INTEGER NOT NULL,
    row TEXT NOT NULL
  );
  CREATE INDEX sessions_by_time ON sessions (created_at, id);
  CREATE TABLE session_tags (
    session INTEGER NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (session, tag)
  ) WITHOUT ROWID;
  CREATE TABLE runs (
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    status TEXT NOT NULL,
    provider TEXT,
    created_at INTEGER NOT NULL,
    row TEXT NOT NULL
  );
  CREATE INDEX runs_by_time ON runs (created_at, id);
  CREATE INDEX runs_by_session ON runs (session_id, created_at, id);
  CREATE TABLE logs (
    session INTEGER PRIMARY KEY,
    latest_seq INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    pruned_before INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE events (
    position INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    type TEXT NOT NULL,
    time INTEGER NOT NULL,
    payload TEXT NOT NULL,
    run TEXT,
    attempt INTEGER,
    provider TEXT
  );
  CREATE UNIQUE INDEX events_by_session ON events (session, seq);
  CREATE TABLE run_ranges (
    session INTEGER NOT NULL,
    run TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    last_seq INTEGER,
    PRIMARY KEY (session, run)
  ) WITHOUT ROWID;
  CREATE TABLE leases (
    run TEXT PRIMARY KEY,
    token INTEGER NOT NULL,
    owner TEXT,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE keys (
    number INTEGER PRIMARY KEY,
    session INTEGER NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    first_seq INTEGER NOT NULL,
    latest_seq INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (session, key)
  );
  `,
  // Questions to people. `lasting` marks those that were granted for more than one call.
  `
  CREATE TABLE approvals (
    id TEXT NOT NULL UNIQUE,
    session_id TEXT NOT NULL,
    run_id TEXT NOT NULL,
    status TEXT NOT NULL,
    lasting INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    row TEXT NOT NULL
  );
  CREATE INDEX approvals_by_time ON approvals (created_at, id);
  CREATE INDEX approvals_by_session ON approvals (session_id, created_at, id);
  CREATE INDEX approvals_by_run ON approvals (run_id, created_at, id);
  CREATE INDEX approvals_by_status ON approvals (status, created_at, id);
  CREATE INDEX approvals_lasting ON approvals (session_id, created_at, id) WHERE lasting = 1;
  `,
  // Runs that have not ended, which are few however many have.
  `
  CREATE INDEX runs_open ON runs (created_at, id) WHERE status IN ('pending', 'running');
  CREATE INDEX runs_open_by_session ON runs (session_id, created_at, id) WHERE status IN ('pending', 'running');
  `,
];
