-- State version 5: runs, settings that were changed by hand, and what events are found by.

CREATE TABLE runs (
    id         TEXT NOT NULL UNIQUE,
    inspection TEXT NOT NULL,
    tick       INTEGER NOT NULL,
    started    INTEGER NOT NULL,
    ended      INTEGER,
    outcome    TEXT NOT NULL,
    body       BLOB NOT NULL
) STRICT;
CREATE INDEX runs_newest ON runs (started DESC, id);

-- What the configuration says otherwise is not known here. Never forgotten by itself: somebody drops it.
CREATE TABLE overrides (
    inspection TEXT NOT NULL,
    key        TEXT NOT NULL,
    value      TEXT NOT NULL,
    said_at    INTEGER NOT NULL,
    said_by    TEXT NOT NULL,
    note       TEXT NOT NULL,
    PRIMARY KEY (inspection, key)
) STRICT, WITHOUT ROWID;

-- A list of events is walked through in its order, by an index that holds what it is filtered by: bodies are long.
CREATE INDEX events_newest ON events (time DESC, id, status, account, fault);
CREATE INDEX events_of_fault ON events (fault, time DESC, id);

-- Events of earlier versions have no row here until they are given one.
CREATE TABLE event_facets (
    event  INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE,
    -- As JSON.
    facets TEXT NOT NULL,
    -- What a search for text looks at, folded.
    text   TEXT NOT NULL
) STRICT;

-- Services, actors and clusters of events, each text once.
CREATE TABLE facet_values (
    id     INTEGER PRIMARY KEY,
    -- 0 service, 1 actor, 2 cluster.
    kind   INTEGER NOT NULL,
    text   TEXT NOT NULL,
    folded TEXT NOT NULL,
    UNIQUE (kind, text)
) STRICT;

CREATE TABLE event_values (
    event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
    value INTEGER NOT NULL,
    PRIMARY KEY (event, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_values_by_value ON event_values (value, event);

-- Which events hold which three characters in a row: only that (`detail = none`), an eighth of what their places would take.
-- What is found so is compared with the text itself. The texts are folded already.
CREATE VIRTUAL TABLE event_texts USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER events_forget_texts AFTER DELETE ON events BEGIN
    DELETE FROM event_texts WHERE rowid = old.seq;
END;
