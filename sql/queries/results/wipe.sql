-- Deletes the values of locked results. A statement of its own: its snapshot sees an outbox row that was committed
-- while the locks were waited for.
-- Locks: held already. Plan: primary key; the outbox's jobs, hashed once.
WITH found AS MATERIALIZED (
  SELECT r.at
  FROM unnest($1::int8[], $2::int4[]) AS u (job_id, generation)
  CROSS JOIN LATERAL (
    SELECT ctid AS at FROM usher.result WHERE job_id = u.job_id AND generation = u.generation OFFSET 0
  ) r
  WHERE u.job_id NOT IN (SELECT p.job_id FROM usher.outbox o CROSS JOIN LATERAL unnest(o.job_ids) AS p (job_id))
)
UPDATE usher.result r SET sealed = NULL FROM found f WHERE r.ctid = f.at
RETURNING r.job_id
