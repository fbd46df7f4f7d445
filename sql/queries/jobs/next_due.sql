-- When the next job that is not due yet becomes due; of a held account, when its hold ends at the earliest.
-- $1 lanes, $2 accounts. A parked job is due at infinity and does not count, nor one whose account
-- is held without an end.
-- Locks: none. Plan: the queue's primary key, one entry a lane and account.
SELECT min(d.due_at), now()
FROM unnest($1::int2[]) AS q (lane)
CROSS JOIN unnest($2::text[]) AS a (account)
LEFT JOIN LATERAL (
  SELECT max(h.held_until) AS held_until FROM usher.account_hold h
  WHERE h.account = a.account AND h.held_until > now()
  OFFSET 0
) h ON true
CROSS JOIN LATERAL (
  SELECT GREATEST(w.due_at, h.held_until) AS due_at
  FROM usher.waiting w
  WHERE w.lane = q.lane AND w.account = a.account
    AND w.due_at > CASE WHEN h.held_until IS NULL THEN now() ELSE '-infinity'::timestamptz END
    AND w.due_at < 'infinity'::timestamptz
  ORDER BY w.due_at
  LIMIT 1
) d
WHERE d.due_at < 'infinity'::timestamptz
