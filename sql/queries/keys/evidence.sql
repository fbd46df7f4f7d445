-- Stored jobs with their bodies, the oldest and the newest, at most $1 of each: what fills a database that knows no
-- keys yet tells which are its own.
-- Locks: none. Plan: job_body's primary key from both ends; job's primary key, once a body.
SELECT j.account, j.order_id, b.generation, b.key_id, b.sealed, j.content_digest
FROM (
  (SELECT o.job_id, o.generation, o.key_id, o.sealed FROM usher.job_body o ORDER BY o.job_id LIMIT $1::int4)
  UNION ALL
  (SELECT n.job_id, n.generation, n.key_id, n.sealed FROM usher.job_body n ORDER BY n.job_id DESC LIMIT $1::int4)
) b
CROSS JOIN LATERAL (
  SELECT account, order_id, content_digest FROM usher.job WHERE job_id = b.job_id OFFSET 0
) j
