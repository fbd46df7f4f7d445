-- What this user lacks of the rights that the statements of sql/queries need, a row each: those that deploy/roles.sql
-- grants. To note a migration is the owner's alone. `UPDATE(x)` is the right to change the column x.
-- Locks: none. Plan: the catalogue.
SELECT n.name, p.privilege
FROM (VALUES
  ('account_hold'::text, '{SELECT,INSERT,UPDATE,DELETE}'::text[]),
  ('account_report', '{SELECT,INSERT,UPDATE}'),
  ('answer', '{SELECT,INSERT,UPDATE(sealed)}'),
  ('attempt', '{SELECT,INSERT}'),
  ('audit', '{SELECT,INSERT}'),
  ('duplicate', '{SELECT,INSERT}'),
  ('error_override', '{SELECT,INSERT,DELETE}'),
  ('error_revision', '{SELECT,UPDATE}'),
  ('error_rule', '{SELECT}'),
  ('event_outbox', '{SELECT,INSERT,UPDATE,DELETE}'),
  ('job', '{SELECT,INSERT,UPDATE}'),
  ('job_block', '{USAGE}'),
  ('job_body', '{SELECT,INSERT,DELETE}'),
  ('key_check', '{SELECT,INSERT}'),
  ('lease', '{SELECT,INSERT,UPDATE,DELETE}'),
  ('lease_epoch', '{USAGE}'),
  ('outbox', '{SELECT,INSERT,UPDATE,DELETE}'),
  ('position', '{SELECT,INSERT,UPDATE}'),
  ('quarantine', '{SELECT,INSERT,UPDATE(sealed),UPDATE(wiped)}'),
  ('reply_record', '{SELECT,INSERT,DELETE}'),
  ('result', '{SELECT,INSERT,UPDATE(sealed)}'),
  ('schema_migration', '{SELECT}'),
  ('topic', '{SELECT,INSERT}'),
  ('transaction_event', '{SELECT,INSERT,UPDATE(sealed)}'),
  ('unlisted_code', '{SELECT,INSERT,UPDATE}'),
  ('waiting', '{SELECT,INSERT,UPDATE,DELETE}'),
  ('wipe_mark', '{SELECT,UPDATE}'),
  ('worker', '{SELECT,INSERT,UPDATE,DELETE}')
) AS n (name, rights)
CROSS JOIN LATERAL unnest(n.rights) AS p (privilege)
JOIN pg_class c ON c.relname = n.name
JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'usher'
WHERE CASE
  WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(c.oid, p.privilege)
  WHEN p.privilege LIKE 'UPDATE(%' THEN
    NOT has_column_privilege(c.oid, substring(p.privilege FROM '[(](.+)[)]'), 'UPDATE')
  ELSE NOT has_table_privilege(c.oid, p.privilege)
END
ORDER BY n.name, p.privilege
