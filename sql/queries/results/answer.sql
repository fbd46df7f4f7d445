-- Stores answers to records and queues them for whoever publishes first. An answer that is there already is left alone.
-- Locks: the new rows. Plan: function scan, insert, insert.
WITH stored AS (
  INSERT INTO usher.result (
    result_id, job_id, generation, outcome, order_id, key_id, sealed, value_sha256, traceparent, wipe_from
  )
  SELECT u.result_id, u.job_id, u.generation, u.outcome, u.order_id, u.key_id, u.sealed, u.value_sha256,
    u.traceparent, now()
  FROM unnest(
    $1::uuid[], $2::int8[], $3::int4[], $4::int2[], $5::text[], $6::text[], $7::bytea[], $8::bytea[], $9::text[]
  ) AS u (result_id, job_id, generation, outcome, order_id, key_id, sealed, value_sha256, traceparent)
  ON CONFLICT (result_id) DO NOTHING
  RETURNING result_no
)
INSERT INTO usher.outbox (result_no) SELECT result_no FROM stored
