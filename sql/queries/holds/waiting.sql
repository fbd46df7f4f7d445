-- How many jobs of each account wait, and how many of them are due; counting stops at $2 of a lane. The first to be due
-- are counted first: where the due ones are fewer than that, their number is right however many wait behind them.
-- Those that wait for an operator are due at infinity, so that they come last, and are counted by themselves as well.
-- With each number comes whether counting it stopped.
-- Locks: none. Plan: the queue's primary key in order, two ranges a lane and account.
SELECT a.account, c.jobs, c.due, c.is_cut, c.is_due_cut, c.parked, c.is_parked_cut, now()
FROM unnest($1::text[]) AS a (account)
CROSS JOIN LATERAL (
  SELECT sum(l.jobs)::int8 AS jobs, sum(l.due)::int8 AS due, bool_or(l.jobs >= $2::int4) AS is_cut,
    bool_or(l.due >= $2::int4) AS is_due_cut, sum(l.parked)::int8 AS parked,
    bool_or(l.parked >= $2::int4) AS is_parked_cut
  FROM unnest('{0,1,2}'::int2[]) AS q (lane)
  CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, count(*) FILTER (WHERE w.due_at <= now()) AS due,
      (
        SELECT count(*)
        FROM (
          SELECT FROM usher.waiting p
          WHERE p.lane = q.lane AND p.account = a.account AND p.due_at = 'infinity'::timestamptz
          LIMIT $2::int4
        ) p
      ) AS parked
    FROM (
      SELECT w.due_at FROM usher.waiting w
      WHERE w.lane = q.lane AND w.account = a.account
      ORDER BY w.due_at
      LIMIT $2::int4
    ) w
  ) l
) c
ORDER BY a.account
