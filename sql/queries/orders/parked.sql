-- A page of the orders that wait for an operator, newest first, each with how many there are from its page on. Filters
-- as in count; $8: only those before this job, $9: at most so many.
-- What waits for an operator is never due. Hops from one account of the queue to the next, as unserved does.
-- Locks: none. Plan: the queue's primary key, one probe and one range a lane and account; jobs by primary key, one
-- probe an order that waits for an operator.
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
parked AS MATERIALIZED (
  SELECT w.job_id
  FROM hop h
  CROSS JOIN unnest('{0,1,2}'::int2[]) AS q (lane)
  CROSS JOIN LATERAL (
    SELECT w.job_id FROM usher.waiting w
    WHERE w.lane = q.lane AND w.account = h.account AND w.due_at = 'infinity'::timestamptz
    OFFSET 0
  ) w
  WHERE ($6::text IS NULL OR h.account = $6::text) AND ($7::int2 IS NULL OR q.lane = $7::int2)
    AND ($8::int8 IS NULL OR w.job_id < $8::int8)
)
SELECT j.job_id, j.account, j.order_id, j.generation, j.state, j.lane, j.campaign, j.attempts, j.due_at, j.accepted_at,
  j.finished_at, j.last_code, j.last_message, count(*) OVER ()
FROM parked p
CROSS JOIN LATERAL (SELECT * FROM usher.job WHERE job_id = p.job_id OFFSET 0) j
WHERE ($1::int2[] IS NULL OR j.state = ANY ($1::int2[]))
  AND ($2::timestamptz IS NULL OR j.accepted_at >= $2::timestamptz)
  AND ($3::timestamptz IS NULL OR j.accepted_at < $3::timestamptz)
  AND ($4::text IS NULL OR j.last_code = $4::text)
  AND ($5::text IS NULL OR j.campaign = $5::text)
ORDER BY j.job_id DESC
LIMIT $9::int4
