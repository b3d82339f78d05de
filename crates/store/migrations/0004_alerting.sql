-- State version 4: deliveries that are withheld, wait, or go together; each attempt of them; mutes.

-- A delivery's state may be 3, withheld: it is not sent, and the message says why.
-- What it is delivered together with; empty when alone.
ALTER TABLE deliveries ADD COLUMN bundle TEXT NOT NULL DEFAULT '';
-- Not before this time, as it was planned; `next_attempt` is what holds now.
ALTER TABLE deliveries ADD COLUMN not_before INTEGER;
CREATE INDEX deliveries_by_bundle ON deliveries (sink, bundle, event) WHERE state = 0 AND bundle <> '';

-- What was tried before was counted, not kept one by one.
CREATE TABLE attempts (
    event      INTEGER NOT NULL,
    sink       TEXT NOT NULL,
    number     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    -- A delivery's state; NULL while nobody knows what came of it.
    state      INTEGER,
    message    TEXT NOT NULL DEFAULT '',
    -- The event may have arrived without our knowing.
    lost       INTEGER NOT NULL,
    -- Delivering the event twice is harmless.
    repeatable INTEGER NOT NULL,
    PRIMARY KEY (event, sink, number),
    FOREIGN KEY (event, sink) REFERENCES deliveries (event, sink) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What is not to be sent. Whether one has expired is told by its body, which the store does not read: it stays until
-- somebody ends it.
CREATE TABLE mutes (
    id       TEXT PRIMARY KEY,
    body     BLOB NOT NULL,
    summary  TEXT NOT NULL,
    set_at   INTEGER NOT NULL,
    set_by   TEXT NOT NULL,
    set_note TEXT NOT NULL,
    ended_at INTEGER,
    ended_by TEXT NOT NULL DEFAULT '',
    ended_note TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX mutes_ended ON mutes (ended_at) WHERE ended_at IS NOT NULL;
