-- How many jobs wait, by topic; counts at most $1 of them.
-- Locks: none. Plan: index-only over job_waiting.
SELECT t.name, c.jobs
FROM (
  SELECT w.topic_id, count(*) AS jobs
  FROM (
    SELECT j.topic_id FROM usher.job j WHERE j.state IN (0, 2) AND j.lease_until IS NULL LIMIT $1::int8
  ) w
  GROUP BY w.topic_id
) c
CROSS JOIN LATERAL (SELECT name FROM usher.topic WHERE topic_id = c.topic_id) t
