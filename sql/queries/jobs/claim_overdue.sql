-- Leases jobs that overdue found, to be ended unsent: nothing is marked and no attempt is counted. What holds their
-- account is not asked. $1 lane, $2 account, $3 when they are due, $4 their numbers, $5 lease in microseconds, $6 the
-- worker.
-- Epochs as in ingest.
-- Locks: their places in the queue; what another worker takes out is skipped. Then the jobs.
-- Plan: function scan; jobs and the queue by primary key, once a job; bodies by primary key, updates by ctid.
WITH found AS MATERIALIZED (
  SELECT w.at, j.at AS job_at
  FROM unnest($3::timestamptz[], $4::int8[]) AS u (due_at, job_id)
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at, j.job_id FROM usher.job j
    WHERE j.job_id = u.job_id AND j.state = 0 AND j.lease_until IS NULL AND j.not_after <= now()
    OFFSET 0
  ) j
  CROSS JOIN LATERAL (
    SELECT w.ctid AS at FROM usher.waiting w
    WHERE w.lane = $1::int2 AND w.account = $2::text AND w.due_at = u.due_at AND w.job_id = j.job_id
    FOR UPDATE SKIP LOCKED
  ) w
),
taken AS (DELETE FROM usher.waiting w USING found f WHERE w.ctid = f.at RETURNING f.job_at AS at),
lease AS MATERIALIZED (
  SELECT nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8 AS epoch,
    now() + $5::int8 * interval '1 microsecond' AS ends
  WHERE EXISTS (SELECT FROM found)
),
leased AS (
  UPDATE usher.job j
  SET lease_epoch = (SELECT l.epoch FROM lease l), lease_until = (SELECT l.ends FROM lease l)
  FROM taken t
  WHERE j.ctid = t.at
  RETURNING j.*
),
noted AS (
  INSERT INTO usher.lease (lease_epoch, lease_until, worker_id, job_ids)
  SELECT l.epoch, l.ends, $6::int8, (SELECT array_agg(j.job_id) FROM leased j) FROM lease l
)
SELECT l.job_id, l.lease_epoch, l.state, l.account, l.order_id, l.generation, l.lane, l.campaign, l.attempts,
  l.look_ups, l.accepted_at, l.not_after, l.first_send, l.last_send, l.last_code, b.generation, b.key_id, b.sealed,
  b.traceparent, now()
FROM leased l
LEFT JOIN LATERAL (SELECT * FROM usher.job_body WHERE job_id = l.job_id OFFSET 0) b ON true
