-- This worker's outbox rows that hold any of these jobs: those of a settlement that was committed without its knowing.
-- $1 the worker, $2 jobs.
-- Locks: none. Plan: outbox_of_owner, the rows that wait to be acknowledged.
SELECT o.outbox_id, o.job_ids
FROM usher.outbox o
WHERE o.owner >= $1::int8 AND o.owner <= $1::int8 AND o.job_ids && $2::int8[]
ORDER BY o.owner, o.outbox_id
