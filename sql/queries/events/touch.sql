-- Writes, and nothing else, as workers/touch does: for a transaction that found its events stored, and stored none.
-- Whoever stored them may have committed without the synchronous standby; reading that they are there does not prove
-- that they are durable. To lock a row is to write: it takes a number for the transaction and goes to the log, so that
-- the commit waits as for any other write, and for all that came before.
-- Locks: one of the events' rows, until the transaction ends. Plan: the unique index.
SELECT event_no FROM usher.transaction_event WHERE event_id = ANY ($1::uuid[]) LIMIT 1 FOR UPDATE
