-- How many orders a filter matches, by state, with the newest of each. A filter that is NULL matches all.
-- $1 states, $2 accepted since, $3 accepted before, $4 code, $5 campaign, $6 account, $7 lane, $8: only those before
-- this job.
-- Locks: none. Plan: job_accepted where times are given, else the whole table.
SELECT j.state, count(*), max(j.job_id)
FROM usher.job j
WHERE ($1::int2[] IS NULL OR j.state = ANY ($1::int2[]))
  AND ($2::timestamptz IS NULL OR j.accepted_at >= $2::timestamptz)
  AND ($3::timestamptz IS NULL OR j.accepted_at < $3::timestamptz)
  AND ($4::text IS NULL OR j.last_code = $4::text)
  AND ($5::text IS NULL OR j.campaign = $5::text)
  AND ($6::text IS NULL OR j.account = $6::text)
  AND ($7::int2 IS NULL OR j.lane = $7::int2)
  AND ($8::int8 IS NULL OR j.job_id < $8::int8)
GROUP BY j.state
ORDER BY j.state
