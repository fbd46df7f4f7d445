-- Takes over rows without an owner, rows of workers that are gone, and rows of this worker that it does not know of
-- because the settlement that wrote them ended in doubt ($3). $1 this worker, $2 the limit of each kind.
-- Locks: the rows; rows that another worker is taking over are skipped.
-- Plan: outbox_of_owner, once without owner and once a dead worker; results by primary key. The
-- conditions and orders are written so that no other index can serve them: the primary key would be read and filtered.
WITH free AS MATERIALIZED (
  SELECT o.ctid AS at FROM usher.outbox o WHERE o.owner IS NULL ORDER BY o.owner, o.outbox_id LIMIT $2::int4
  FOR UPDATE SKIP LOCKED
),
gone AS MATERIALIZED (
  SELECT w.worker_id FROM usher.worker w WHERE w.alive_until <= now() AND w.worker_id <> $1::int8
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
  SELECT d.at
  FROM unnest($3::uuid[]) AS u (result_id)
  CROSS JOIN LATERAL (SELECT r.result_no FROM usher.result r WHERE r.result_id = u.result_id) r
  CROSS JOIN LATERAL (
    SELECT o.ctid AS at FROM usher.outbox o WHERE o.result_no = r.result_no AND o.owner = $1::int8
    FOR UPDATE SKIP LOCKED
  ) d
),
taken AS MATERIALIZED (
  SELECT at FROM free UNION ALL SELECT at FROM orphaned UNION ALL SELECT at FROM doubted
),
adopted AS (
  UPDATE usher.outbox o SET owner = $1::int8 FROM taken t WHERE o.ctid = t.at RETURNING o.outbox_id, o.result_no
)
SELECT a.outbox_id, r.result_id, r.order_id, r.generation, r.outcome, r.key_id, r.sealed, r.traceparent
FROM adopted a
CROSS JOIN LATERAL (SELECT * FROM usher.result WHERE result_no = a.result_no) r
ORDER BY a.outbox_id
