-- How many jobs of each account wait, and how many of them are due; counting stops at $2.
-- Locks: none. Plan: the queue's primary key, one range a lane and account.
SELECT a.account, count(w.due_at), count(*) FILTER (WHERE w.due_at <= now()), now()
FROM unnest($1::text[]) AS a (account)
LEFT JOIN LATERAL (
  SELECT w.due_at
  FROM unnest('{0,1,2}'::int2[]) AS q (lane)
  CROSS JOIN LATERAL (
    SELECT w.due_at FROM usher.waiting w WHERE w.lane = q.lane AND w.account = a.account LIMIT $2::int4
  ) w
) w ON true
GROUP BY a.account
ORDER BY a.account
