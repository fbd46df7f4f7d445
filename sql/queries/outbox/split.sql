-- Puts a part of an outbox row into a row of its own and sets it aside: what cannot be published stays when the rest is
-- acknowledged. $1 the row, $2 jobs, $3 answers.
-- The row's number as in outbox/insert.
-- Locks: the row and the new one. Plan: primary key, insert.
WITH kept AS (
  UPDATE usher.outbox o
  SET job_ids = ARRAY(SELECT u.job_id FROM unnest(o.job_ids) AS u (job_id) WHERE u.job_id <> ALL ($2::int8[])),
    generations = ARRAY(
      SELECT u.generation FROM unnest(o.job_ids, o.generations) AS u (job_id, generation)
      WHERE u.job_id <> ALL ($2::int8[])
    ),
    answer_ids = ARRAY(
      SELECT u.answer_id FROM unnest(o.answer_ids) AS u (answer_id) WHERE u.answer_id <> ALL ($3::int8[])
    )
  WHERE o.outbox_id = $1::int8
  RETURNING o.outbox_id
),
part AS MATERIALIZED (
  SELECT
    ARRAY(SELECT u.job_id FROM unnest(o.job_ids) AS u (job_id) WHERE u.job_id = ANY ($2::int8[])) AS job_ids,
    ARRAY(
      SELECT u.generation FROM unnest(o.job_ids, o.generations) AS u (job_id, generation)
      WHERE u.job_id = ANY ($2::int8[])
    ) AS generations,
    ARRAY(SELECT u.answer_id FROM unnest(o.answer_ids) AS u (answer_id) WHERE u.answer_id = ANY ($3::int8[]))
      AS answer_ids
  FROM kept k
  CROSS JOIN LATERAL (SELECT * FROM usher.outbox WHERE outbox_id = k.outbox_id) o
)
INSERT INTO usher.outbox (outbox_id, created_at, job_ids, generations, answer_ids) OVERRIDING SYSTEM VALUE
SELECT nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8, now() + interval '5 minutes',
  p.job_ids, p.generations, p.answer_ids
FROM part p
WHERE cardinality(p.job_ids) + cardinality(p.answer_ids) > 0
