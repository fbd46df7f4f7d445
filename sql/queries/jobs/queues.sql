-- What waits, by account and lane: since when the first job is due, its order, and how many wait for an operator, which
-- are due at infinity; counting those stops at $1. Hops from one account to the next.
-- Locks: none. Plan: the queue's primary key, for each lane and account a probe to get there, one for the first that is
-- due, and the range of those that wait for an operator; jobs by primary key.
WITH RECURSIVE hop (lane, account) AS (
  SELECT q.lane, ''::text COLLATE "C" FROM unnest('{0,1,2}'::int2[]) AS q (lane)
  UNION ALL
  SELECT n.lane, n.account
  FROM hop h
  CROSS JOIN LATERAL (
    SELECT w.lane, w.account FROM usher.waiting w
    WHERE w.lane = h.lane AND w.account > h.account
    ORDER BY w.account
    LIMIT 1
  ) n
)
SELECT h.lane, h.account, d.due_at, d.order_id,
  (
    SELECT count(*)
    FROM (
      SELECT FROM usher.waiting w
      WHERE w.lane = h.lane AND w.account = h.account AND w.due_at = 'infinity'::timestamptz
      LIMIT $1::int4
    ) w
  )
FROM hop h
LEFT JOIN LATERAL (
  SELECT w.due_at, (SELECT j.order_id FROM usher.job j WHERE j.job_id = w.job_id) AS order_id
  FROM usher.waiting w
  WHERE w.lane = h.lane AND w.account = h.account AND w.due_at <= now()
  ORDER BY w.due_at
  LIMIT 1
) d ON true
WHERE h.account <> ''
ORDER BY h.account, h.lane
