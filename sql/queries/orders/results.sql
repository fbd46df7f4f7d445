-- A job's results and the answers to records that collided with it, oldest first; at most 1000. Sealed values included:
-- the caller opens them only to reveal them.
-- Locks: none. Plan: result_of_job; outbox by its unique index.
SELECT r.result_id, r.order_id, r.generation, r.outcome, r.created_at, r.value_sha256, o.outbox_id IS NOT NULL,
  r.key_id, r.sealed
FROM usher.result r
LEFT JOIN usher.outbox o ON o.result_no = r.result_no
WHERE r.job_id = $1::int8
ORDER BY r.result_no
LIMIT 1000
