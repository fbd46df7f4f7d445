-- How many jobs are being worked on, by topic.
-- Locks: none. Plan: job_leased, a few thousand rows at most.
SELECT t.name, c.jobs
FROM (
  SELECT j.topic_id, count(*) AS jobs
  FROM usher.job j
  WHERE j.lease_until > '-infinity'::timestamptz
  GROUP BY j.topic_id
) c
CROSS JOIN LATERAL (SELECT name FROM usher.topic WHERE topic_id = c.topic_id) t
