-- Deletes the values of answers that were made more than $1 microseconds ago, at most $2. One that waits in the outbox
-- is left alone; none is ever queued again.
-- Locks: the rows found. Plan: answer_kept in order; the outbox's answers, hashed once; update by ctid.
WITH old AS MATERIALIZED (
  SELECT a.ctid AS at
  FROM usher.answer a
  WHERE a.sealed IS NOT NULL AND a.created_at <= now() - $1::int8 * interval '1 microsecond'
    AND a.answer_id NOT IN (SELECT u.answer_id FROM usher.outbox o CROSS JOIN LATERAL unnest(o.answer_ids) AS u (answer_id))
  ORDER BY a.created_at
  LIMIT $2::int4
  FOR UPDATE SKIP LOCKED
)
UPDATE usher.answer a SET sealed = NULL FROM old o WHERE a.ctid = o.at
RETURNING a.answer_id
