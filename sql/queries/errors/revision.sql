-- Whether the error table changed: every worker asks once a second.
-- Locks: none. Plan: the one row, by primary key.
SELECT revision FROM usher.error_revision WHERE only_row
