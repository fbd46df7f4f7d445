-- Two roles for Usher, with the least that each needs. For psql, as a superuser, in Usher's database:
--
--   psql -d usher -f deploy/roles.sql
--   psql -d usher -v owner=payments_owner -v runtime=payments -f deploy/roles.sql
--
-- owner     owns the schema `usher`. Only `usher migrate` logs in as it. By default `usher_owner`.
-- runtime   every other verb logs in as it, workers above all. It reads and writes rows as the statements of
--           `sql/queries` do. It cannot delete a job or a result, change what the audit says, or change the schema. By
--           default `usher`.
--
-- Run it before the first `usher migrate`, and again after each: migrations may add tables. It may be run at any time,
-- while workers run too: all of it is one transaction, and what is right already stays as it is. Where a dump or a long
-- report keeps it waiting for 5 s it ends with an error and changes nothing: run it again then. It takes away whatever
-- else the runtime role was granted on tables and sequences of Usher's.
--
-- Where one role did everything until now, name that role as runtime: what it owns in the schema becomes the owner's.
-- New roles have no password; give them one, or let them in by certificate. Neither may be a superuser.
--
-- Owner and runtime must be two roles: the script ends with an error otherwise, and changes nothing.
--
-- `usher doctor` misses what is not granted (`sql/queries/server/missing_rights.sql`). It tells of transactions of
-- others that are open for long only to a role that may see them: GRANT pg_read_all_stats, if that is wanted.

\set ON_ERROR_STOP on
\if :{?owner}
\else
  \set owner usher_owner
\endif
\if :{?runtime}
\else
  \set runtime usher
\endif

SELECT :'owner' = :'runtime' AS is_one_role
\gset
\if :is_one_role
  DO $$ BEGIN RAISE EXCEPTION 'owner and runtime name one role: the owner may do everything, so name two'; END $$;
\endif

BEGIN;
SET LOCAL client_min_messages = 'warning';
-- Workers wait behind whoever waits for these tables: ends then, with nothing changed, to be run again.
SET LOCAL lock_timeout = '5s';

SELECT format('CREATE ROLE %I LOGIN', r.name)
FROM (VALUES (:'owner'), (:'runtime')) AS r (name)
WHERE NOT EXISTS (SELECT FROM pg_roles p WHERE p.rolname = r.name)
\gexec

-- The database. Migrations make a temporary table.
SELECT current_database() AS database
\gset
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"owner";
GRANT CONNECT ON DATABASE :"database" TO :"runtime";

-- The schema is there before the first migration, so that the owner needs no right to make one.
CREATE SCHEMA IF NOT EXISTS usher AUTHORIZATION :"owner";
ALTER SCHEMA usher OWNER TO :"owner";
REVOKE ALL ON SCHEMA usher FROM :"runtime";
GRANT USAGE ON SCHEMA usher TO :"runtime";

-- What another role made becomes the owner's. A sequence that is a column's goes with its table.
SELECT format(
  'ALTER %s usher.%I OWNER TO %I', CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, c.relname, :'owner'
)
FROM pg_class c
WHERE c.relnamespace = 'usher'::regnamespace AND pg_get_userbyid(c.relowner) <> :'owner'
  AND (
    c.relkind = 'r'
    OR c.relkind = 'S' AND NOT EXISTS (
      SELECT FROM pg_depend d
      WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')
    )
  )
ORDER BY c.relkind, c.relname
\gexec
SELECT format(
  'ALTER FUNCTION usher.%I(%s) OWNER TO %I', p.proname, pg_get_function_identity_arguments(p.oid), :'owner'
)
FROM pg_proc p
WHERE p.pronamespace = 'usher'::regnamespace AND pg_get_userbyid(p.proowner) <> :'owner'
\gexec

-- Rows. A lock on a row (FOR UPDATE, FOR SHARE) needs UPDATE, of one column at least. Of results, answers, events and
-- quarantined records nothing changes but that their sealed values are wiped: hence UPDATE of these columns only. Rules
-- of errors are counted by a trigger that runs as whoever changes them, hence UPDATE on error_revision.
REVOKE ALL ON ALL TABLES IN SCHEMA usher FROM :"runtime";
REVOKE ALL ON ALL SEQUENCES IN SCHEMA usher FROM :"runtime";
SELECT format('GRANT %s ON %s usher.%I TO %I', r.rights, r.kind, r.name, :'runtime')
FROM (VALUES
  -- Kept for ever: nothing deletes them.
  ('TABLE', 'answer', 'SELECT, INSERT, UPDATE (sealed)'),
  ('TABLE', 'attempt', 'SELECT, INSERT'),
  ('TABLE', 'audit', 'SELECT, INSERT'),
  ('TABLE', 'duplicate', 'SELECT, INSERT'),
  ('TABLE', 'job', 'SELECT, INSERT, UPDATE'),
  ('TABLE', 'position', 'SELECT, INSERT, UPDATE'),
  ('TABLE', 'quarantine', 'SELECT, INSERT, UPDATE (sealed, wiped)'),
  ('TABLE', 'result', 'SELECT, INSERT, UPDATE (sealed)'),
  ('TABLE', 'topic', 'SELECT, INSERT'),
  ('TABLE', 'transaction_event', 'SELECT, INSERT, UPDATE (sealed)'),
  ('TABLE', 'unlisted_code', 'SELECT, INSERT, UPDATE'),
  -- These come and go.
  ('TABLE', 'account_hold', 'SELECT, INSERT, UPDATE, DELETE'),
  ('TABLE', 'account_report', 'SELECT, INSERT, UPDATE'),
  ('TABLE', 'error_override', 'SELECT, INSERT, DELETE'),
  ('TABLE', 'event_outbox', 'SELECT, INSERT, UPDATE, DELETE'),
  ('TABLE', 'job_body', 'SELECT, INSERT, DELETE'),
  ('TABLE', 'key_check', 'SELECT, INSERT'),
  ('TABLE', 'lease', 'SELECT, INSERT, UPDATE, DELETE'),
  ('TABLE', 'outbox', 'SELECT, INSERT, UPDATE, DELETE'),
  ('TABLE', 'reply_record', 'SELECT, INSERT, DELETE'),
  ('TABLE', 'waiting', 'SELECT, INSERT, UPDATE, DELETE'),
  ('TABLE', 'worker', 'SELECT, INSERT, UPDATE, DELETE'),
  -- Single rows, and what migrations wrote.
  ('TABLE', 'error_revision', 'SELECT, UPDATE'),
  ('TABLE', 'error_rule', 'SELECT'),
  ('TABLE', 'schema_migration', 'SELECT'),
  ('TABLE', 'wipe_mark', 'SELECT, UPDATE'),
  ('SEQUENCE', 'job_block', 'USAGE'),
  ('SEQUENCE', 'lease_epoch', 'USAGE')
) AS r (kind, name, rights)
JOIN pg_class c ON c.relname = r.name AND c.relnamespace = 'usher'::regnamespace
\gexec

COMMIT;
