-- Stores events that are new, and queues them for whoever stored them until the lease of $16 microseconds ends. One
-- whose signature belongs to another event is new only within $15 microseconds after it was told.
-- The rows' numbers as in outbox/insert.
-- Locks: the new rows. Plan: function scan, one probe of transaction_event_signature each, inserts.
WITH stored AS (
  INSERT INTO usher.transaction_event (
    event_id, job_id, told_at, tid, amount, processed_amount, generation, kind, order_id, status, currency,
    signature_sha256, value_sha256, key_id, sealed
  )
  SELECT u.event_id, u.job_id, u.told_at, u.tid, u.amount, u.processed_amount, u.generation, u.kind, u.order_id,
    u.status, u.currency, u.signature_sha256, u.value_sha256, u.key_id, u.sealed
  FROM unnest(
    $1::uuid[], $2::int8[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int8[], $7::int4[], $8::int2[],
    $9::text[], $10::text[], $11::text[], $12::bytea[], $13::bytea[], $14::bytea[], $17::text[]
  ) AS u (
    event_id, job_id, told_at, tid, amount, processed_amount, generation, kind, order_id, status, currency,
    signature_sha256, value_sha256, sealed, key_id
  )
  WHERE u.told_at >= now() - $15::int8 * interval '1 microsecond'
    OR NOT EXISTS (
      SELECT FROM usher.transaction_event e
      WHERE e.signature_sha256 = u.signature_sha256 AND e.event_id <> u.event_id
      OFFSET 0
    )
  ON CONFLICT (event_id) DO NOTHING
  RETURNING event_no, event_id
),
queued AS (
  INSERT INTO usher.event_outbox (outbox_id, event_no, taken_until) OVERRIDING SYSTEM VALUE
  SELECT nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8, s.event_no, now() + $16::int8 * interval '1 microsecond' FROM stored s
  RETURNING outbox_id, event_no
)
SELECT s.event_id, q.outbox_id
FROM queued q
JOIN stored s ON s.event_no = q.event_no
