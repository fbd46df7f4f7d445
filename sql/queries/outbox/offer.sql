-- Leaves rows of a worker that cannot publish them to whoever comes first, one after the other, to find out whether any
-- other worker publishes: those of $3 that are its own, while all others of $3 are with workers that took them over,
-- and if another worker lives that seems to publish, as in outbox/give_back. $1 the worker, $2 microseconds.
-- Locks: those rows. Plan: primary key, once a row of $3; the workers that are known, one probe of outbox_of_owner for
-- each that lives; the rows by either index. It is run where results do not get through, once a second at most.
-- One row: which of $3 the worker does not have any more, and whether any is gone, published by whoever had it.
WITH asked AS MATERIALIZED (
  -- Owner 0: nobody has it. -1: nobody, and it is set aside, by one who could not open it. NULL: it is gone.
  SELECT u.outbox_id, (
    SELECT COALESCE(o.owner, CASE WHEN o.created_at > now() THEN -1 ELSE 0 END)
    FROM usher.outbox o
    WHERE o.outbox_id = u.outbox_id
  ) AS owner
  FROM unnest($3::int8[]) AS u (outbox_id)
),
able AS MATERIALIZED (
  SELECT EXISTS (
    SELECT FROM usher.worker w
    WHERE w.alive_until > now() AND w.worker_id <> $1::int8
      AND COALESCE(
        (
          SELECT o.created_at FROM usher.outbox o
          WHERE o.owner >= w.worker_id AND o.owner <= w.worker_id
          ORDER BY o.owner, o.outbox_id
          LIMIT 1
        ),
        now()
      ) >= now() - $2::int8 * interval '1 microsecond'
  ) AS is_any
),
given AS (
  UPDATE usher.outbox o SET owner = NULL
  WHERE o.outbox_id = ANY ($3::int8[]) AND o.owner = $1::int8 AND (SELECT b.is_any FROM able b)
    AND NOT EXISTS (SELECT FROM asked a WHERE COALESCE(a.owner, 0) = 0)
  RETURNING o.outbox_id
)
SELECT
  ARRAY(
    SELECT a.outbox_id FROM asked a
    WHERE a.owner IS DISTINCT FROM $1::int8 OR a.outbox_id IN (SELECT g.outbox_id FROM given g)
    ORDER BY a.outbox_id
  ),
  EXISTS (SELECT FROM asked a WHERE a.owner IS NULL)
