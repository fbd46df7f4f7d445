-- The ids of the keys that sealed the bodies of the newest stored jobs, at most $1 jobs.
-- Locks: none. Plan: job_body's primary key backwards.
SELECT DISTINCT n.key_id
FROM (SELECT key_id FROM usher.job_body ORDER BY job_id DESC LIMIT $1::int4) n
