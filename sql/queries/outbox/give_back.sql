-- Gives back all rows of a worker that cannot publish them, for whoever comes first, if another worker lives that seems
-- to publish: its oldest row has waited for $2 microseconds at most, or it has none. $1 the worker.
-- Locks: its rows. Plan: the workers that are known, one probe of outbox_of_owner for each that lives; the rows by
-- outbox_of_owner. It is run where results do not get through, once a second at most.
-- One row: whether there is such a worker.
WITH able AS MATERIALIZED (
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
  WHERE o.owner >= $1::int8 AND o.owner <= $1::int8 AND (SELECT a.is_any FROM able a)
)
SELECT a.is_any FROM able a
