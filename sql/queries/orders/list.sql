-- A page of the orders that a filter matches, newest first. Filters as in count; $8: only those before this job, $9: at
-- most so many. Asked for more than there are it reads all that is older, whatever the filter: ask for what was
-- counted.
-- Locks: none. Plan: primary key backwards, or job_accepted where times are given.
SELECT j.job_id, j.account, j.order_id, j.generation, j.state, j.lane, j.campaign, j.attempts, j.due_at, j.accepted_at,
  j.finished_at, j.last_code, j.last_message
FROM usher.job j
WHERE ($1::int2[] IS NULL OR j.state = ANY ($1::int2[]))
  AND ($2::timestamptz IS NULL OR j.accepted_at >= $2::timestamptz)
  AND ($3::timestamptz IS NULL OR j.accepted_at < $3::timestamptz)
  AND ($4::text IS NULL OR j.last_code = $4::text)
  AND ($5::text IS NULL OR j.campaign = $5::text)
  AND ($6::text IS NULL OR j.account = $6::text)
  AND ($7::int2 IS NULL OR j.lane = $7::int2)
  AND ($8::int8 IS NULL OR j.job_id < $8::int8)
ORDER BY j.job_id DESC
LIMIT $9::int4
