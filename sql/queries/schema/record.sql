-- Notes an applied migration.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.schema_migration (version, name, sha256) VALUES ($1::int4, $2::text, $3::bytea)
