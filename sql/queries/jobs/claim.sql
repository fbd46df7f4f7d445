-- Leases due jobs: of a lane's accounts in turn, each account's oldest first; of accounts that nothing holds. A job that may be sent gets its durable mark and its
-- attempt here, with the commit of this statement.
-- $1 lanes, $2 accounts, $3 at most so many of this lane and account, $4 at most so many of this lane, $5 lease in
-- microseconds, $6 the worker, $7 whether this is the trial of an account that is held for its own fault, $8 whether
-- jobs that are to be looked up are left alone.
-- Epochs as in ingest.
-- Locks: the rows found; rows that another worker takes out are skipped.
-- Plan: the queue's primary key once a lane and account, in order, LIMIT; jobs and bodies by primary key, updates by ctid.
WITH asked AS MATERIALIZED (
  SELECT q.*
  FROM unnest($1::int2[], $2::text[], $3::int4[], $4::int4[]) AS q (lane, account, quota, lane_quota)
  WHERE (
    SELECT true FROM usher.account_hold h
    WHERE h.account = q.account AND h.held_until > now() AND (h.trial_at IS NULL OR NOT $7::bool)
    LIMIT 1
  ) IS NULL
),
found AS MATERIALIZED (
  SELECT a.lane, a.account, a.lane_quota, d.at, d.job_id, d.due_at
  FROM asked a
  CROSS JOIN LATERAL (
    SELECT w.ctid AS at, w.job_id, w.due_at
    FROM usher.waiting w
    WHERE w.lane = a.lane AND w.account = a.account AND w.due_at <= now()
      AND (NOT $8::bool OR (SELECT j.state FROM usher.job j WHERE j.job_id = w.job_id) = 0)
    ORDER BY w.due_at, w.job_id
    LIMIT a.quota
    FOR UPDATE SKIP LOCKED
  ) d
),
in_turn AS MATERIALIZED (
  SELECT f.*, row_number() OVER (PARTITION BY f.lane, f.account ORDER BY f.due_at, f.job_id) AS turn FROM found f
),
ranked AS MATERIALIZED (
  SELECT i.at, i.lane_quota, row_number() OVER (PARTITION BY i.lane ORDER BY i.turn, i.due_at, i.job_id) AS nth
  FROM in_turn i
),
chosen AS MATERIALIZED (SELECT r.at FROM ranked r WHERE r.nth <= r.lane_quota),
taken AS (DELETE FROM usher.waiting w USING chosen c WHERE w.ctid = c.at RETURNING w.job_id),
rows AS MATERIALIZED (
  SELECT j.at
  FROM taken t
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at FROM usher.job j
    WHERE j.job_id = t.job_id AND j.state IN (0, 2) AND j.lease_until IS NULL
    OFFSET 0
  ) j
),
lease AS MATERIALIZED (
  SELECT nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8 AS epoch,
    now() + $5::int8 * interval '1 microsecond' AS ends
  WHERE EXISTS (SELECT FROM rows)
),
leased AS (
  UPDATE usher.job j
  SET state = CASE WHEN j.state = 0 AND j.not_after > now() THEN 1 ELSE j.state END,
    attempts = j.attempts + CASE WHEN j.state = 0 AND j.not_after > now() THEN 1 ELSE 0 END,
    look_ups = LEAST(j.look_ups + CASE WHEN j.state = 2 THEN 1 ELSE 0 END, 32767),
    first_send = CASE
      WHEN j.state = 0 AND j.not_after > now() THEN COALESCE(j.first_send, now())
      ELSE j.first_send END,
    last_send = CASE WHEN j.state = 0 AND j.not_after > now() THEN now() ELSE j.last_send END,
    lease_epoch = (SELECT l.epoch FROM lease l),
    lease_until = (SELECT l.ends FROM lease l)
  FROM rows r
  WHERE j.ctid = r.at
  RETURNING j.*
),
noted AS (
  INSERT INTO usher.lease (lease_epoch, lease_until, worker_id, job_ids)
  SELECT l.epoch, l.ends, $6::int8, (SELECT array_agg(j.job_id) FROM leased j) FROM lease l
)
SELECT l.job_id, l.lease_epoch, l.state, l.account, l.order_id, l.generation, l.lane, l.campaign, l.attempts,
  l.look_ups, l.accepted_at, l.not_after, l.first_send, l.last_send, l.last_code, b.generation, b.key_id, b.sealed, b.traceparent,
  now()
FROM leased l
LEFT JOIN LATERAL (SELECT * FROM usher.job_body WHERE job_id = l.job_id OFFSET 0) b ON true
