-- Results with a URL that expired more than $1 microseconds ago and whose values are still there, at most $2.
-- One that waits in the outbox is never among them.
-- Locks: the rows found; pinned ones are skipped. Plan: result_opened_kept in order; the outbox's jobs, hashed once.
SELECT r.job_id, r.generation
FROM usher.result r
WHERE r.sealed IS NOT NULL AND r.outcome = 10 AND r.wipe_from <= now() - $1::int8 * interval '1 microsecond'
  AND r.job_id NOT IN (SELECT u.job_id FROM usher.outbox o CROSS JOIN LATERAL unnest(o.job_ids) AS u (job_id))
ORDER BY r.wipe_from
LIMIT $2::int4
FOR UPDATE OF r SKIP LOCKED
