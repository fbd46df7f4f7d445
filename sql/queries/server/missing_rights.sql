-- What this user lacks on Usher's tables and sequences.
-- Locks: none. Plan: the catalogue.
SELECT c.relname::text, p.privilege
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'usher'
CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS p (privilege)
WHERE c.relkind = 'r'
  AND NOT (c.relname = 'schema_migration' AND p.privilege <> 'SELECT')
  AND NOT (c.relname IN ('audit', 'key_check') AND p.privilege IN ('UPDATE', 'DELETE'))
  AND NOT has_table_privilege(c.oid, p.privilege)
UNION ALL
SELECT c.relname::text, 'USAGE'
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'usher'
WHERE c.relkind = 'S' AND c.relname IN ('job_block', 'lease_epoch') AND NOT has_sequence_privilege(c.oid, 'USAGE')
ORDER BY 1, 2
