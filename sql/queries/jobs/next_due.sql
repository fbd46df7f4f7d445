-- When the next job that is not due yet becomes due; behind a closed gate, when it opens again at the earliest.
-- $1 lanes, $2 accounts. A parked job is due at infinity and does not count.
-- Locks: none. Plan: the queue's primary key, one entry a lane and account.
SELECT min(d.due_at), now()
FROM unnest($1::int2[]) AS q (lane)
CROSS JOIN unnest($2::text[]) AS a (account)
LEFT JOIN LATERAL (
  SELECT g.closed_until FROM usher.account_gate g WHERE g.account = a.account AND g.closed_until > now()
  OFFSET 0
) g ON true
CROSS JOIN LATERAL (
  SELECT GREATEST(w.due_at, g.closed_until) AS due_at
  FROM usher.waiting w
  WHERE w.lane = q.lane AND w.account = a.account
    AND w.due_at > CASE WHEN g.closed_until IS NULL THEN now() ELSE '-infinity'::timestamptz END
    AND w.due_at < 'infinity'::timestamptz
  ORDER BY w.due_at
  LIMIT 1
) d
