-- State version 3: when a position was written, so that those of partitions that are gone are forgotten.

ALTER TABLE positions ADD COLUMN updated INTEGER NOT NULL DEFAULT 0;
-- What was there before does not tell: as old as the newest unit, so that it is kept for a whole retention.
UPDATE positions SET updated = COALESCE((SELECT MAX(arrived) FROM units), 0);
