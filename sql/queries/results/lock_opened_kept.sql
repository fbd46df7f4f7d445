-- Results with a URL that expired more than $1 microseconds ago and whose values are still there, at most $2.
-- One that waits in the outbox is never among them.
-- Locks: the rows found; pinned ones are skipped. Plan: result_opened_kept in order, one probe of outbox each.
SELECT r.result_no
FROM usher.result r
WHERE r.sealed IS NOT NULL AND r.outcome = 10 AND r.wipe_from <= now() - $1::int8 * interval '1 microsecond'
  AND NOT EXISTS (SELECT FROM usher.outbox o WHERE o.result_no = r.result_no OFFSET 0)
ORDER BY r.wipe_from
LIMIT $2::int4
FOR UPDATE OF r SKIP LOCKED
