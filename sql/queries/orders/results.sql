-- A job's newest results and answers to records that collided with it, at most $2, oldest first. Sealed values
-- included: the caller opens them only to reveal them.
-- Locks: none. Plan: result's primary key, answer_of_job; the rows of outbox, which are few.
SELECT x.result_id, x.order_id, x.generation, x.outcome, x.created_at, x.is_pending, x.key_id, x.sealed
FROM (
  SELECT u.*
  FROM (
    SELECT r.result_id, j.order_id, r.generation, r.outcome, r.created_at,
      EXISTS (SELECT FROM usher.outbox o WHERE o.job_ids @> ARRAY[r.job_id]) AS is_pending, r.key_id, r.sealed
    FROM usher.result r
    JOIN usher.job j ON j.job_id = r.job_id
    WHERE r.job_id = $1::int8
    UNION ALL
    SELECT a.result_id, a.order_id, a.generation, a.outcome, a.created_at,
      EXISTS (SELECT FROM usher.outbox o WHERE o.answer_ids @> ARRAY[a.answer_id]), a.key_id, a.sealed
    FROM usher.answer a
    WHERE a.job_id = $1::int8
  ) u
  ORDER BY u.created_at DESC, u.generation DESC, u.result_id DESC
  LIMIT $2::int4
) x
ORDER BY x.created_at, x.generation, x.result_id
