-- Whether the schema was ever migrated. Read as rows: a name's look-up may still answer what it knew before another
-- migrator, which was waited for, made the table.
-- Locks: none. Plan: the catalogue.
SELECT EXISTS (
  SELECT FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'usher' AND c.relname = 'schema_migration'
)
