-- Accounts of which jobs wait and that no worker has in its settings: none of $1, and none that a worker that lives
-- tells of. With how many jobs wait; counting stops at $2 of a lane. Hops from one account to the next.
-- Locks: none. Plan: the queue's primary key, one probe a lane and account, and one range for those found; a scan of
-- what workers tell, a table of a few rows; workers by primary key.
WITH RECURSIVE hop (account) AS (
  SELECT ''::text COLLATE "C"
  UNION ALL
  SELECT n.account
  FROM hop h
  CROSS JOIN LATERAL (
    SELECT min(f.account) AS account
    FROM unnest('{0,1,2}'::int2[]) AS q (lane)
    CROSS JOIN LATERAL (
      SELECT w.account FROM usher.waiting w
      WHERE w.lane = q.lane AND w.account > h.account
      ORDER BY w.account
      LIMIT 1
    ) f
  ) n
  WHERE h.account IS NOT NULL
),
served AS MATERIALIZED (
  SELECT r.account
  FROM usher.account_report r
  CROSS JOIN LATERAL (
    SELECT FROM usher.worker w WHERE w.worker_id = r.worker_id AND w.alive_until > now() OFFSET 0
  ) w
),
unserved AS MATERIALIZED (
  SELECT h.account FROM hop h
  WHERE h.account <> '' AND h.account <> ALL ($1::text[])
    AND NOT EXISTS (SELECT FROM served s WHERE s.account = h.account OFFSET 0)
)
SELECT u.account, c.jobs, c.is_cut
FROM unserved u
CROSS JOIN LATERAL (
  SELECT sum(l.jobs)::int8 AS jobs, bool_or(l.jobs >= $2::int4) AS is_cut
  FROM unnest('{0,1,2}'::int2[]) AS q (lane)
  CROSS JOIN LATERAL (
    SELECT count(*) AS jobs
    FROM (SELECT FROM usher.waiting w WHERE w.lane = q.lane AND w.account = u.account LIMIT $2::int4) w
  ) l
) c
ORDER BY u.account
