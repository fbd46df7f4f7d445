-- Whether the schema was ever migrated.
-- Locks: none. Plan: a look-up in the catalogue.
SELECT to_regclass('usher.schema_migration') IS NOT NULL
