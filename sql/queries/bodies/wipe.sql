-- Deletes the bodies of jobs that ended more than $1 microseconds ago, at most $2, and moves the mark.
-- The mark stays ten minutes behind, because a commit may come later than the time that it carries.
-- Locks: the mark, so that wipers take turns; the jobs (share), so that a replay waits and then sees that the body is
-- gone. Plan: result_made from the mark on, one probe of job_body and job each; delete by primary key.
WITH mark AS MATERIALIZED (SELECT m.bodies FROM usher.wipe_mark m WHERE m.only_row FOR UPDATE),
ended AS MATERIALIZED (
  SELECT e.job_id, e.created_at
  FROM mark m
  CROSS JOIN LATERAL (
    SELECT r.job_id, r.created_at
    FROM usher.result r
    WHERE r.created_at >= m.bodies AND r.created_at <= now() - $1::int8 * interval '1 microsecond'
      AND EXISTS (SELECT FROM usher.job_body b WHERE b.job_id = r.job_id OFFSET 0)
    ORDER BY r.created_at
    LIMIT $2::int4
  ) e
),
over AS MATERIALIZED (
  SELECT j.job_id
  FROM ended e
  CROSS JOIN LATERAL (
    SELECT j.job_id FROM usher.job j WHERE j.job_id = e.job_id AND j.finished_at IS NOT NULL FOR SHARE SKIP LOCKED
  ) j
),
gone AS (
  DELETE FROM usher.job_body b WHERE b.job_id = ANY (ARRAY(SELECT o.job_id FROM over o)) RETURNING b.job_id
),
moved AS (
  UPDATE usher.wipe_mark m
  SET bodies = GREATEST(m.bodies, LEAST(
    now() - interval '10 minutes',
    COALESCE((SELECT max(e.created_at) FROM ended e), m.bodies)
  ))
  WHERE m.only_row
)
SELECT count(*) FROM gone
