-- Takes expired leases away. What was marked as about to be sent becomes unknown, with a row in the history; the rest
-- only loses its lease. The epoch moves on, so that the old holder writes nothing any more.
-- Locks: the rows found; rows that another worker holds are skipped. Plan: job_leased in order, update by ctid.
WITH late AS MATERIALIZED (
  SELECT j.ctid AS at, j.state AS was, j.lease_epoch AS epoch, j.lease_owner AS holder
  FROM usher.job j
  WHERE j.lease_until <= now()
  ORDER BY j.lease_until
  LIMIT $1::int4
  FOR UPDATE SKIP LOCKED
),
freed AS (
  UPDATE usher.job j
  SET state = CASE WHEN j.state = 1 THEN 2 ELSE j.state END,
    look_ups = CASE WHEN j.state = 1 THEN 0 ELSE j.look_ups END,
    due_at = CASE WHEN j.state = 0 THEN j.due_at ELSE now() END,
    lease_epoch = j.lease_epoch + 1,
    lease_until = NULL,
    lease_owner = NULL,
    last_code = CASE WHEN j.state = 1 THEN 'worker_lost' ELSE j.last_code END,
    last_message = CASE WHEN j.state = 1 THEN 'the worker was lost before it noted an outcome' ELSE j.last_message END
  FROM late l
  WHERE j.ctid = l.at
  RETURNING j.job_id, j.generation, j.attempts, j.last_send, l.was, l.epoch, l.holder
),
noted AS (
  INSERT INTO usher.attempt (
    job_id, lease_epoch, generation, number, elapsed_ms, sent_at, ended_at, worker_id, kind, outcome, code
  )
  SELECT f.job_id, f.epoch, f.generation, f.attempts,
    LEAST(extract(epoch FROM now() - f.last_send) * 1000, 2147483647)::int4, f.last_send, now(), f.holder, 'open',
    'unknown', 'worker_lost'
  FROM freed f
  WHERE f.was = 1
)
SELECT count(*) FROM freed
