-- Takes over rows whose lease ran out, at most $1, for $2 microseconds.
-- Locks: the rows; rows that another is taking over are skipped. Plan: event_outbox_due in order; events by primary key.
WITH due AS MATERIALIZED (
  SELECT o.ctid AS at FROM usher.event_outbox o WHERE o.taken_until <= now() ORDER BY o.taken_until LIMIT $1::int4
  FOR UPDATE SKIP LOCKED
),
taken AS (
  UPDATE usher.event_outbox o SET taken_until = now() + $2::int8 * interval '1 microsecond'
  FROM due d WHERE o.ctid = d.at
  RETURNING o.outbox_id, o.event_no
)
SELECT t.outbox_id, e.event_id, e.order_id, e.kind, e.key_id, e.sealed
FROM taken t
CROSS JOIN LATERAL (SELECT * FROM usher.transaction_event WHERE event_no = t.event_no OFFSET 0) e
ORDER BY t.outbox_id
