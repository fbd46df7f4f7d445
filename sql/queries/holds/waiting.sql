-- How many jobs of each account wait, and how many of them are due; counting stops at $2 of a lane. The first to be due
-- are counted first: where the due ones are fewer than that, their number is right however many wait behind them.
-- With each number comes whether counting it stopped.
-- Locks: none. Plan: the queue's primary key in order, one range a lane and account.
SELECT a.account, c.jobs, c.due, c.is_cut, c.is_due_cut, now()
FROM unnest($1::text[]) AS a (account)
CROSS JOIN LATERAL (
  SELECT sum(l.jobs)::int8 AS jobs, sum(l.due)::int8 AS due, bool_or(l.jobs >= $2::int4) AS is_cut,
    bool_or(l.due >= $2::int4) AS is_due_cut
  FROM unnest('{0,1,2}'::int2[]) AS q (lane)
  CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, count(*) FILTER (WHERE w.due_at <= now()) AS due
    FROM (
      SELECT w.due_at FROM usher.waiting w
      WHERE w.lane = q.lane AND w.account = a.account
      ORDER BY w.due_at
      LIMIT $2::int4
    ) w
  ) l
) c
ORDER BY a.account
