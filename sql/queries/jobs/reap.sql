-- Ends leases that ran out, at most $1. What was marked as about to be sent becomes unknown, with a row in the history;
-- the rest only loses its lease. The epoch moves on, so that the old holder writes nothing any more; as in ingest.
-- Locks: the leases found, those that another worker reaps are skipped; then the jobs that they hold still, by job_id as
-- in settle.
-- Plan: lease_ends in order; jobs by primary key, update by ctid.
WITH late AS MATERIALIZED (
  SELECT l.ctid AS at, l.lease_epoch, l.worker_id, l.job_ids
  FROM usher.lease l
  WHERE l.lease_until <= now()
  ORDER BY l.lease_until
  LIMIT $1::int4
  FOR UPDATE SKIP LOCKED
),
ended AS (DELETE FROM usher.lease l USING late WHERE l.ctid = late.at),
held AS MATERIALIZED (
  SELECT j.at, j.was, l.lease_epoch AS epoch, l.worker_id AS holder
  FROM (
    SELECT l.lease_epoch, l.worker_id, u.job_id
    FROM late l
    CROSS JOIN LATERAL unnest(l.job_ids) AS u (job_id)
    ORDER BY u.job_id
  ) l
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at, j.state AS was
    FROM usher.job j
    WHERE j.job_id = l.job_id AND j.lease_epoch = l.lease_epoch AND j.lease_until IS NOT NULL
    FOR UPDATE
  ) j
),
freed AS (
  UPDATE usher.job j
  SET state = CASE WHEN j.state = 1 THEN 2 ELSE j.state END,
    look_ups = CASE WHEN j.state = 1 THEN 0 ELSE j.look_ups END,
    due_at = CASE WHEN j.state = 0 THEN j.due_at ELSE now() END,
    lease_epoch = nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8,
    lease_until = NULL,
    last_code = CASE WHEN j.state = 1 THEN 'worker_lost' ELSE j.last_code END,
    last_message = CASE WHEN j.state = 1 THEN 'the worker was lost before it noted an outcome' ELSE j.last_message END
  FROM held h
  WHERE j.ctid = h.at
  RETURNING j.job_id, j.generation, j.attempts, j.last_send, j.lane, j.account, j.topic_id, j.due_at, h.was, h.epoch,
    h.holder
),
queued AS (
  INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
  SELECT f.job_id, f.due_at, f.lane, f.topic_id, f.account FROM freed f
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
