-- State version 1.
--
-- Times are milliseconds since 1970-01-01T00:00:00Z, hours are whole hours since then. A span of occurrences is (count,
-- first, last). Texts that repeat (accounts, sources, inspections, families, dimension values) are stored once and named
-- by number. Tables that grow with every hour have no rowid: they are clustered by what they are asked for. They name
-- their owners without a foreign key: looking each one up would take a tenth of a commit. A fine template is forgotten
-- with its last occurrence, and so after its values and samples.

CREATE TABLE meta (
    id               INTEGER PRIMARY KEY CHECK (id = 1),
    -- The version of the masks and the family rule that the fine templates were made with.
    grouping_version INTEGER NOT NULL,
    -- The number of the last commit that added something.
    sequence         INTEGER NOT NULL
) STRICT;

CREATE TABLE accounts (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    -- Records of any kind, as counted by finished units.
    records      INTEGER NOT NULL DEFAULT 0,
    -- The first and last record of any kind, those of unfinished units too where they are error events.
    first_record INTEGER,
    last_record  INTEGER
) STRICT;

CREATE TABLE account_hours (
    account       INTEGER NOT NULL REFERENCES accounts,
    hour          INTEGER NOT NULL,
    errors        INTEGER NOT NULL,
    errors_first  INTEGER,
    errors_last   INTEGER,
    records       INTEGER NOT NULL,
    records_first INTEGER,
    records_last  INTEGER,
    -- The number of the last commit that added to this hour.
    version       INTEGER NOT NULL,
    PRIMARY KEY (account, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX account_hours_by_version ON account_hours (account, version, hour);
CREATE INDEX account_hours_by_hour ON account_hours (hour, version);

CREATE TABLE families (
    id           INTEGER PRIMARY KEY,
    account      INTEGER NOT NULL REFERENCES accounts,
    event_source TEXT NOT NULL,
    event_name   TEXT NOT NULL,
    error_code   TEXT NOT NULL,
    UNIQUE (account, event_source, event_name, error_code)
) STRICT;

CREATE TABLE clusters (
    id         INTEGER PRIMARY KEY,
    digest     BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),
    family     INTEGER NOT NULL REFERENCES families,
    template   TEXT NOT NULL,
    life_cycle TEXT NOT NULL,
    -- The start of the window whose judgement recorded it.
    founded    INTEGER NOT NULL
) STRICT;
CREATE INDEX clusters_by_family ON clusters (family);

-- Fine templates.
CREATE TABLE signatures (
    id       INTEGER PRIMARY KEY,
    digest   BLOB NOT NULL UNIQUE CHECK (length(digest) = 16),
    family   INTEGER NOT NULL REFERENCES families,
    -- The earliest hour it was ever seen in, remembered or not.
    first    INTEGER NOT NULL,
    cluster  INTEGER REFERENCES clusters,
    template TEXT NOT NULL,
    -- The text for people, and the time of the event that it is from: the earliest one.
    display  TEXT NOT NULL,
    shown_at INTEGER NOT NULL
) STRICT;
CREATE INDEX signatures_by_family ON signatures (family);
CREATE INDEX signatures_by_cluster ON signatures (cluster) WHERE cluster IS NOT NULL;
CREATE INDEX signatures_not_judged ON signatures (family) WHERE cluster IS NULL;

CREATE TABLE occurrences (
    signature INTEGER NOT NULL,
    hour      INTEGER NOT NULL,
    count     INTEGER NOT NULL,
    first     INTEGER NOT NULL,
    last      INTEGER NOT NULL,
    PRIMARY KEY (signature, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX occurrences_by_hour ON occurrences (hour);

CREATE TABLE dimension_values (
    id        INTEGER PRIMARY KEY,
    dimension INTEGER NOT NULL,
    text      TEXT NOT NULL,
    UNIQUE (dimension, text)
) STRICT;

-- `total` is the sum of the counts of all hours: what came before a window is the total without the few hours after it,
-- so that a judgement need not read every hour of every value.
CREATE TABLE signature_values (
    owner INTEGER NOT NULL,
    value INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (owner, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE signature_value_hours (
    owner INTEGER NOT NULL,
    value INTEGER NOT NULL,
    hour  INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    PRIMARY KEY (owner, value, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_values (
    owner INTEGER NOT NULL,
    value INTEGER NOT NULL,
    total INTEGER NOT NULL,
    PRIMARY KEY (owner, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE account_value_hours (
    owner INTEGER NOT NULL,
    value INTEGER NOT NULL,
    hour  INTEGER NOT NULL,
    count INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last  INTEGER NOT NULL,
    PRIMARY KEY (owner, value, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE samples (
    signature INTEGER NOT NULL,
    identity  BLOB NOT NULL CHECK (length(identity) = 16),
    time      INTEGER NOT NULL,
    event_id  TEXT NOT NULL,
    actor     TEXT NOT NULL,
    raw       TEXT NOT NULL,
    UNIQUE (signature, identity)
) STRICT;

-- Error events that count already.
CREATE TABLE identities (
    identity BLOB PRIMARY KEY CHECK (length(identity) = 16),
    arrived  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key_uses (
    account      INTEGER NOT NULL REFERENCES accounts,
    key          TEXT NOT NULL,
    last_used    INTEGER NOT NULL,
    event_source TEXT NOT NULL,
    event_name   TEXT NOT NULL,
    region       TEXT NOT NULL,
    owner        TEXT NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE sources (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE units (
    source   INTEGER NOT NULL REFERENCES sources,
    unit     TEXT NOT NULL,
    arrived  INTEGER NOT NULL,
    counters BLOB NOT NULL,
    PRIMARY KEY (source, unit)
) STRICT, WITHOUT ROWID;

CREATE TABLE positions (
    source    INTEGER NOT NULL REFERENCES sources,
    partition TEXT NOT NULL,
    position  BLOB NOT NULL,
    PRIMARY KEY (source, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE inspections (
    id        INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    -- The number of its last judgement.
    judgement INTEGER NOT NULL
) STRICT;

CREATE TABLE judged (
    inspection INTEGER NOT NULL REFERENCES inspections,
    start      INTEGER NOT NULL,
    end        INTEGER NOT NULL,
    complete   INTEGER NOT NULL,
    judged_at  INTEGER NOT NULL,
    -- The number of the last commit at that time: a later one in its hours reopens the window.
    sequence   INTEGER NOT NULL,
    PRIMARY KEY (inspection, start, end)
) STRICT, WITHOUT ROWID;

CREATE TABLE findings (
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    inspection   INTEGER NOT NULL REFERENCES inspections,
    family       INTEGER NOT NULL REFERENCES families,
    cluster      INTEGER NOT NULL REFERENCES clusters,
    window_start INTEGER NOT NULL,
    window_end   INTEGER NOT NULL,
    -- 0 info, 1 warning, 2 error, 3 critical.
    severity     INTEGER NOT NULL,
    -- The finding as JSON.
    body         TEXT NOT NULL
) STRICT;
CREATE INDEX findings_by_family ON findings (family, inspection);
CREATE INDEX findings_by_cluster ON findings (cluster);
CREATE INDEX findings_by_window ON findings (window_start, severity);

CREATE TABLE faults (
    id         TEXT NOT NULL UNIQUE,
    inspection INTEGER NOT NULL REFERENCES inspections,
    account    TEXT NOT NULL,
    opened     INTEGER NOT NULL,
    recovered  INTEGER,
    body       BLOB NOT NULL
) STRICT;
CREATE INDEX faults_by_inspection ON faults (inspection, recovered);

-- The outbox, in the order of recording.
CREATE TABLE events (
    seq        INTEGER PRIMARY KEY AUTOINCREMENT,
    id         TEXT NOT NULL UNIQUE,
    inspection INTEGER NOT NULL REFERENCES inspections,
    fault      TEXT NOT NULL,
    account    TEXT NOT NULL,
    status     TEXT NOT NULL,
    time       INTEGER NOT NULL,
    body       BLOB NOT NULL
) STRICT;
CREATE INDEX events_by_time ON events (time);

CREATE TABLE deliveries (
    event        INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
    sink         TEXT NOT NULL,
    -- The sink's place among the sinks of its event.
    place        INTEGER NOT NULL,
    fault        TEXT NOT NULL,
    -- 0 pending, 1 delivered, 2 parked.
    state        INTEGER NOT NULL DEFAULT 0,
    attempts     INTEGER NOT NULL DEFAULT 0,
    last_attempt INTEGER,
    next_attempt INTEGER,
    message      TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (event, sink)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_pending ON deliveries (sink, event) WHERE state = 0;
CREATE INDEX deliveries_first_of_fault ON deliveries (sink, fault, event) WHERE state = 0;
