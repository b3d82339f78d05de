-- State version 2: who said what of a cluster, baselines carried over, and what scores and bounds need.

-- What people said: who, when and why. `life_cycle` is one word, see the engine's LifeCycle.
ALTER TABLE clusters ADD COLUMN said_at INTEGER;
ALTER TABLE clusters ADD COLUMN said_by TEXT NOT NULL DEFAULT '';
ALTER TABLE clusters ADD COLUMN note TEXT NOT NULL DEFAULT '';

-- Everything that people, and judgements in their name, changed. Never amended; forgotten with the retention only where
-- its cluster is forgotten too.
CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    by      TEXT NOT NULL,
    action  TEXT NOT NULL,
    -- The cluster it is about, if it is about one.
    cluster BLOB CHECK (cluster IS NULL OR length(cluster) = 16),
    account TEXT NOT NULL DEFAULT '',
    before  TEXT NOT NULL DEFAULT '',
    after   TEXT NOT NULL DEFAULT '',
    note    TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_by_cluster ON audit (cluster, seq);

-- The earliest hour that an actor was ever seen in with this owner, remembered or not; nobody asks it of other dimensions.
ALTER TABLE signature_values ADD COLUMN first INTEGER;
UPDATE signature_values SET first = (SELECT MIN(hour) FROM signature_value_hours AS h
    WHERE h.owner = signature_values.owner AND h.value = signature_values.value)
    WHERE value IN (SELECT id FROM dimension_values WHERE dimension = 0);
CREATE INDEX signature_values_by_first ON signature_values (value, first) WHERE first IS NOT NULL;
CREATE INDEX signatures_by_first ON signatures (first) WHERE cluster IS NOT NULL;
DROP INDEX signatures_by_cluster;
CREATE INDEX signatures_by_cluster ON signatures (cluster, first) WHERE cluster IS NOT NULL;

-- Since when a source gives an account's records.
CREATE TABLE account_sources (
    account INTEGER NOT NULL REFERENCES accounts,
    source  INTEGER NOT NULL REFERENCES sources,
    first   INTEGER NOT NULL,
    PRIMARY KEY (account, source)
) STRICT, WITHOUT ROWID;
-- What was there before does not tell which source gave it: those that are known are not new to any account.
INSERT INTO account_sources (account, source, first)
    SELECT accounts.id, sources.id, accounts.first_record FROM accounts, sources WHERE accounts.first_record IS NOT NULL;

-- What stood for the variables of a fine template: few values, those with the least hashes. As JSON: [`name=value`, how
-- often it was seen, the last hour that it was seen in], … .
CREATE TABLE variables (
    signature INTEGER PRIMARY KEY,
    kept      TEXT NOT NULL
) STRICT;
-- Numbers of forgotten fine templates are given again.
CREATE TRIGGER signatures_forget_variables AFTER DELETE ON signatures BEGIN
    DELETE FROM variables WHERE signature = old.id;
END;


-- Fine templates that the last change of the grouping version found no readable record of.
ALTER TABLE meta ADD COLUMN not_regrouped INTEGER NOT NULL DEFAULT 0;
