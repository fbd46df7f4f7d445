-- A job's newest attempts and look-ups, at most $2, oldest first. The attempt that opened a session is its result.
-- Locks: none. Plan: primary keys.
SELECT a.generation, a.number, a.kind, a.outcome, a.code, a.http_status, a.message, a.elapsed_ms, a.sent_at, a.ended_at,
  w.name
FROM (
  SELECT u.*
  FROM (
    SELECT a.generation, a.number, a.kind, a.outcome, a.code, a.http_status, a.message, a.elapsed_ms, a.sent_at,
      a.ended_at, a.worker_id, a.lease_epoch
    FROM usher.attempt a
    WHERE a.job_id = $1::int8
    UNION ALL
    SELECT r.generation, r.attempts, 'open', 'opened', '0', 200::smallint, NULL, r.elapsed_ms,
      r.created_at - r.elapsed_ms * interval '1 millisecond', r.created_at, r.worker_id, 9223372036854775807
    FROM usher.result r
    WHERE r.job_id = $1::int8 AND r.elapsed_ms IS NOT NULL
  ) u
  ORDER BY u.generation DESC, u.ended_at DESC, u.lease_epoch DESC
  LIMIT $2::int4
) a
LEFT JOIN usher.worker w ON w.worker_id = a.worker_id
ORDER BY a.generation, a.ended_at, a.lease_epoch
