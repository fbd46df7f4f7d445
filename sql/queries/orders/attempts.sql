-- A job's attempts and look-ups, oldest first; at most 1000.
-- Locks: none. Plan: primary key.
SELECT a.generation, a.number, a.kind, a.outcome, a.code, a.http_status, a.message, a.elapsed_ms, a.sent_at, a.ended_at,
  w.name
FROM usher.attempt a
LEFT JOIN usher.worker w ON w.worker_id = a.worker_id
WHERE a.job_id = $1::int8
ORDER BY a.lease_epoch
LIMIT 1000
