-- Leases due jobs: per lane at most its quota, oldest first, of accounts whose gate is open. A job that may be sent
-- gets its durable mark and its attempt here, with the commit of this statement.
-- $1 lanes, $2 quotas, $3 accounts, $4 lease in microseconds, $5 the worker.
-- Locks: the rows found; rows that another worker holds are skipped.
-- Plan: job_waiting once a lane and account, in order, LIMIT quota; update by ctid; bodies by primary key.
WITH asked AS MATERIALIZED (
  SELECT q.lane, q.quota, a.account
  FROM unnest($1::int2[], $2::int4[]) AS q (lane, quota)
  CROSS JOIN unnest($3::text[]) AS a (account)
  WHERE q.quota > 0
    AND NOT EXISTS (
      SELECT FROM usher.account_gate g WHERE g.account = a.account AND g.closed_until > now()
    )
),
found AS MATERIALIZED (
  SELECT a.lane, a.quota, d.at, d.job_id, d.due_at
  FROM asked a
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at, j.job_id, j.due_at
    FROM usher.job j
    WHERE j.state IN (0, 2) AND j.lease_until IS NULL
      AND j.lane = a.lane AND j.account = a.account AND j.due_at <= now()
    ORDER BY j.due_at, j.job_id
    LIMIT a.quota
    FOR UPDATE SKIP LOCKED
  ) d
),
ranked AS MATERIALIZED (
  SELECT f.at, f.quota, row_number() OVER (PARTITION BY f.lane ORDER BY f.due_at, f.job_id) AS nth FROM found f
),
chosen AS MATERIALIZED (SELECT r.at FROM ranked r WHERE r.nth <= r.quota),
leased AS (
  UPDATE usher.job j
  SET state = CASE WHEN j.state = 0 AND j.not_after > now() THEN 1 ELSE j.state END,
    attempts = j.attempts + CASE WHEN j.state = 0 AND j.not_after > now() THEN 1 ELSE 0 END,
    look_ups = j.look_ups + CASE WHEN j.state = 2 THEN 1 ELSE 0 END,
    first_send = CASE
      WHEN j.state = 0 AND j.not_after > now() THEN COALESCE(j.first_send, now())
      ELSE j.first_send END,
    last_send = CASE WHEN j.state = 0 AND j.not_after > now() THEN now() ELSE j.last_send END,
    lease_epoch = j.lease_epoch + 1,
    lease_until = now() + $4::int8 * interval '1 microsecond',
    lease_owner = $5::int8
  FROM chosen c
  WHERE j.ctid = c.at
  RETURNING j.*
)
SELECT l.job_id, l.lease_epoch, l.state, l.account, l.order_id, l.generation, l.lane, l.campaign, l.attempts,
  l.look_ups, l.accepted_at, l.not_after, l.first_send, l.last_send, b.generation, b.key_id, b.sealed, b.traceparent, now()
FROM leased l
LEFT JOIN LATERAL (SELECT * FROM usher.job_body WHERE job_id = l.job_id) b ON true
