-- Takes over rows without an owner, rows of workers that are gone, and rows of this worker that it does not know of
-- because the settlement that wrote them ended in doubt: those with any of the jobs $3. $1 this worker, $2 the limit of
-- each kind. What is set aside until a time to come is left alone. Whether workers without a life sign count as gone
-- is $4.
-- Locks: the rows; rows that another worker is taking over are skipped.
-- Plan: outbox_of_owner, once without owner, once an owner that has rows and once more if it is gone, once for its own;
-- workers and results by primary key. What it costs does not depend on how many workers there ever were. The
-- conditions and orders are written so that no other index can serve them: the primary key would be read and filtered.
WITH RECURSIVE owners (owner) AS (
  SELECT min(o.owner) FROM usher.outbox o WHERE $4::bool AND o.owner > 0
  UNION ALL
  SELECT (SELECT min(o.owner) FROM usher.outbox o WHERE o.owner > w.owner) FROM owners w WHERE w.owner IS NOT NULL
),
free AS MATERIALIZED (
  SELECT o.ctid AS at FROM usher.outbox o WHERE o.owner IS NULL AND o.created_at <= now()
  ORDER BY o.owner, o.outbox_id
  LIMIT $2::int4
  FOR UPDATE SKIP LOCKED
),
gone AS MATERIALIZED (
  SELECT w.worker_id
  FROM owners o
  CROSS JOIN LATERAL (
    SELECT w.worker_id FROM usher.worker w WHERE w.worker_id = o.owner AND w.alive_until <= now() OFFSET 0
  ) w
  WHERE o.owner <> $1::int8
),
orphaned AS MATERIALIZED (
  SELECT d.at
  FROM gone g
  CROSS JOIN LATERAL (
    SELECT o.ctid AS at FROM usher.outbox o WHERE o.owner >= g.worker_id AND o.owner <= g.worker_id
    ORDER BY o.owner, o.outbox_id
    LIMIT $2::int4
    FOR UPDATE SKIP LOCKED
  ) d
  LIMIT $2::int4
),
doubted AS MATERIALIZED (
  SELECT o.ctid AS at FROM usher.outbox o
  WHERE cardinality($3::int8[]) > 0 AND o.owner >= $1::int8 AND o.owner <= $1::int8 AND o.job_ids && $3::int8[]
  ORDER BY o.owner, o.outbox_id
  LIMIT $2::int4
  FOR UPDATE SKIP LOCKED
),
taken AS MATERIALIZED (
  SELECT at FROM free UNION ALL SELECT at FROM orphaned UNION ALL SELECT at FROM doubted
),
adopted AS (
  UPDATE usher.outbox o SET owner = $1::int8 FROM taken t WHERE o.ctid = t.at
  RETURNING o.outbox_id, o.job_ids, o.generations, o.answer_ids
)
SELECT a.outbox_id, u.job_id, NULL::int8 AS answer_id, r.result_id, j.order_id, r.generation, r.outcome, r.key_id,
  r.sealed, r.traceparent
FROM adopted a
CROSS JOIN LATERAL unnest(a.job_ids, a.generations) AS u (job_id, generation)
CROSS JOIN LATERAL (SELECT * FROM usher.result WHERE job_id = u.job_id AND generation = u.generation OFFSET 0) r
CROSS JOIN LATERAL (SELECT order_id FROM usher.job WHERE job_id = u.job_id OFFSET 0) j
UNION ALL
SELECT a.outbox_id, NULL, u.answer_id, r.result_id, r.order_id, r.generation, r.outcome, r.key_id, r.sealed,
  r.traceparent
FROM adopted a
CROSS JOIN LATERAL unnest(a.answer_ids) AS u (answer_id)
CROSS JOIN LATERAL (SELECT * FROM usher.answer WHERE answer_id = u.answer_id OFFSET 0) r
