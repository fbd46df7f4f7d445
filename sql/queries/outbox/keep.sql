-- Takes out of an outbox row what was acknowledged: $1 the row, $2 jobs, $3 answers. A row of which that is all goes:
-- two workers may have had a part of it acknowledged each, and an empty row would wait for ever, published by nobody.
-- Locks: the row. Plan: primary key, twice: what the one takes the other leaves alone.
WITH emptied AS (
  DELETE FROM usher.outbox o
  WHERE o.outbox_id = $1::int8 AND o.job_ids <@ $2::int8[] AND o.answer_ids <@ $3::int8[]
)
UPDATE usher.outbox o
SET job_ids = ARRAY(SELECT u.job_id FROM unnest(o.job_ids) AS u (job_id) WHERE u.job_id <> ALL ($2::int8[])),
  generations = ARRAY(
    SELECT u.generation FROM unnest(o.job_ids, o.generations) AS u (job_id, generation) WHERE u.job_id <> ALL ($2::int8[])
  ),
  answer_ids = ARRAY(SELECT u.answer_id FROM unnest(o.answer_ids) AS u (answer_id) WHERE u.answer_id <> ALL ($3::int8[]))
WHERE o.outbox_id = $1::int8 AND NOT (o.job_ids <@ $2::int8[] AND o.answer_ids <@ $3::int8[])
