-- State version 6: what lists of clusters and keys are found and ordered by, so that a page is read without adding history up.

-- Who looks after a cluster, and what is written beside it (`note` is the reason of what was said of it).
ALTER TABLE clusters ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE clusters ADD COLUMN remark TEXT NOT NULL DEFAULT '';
-- Marks of known noise as a JSON array of words; empty where there are none.
ALTER TABLE clusters ADD COLUMN noise TEXT NOT NULL DEFAULT '';

-- Follows from the clusters and their occurrences. Narrow, and its indexes hold all that is filtered by: looking for few
-- among many reads one index and nothing else.
CREATE TABLE listed (
    cluster    INTEGER PRIMARY KEY REFERENCES clusters ON DELETE CASCADE,
    digest     BLOB NOT NULL,
    family     INTEGER NOT NULL,
    class      TEXT NOT NULL,
    name       TEXT NOT NULL,
    life_cycle TEXT NOT NULL,
    noisy      INTEGER NOT NULL,
    owner      TEXT NOT NULL,
    -- Of occurrences that were counted; where none is remembered both times are that of the founding.
    count      INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    -- The hour of the first time, rounded down before 1970, too.
    first_hour INTEGER GENERATED ALWAYS AS ((first_seen - (first_seen % 3600000 + 3600000) % 3600000) / 3600000)
) STRICT;
CREATE INDEX listed_by_last_seen ON listed (last_seen, digest, family, class, life_cycle, noisy, owner);
CREATE INDEX listed_by_first_seen ON listed (first_seen, digest, family, class, life_cycle, noisy, owner);
CREATE INDEX listed_by_count ON listed (count, digest, family, class, life_cycle, noisy, owner);
CREATE INDEX listed_by_name ON listed (name, digest, family, class, life_cycle, noisy, owner);

-- How many clusters were first seen in an hour; those of which nothing is remembered in none.
CREATE TABLE new_clusters (
    hour     INTEGER PRIMARY KEY,
    clusters INTEGER NOT NULL
) STRICT;
CREATE TRIGGER listed_update AFTER UPDATE OF count, first_seen ON listed
WHEN (old.count > 0) <> (new.count > 0) OR old.first_hour <> new.first_hour BEGIN
    UPDATE new_clusters SET clusters = clusters - 1 WHERE hour = old.first_hour AND old.count > 0;
    DELETE FROM new_clusters WHERE hour = old.first_hour AND clusters = 0;
    INSERT INTO new_clusters (hour, clusters) SELECT new.first_hour, 1 WHERE new.count > 0
        ON CONFLICT DO UPDATE SET clusters = clusters + 1;
END;
CREATE TRIGGER listed_delete AFTER DELETE ON listed WHEN old.count > 0 BEGIN
    UPDATE new_clusters SET clusters = clusters - 1 WHERE hour = old.first_hour;
    DELETE FROM new_clusters WHERE hour = old.first_hour AND clusters = 0;
END;

CREATE TRIGGER clusters_relist AFTER UPDATE OF life_cycle, owner, noise ON clusters BEGIN
    UPDATE listed SET life_cycle = substr(new.life_cycle, 1, instr(new.life_cycle || '-', '-') - 1),
        noisy = new.noise <> '', owner = new.owner WHERE cluster = new.id;
END;

-- What a search for text looks at, in small letters.
CREATE TABLE listed_texts (
    cluster INTEGER PRIMARY KEY REFERENCES clusters ON DELETE CASCADE,
    text    TEXT NOT NULL
) STRICT;
-- Which texts hold which three letters. Where they stand is not kept: what is found is looked at again.
CREATE VIRTUAL TABLE listed_letters USING fts5 (
    text, content = 'listed_texts', content_rowid = 'cluster', detail = none, columnsize = 0,
    tokenize = 'trigram case_sensitive 1'
);
CREATE TRIGGER listed_texts_insert AFTER INSERT ON listed_texts BEGIN
    INSERT INTO listed_letters (rowid, text) VALUES (new.cluster, new.text);
END;
CREATE TRIGGER listed_texts_delete AFTER DELETE ON listed_texts BEGIN
    INSERT INTO listed_letters (listed_letters, rowid, text) VALUES ('delete', old.cluster, old.text);
END;
CREATE TRIGGER listed_texts_update AFTER UPDATE ON listed_texts BEGIN
    INSERT INTO listed_letters (listed_letters, rowid, text) VALUES ('delete', old.cluster, old.text);
    INSERT INTO listed_letters (rowid, text) VALUES (new.cluster, new.text);
END;

-- Remembered error events made with a key.
ALTER TABLE key_uses ADD COLUMN errors INTEGER NOT NULL DEFAULT 0;
UPDATE key_uses SET errors = t.total FROM dimension_values AS v JOIN account_values AS t ON t.value = v.id
    WHERE v.dimension = 1 AND v.text = key_uses.key AND t.owner = key_uses.account;
CREATE INDEX key_uses_by_last_used ON key_uses (last_used);
CREATE INDEX key_uses_by_errors ON key_uses (errors);

-- What is counted as a whole.
CREATE INDEX deliveries_by_state ON deliveries (sink, state);
CREATE INDEX faults_open ON faults (inspection) WHERE recovered IS NULL;
