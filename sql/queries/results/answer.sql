-- Stores answers to records and queues them for whoever publishes first.
-- The row's number as in outbox/insert.
-- Locks: the new rows. Plan: function scan, insert, insert.
WITH stored AS (
  INSERT INTO usher.answer (result_id, job_id, generation, outcome, order_id, key_id, sealed, traceparent)
  SELECT u.result_id, u.job_id, u.generation, u.outcome, u.order_id, u.key_id, u.sealed, u.traceparent
  FROM unnest(
    $1::uuid[], $2::int8[], $3::int4[], $4::int2[], $5::text[], $6::text[], $7::bytea[], $8::text[]
  ) AS u (result_id, job_id, generation, outcome, order_id, key_id, sealed, traceparent)
  RETURNING answer_id
)
INSERT INTO usher.outbox (outbox_id, answer_ids) OVERRIDING SYSTEM VALUE
SELECT nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8, array_agg(s.answer_id)
FROM stored s HAVING count(*) > 0
