-- Takes an order that waits for an operator, as a claim would, for the transaction that carries the decision out: the
-- lease ends with it. No row: it does not wait for one. $1 account, $2 order.
-- Epochs as in ingest.
-- Locks: the job's row, and its place in the queue. Plan: the unique index; the queue by its primary key.
WITH parked AS MATERIALIZED (
  SELECT j.ctid AS at, j.job_id, j.lane, j.account
  FROM usher.job j
  WHERE j.account = $1::text AND j.order_id = $2::text AND j.state = 2 AND j.lease_until IS NULL
    AND j.due_at = 'infinity'::timestamptz
  FOR UPDATE
),
taken AS (
  DELETE FROM usher.waiting w USING parked p
  WHERE w.lane = p.lane AND w.account = p.account AND w.due_at = 'infinity'::timestamptz AND w.job_id = p.job_id
  RETURNING p.at
),
leased AS (
  UPDATE usher.job j
  SET lease_epoch = nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8,
    lease_until = now() + interval '1 minute'
  FROM taken t
  WHERE j.ctid = t.at
  RETURNING j.*
)
SELECT l.job_id, l.lease_epoch, l.state, l.account, l.order_id, l.generation, l.lane, l.campaign, l.attempts,
  l.look_ups, l.accepted_at, l.not_after, l.first_send, l.last_send, l.last_code, b.generation, b.key_id, b.sealed, b.traceparent,
  now()
FROM leased l
LEFT JOIN LATERAL (SELECT * FROM usher.job_body WHERE job_id = l.job_id OFFSET 0) b ON true
