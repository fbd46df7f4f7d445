-- The migrations that were applied.
-- Locks: none. Plan: primary key, a few rows.
SELECT version, name, sha256, applied_at FROM usher.schema_migration ORDER BY version
