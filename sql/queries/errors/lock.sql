-- Makes those who change rules take turns; readers do not wait.
-- Locks: the one row of error_revision. Plan: primary key.
SELECT revision FROM usher.error_revision WHERE only_row FOR UPDATE
