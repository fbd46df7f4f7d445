-- Of the jobs of a lane and account that are due, those that are never to be sent any more: past their not_after, and of
-- no unknown outcome. Looks at one slice of the queue, of $5 jobs behind the place ($3, $4); the next begins where this
-- one ends, NULL where it is the last. $1 lane, $2 account.
-- The queue has no order by not_after, and a held account's may be long: so it is walked through.
-- Locks: none. Plan: the queue's primary key, one range in order, LIMIT; jobs by primary key.
WITH slice AS MATERIALIZED (
  SELECT w.due_at, w.job_id
  FROM usher.waiting w
  WHERE w.lane = $1::int2 AND w.account = $2::text AND w.due_at <= now()
    AND (w.due_at, w.job_id) > ($3::timestamptz, $4::int8)
  ORDER BY w.due_at, w.job_id
  LIMIT $5::int4
),
late AS MATERIALIZED (
  SELECT s.due_at, s.job_id
  FROM slice s
  CROSS JOIN LATERAL (
    SELECT FROM usher.job j WHERE j.job_id = s.job_id AND j.state = 0 AND j.not_after <= now() OFFSET 0
  ) j
)
SELECT ARRAY(SELECT l.due_at FROM late l ORDER BY l.due_at, l.job_id),
  ARRAY(SELECT l.job_id FROM late l ORDER BY l.due_at, l.job_id),
  (SELECT s.due_at FROM slice s ORDER BY s.due_at, s.job_id OFFSET $5::int4 - 1 LIMIT 1),
  (SELECT s.job_id FROM slice s ORDER BY s.due_at, s.job_id OFFSET $5::int4 - 1 LIMIT 1),
  now()
