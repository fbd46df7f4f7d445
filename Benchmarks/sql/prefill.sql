-- Puts rows of jobs that were worked off yesterday (:finished of them), and of jobs that wait for tomorrow (:waiting),
-- into Usher's tables, as a worker and its wiping would have left them: contents of finished jobs and values of their
-- results are gone, contents of waiting jobs are there. It must follow the schema in sql/migrations.
\set ON_ERROR_STOP on
SET synchronous_commit = off;

WITH base AS MATERIALIZED (SELECT coalesce(max(job_id), 0) AS job FROM usher.job),
old AS (
  INSERT INTO usher.job (
    account, order_id, due_at, not_after, accepted_at, first_send, last_send, finished_at, expires_at, src_offset,
    src_partition, topic_id, state, lane, attempts, lease_epoch, last_code, content_digest
  )
  SELECT 'main', 'old-' || lpad((b.job + n)::text, 9, '0'), t.at, t.at + interval '1 day', t.at, t.at, t.at,
    t.at + interval '50 ms', t.at + interval '15 min', n, 0, 1, 10, 0, 1, 1, '0',
    sha256(convert_to((b.job + n)::text, 'UTF8'))
  FROM base b
  CROSS JOIN generate_series(1, :finished) AS n
  CROSS JOIN LATERAL (SELECT now() - interval '2 days' + n * interval '1 ms' AS at) t
  RETURNING job_id, order_id, finished_at, expires_at
),
tried AS (
  INSERT INTO usher.attempt (
    job_id, lease_epoch, generation, number, http_status, elapsed_ms, sent_at, ended_at, worker_id, kind, outcome, code
  )
  SELECT o.job_id, 1, 1, 1, 200, 40, o.finished_at, o.finished_at, 1, 'open', 'opened', '0' FROM old o
)
INSERT INTO usher.result (
  result_id, job_id, created_at, wipe_from, generation, outcome, order_id, key_id, sealed, value_sha256
)
SELECT gen_random_uuid(), o.job_id, o.finished_at, o.expires_at, 1, 10, o.order_id, 'k1', NULL,
  sha256(convert_to(o.order_id, 'UTF8'))
FROM old o;

WITH base AS MATERIALIZED (SELECT coalesce(max(job_id), 0) AS job FROM usher.job),
later AS (
  INSERT INTO usher.job (
    account, order_id, due_at, not_after, src_offset, src_partition, topic_id, state, lane, content_digest
  )
  SELECT 'main', 'later-' || lpad((b.job + n)::text, 9, '0'), now() + interval '1 day' + n * interval '1 ms',
    now() + interval '3 days', n, 0, 1, 0, 1, sha256(convert_to((b.job + n)::text, 'UTF8'))
  FROM base b
  CROSS JOIN generate_series(1, :waiting) AS n
  RETURNING job_id
)
INSERT INTO usher.job_body (job_id, generation, key_id, sealed)
SELECT l.job_id, 1, 'k1', decode(repeat(md5(l.job_id::text), 50), 'hex') FROM later l;

RESET synchronous_commit;
VACUUM ANALYZE;
CHECKPOINT;
