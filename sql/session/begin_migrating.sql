-- One migration at a time in this database; waits for the other, however long it takes. The number is Usher's own.
-- Only after that has a wait for a lock an end: a worker that still runs must not stop all others behind the migration.
BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SELECT pg_advisory_xact_lock(7166274501);
SET LOCAL lock_timeout = '10s';
