-- Puts jobs that were worked off within the last 30 days (:finished of them), and jobs that are due (:waiting), into
-- Usher's tables, as workers and their wiping would have left them: of finished jobs only the last day's contents are
-- there, and only those values whose links expired within the last minutes or have not yet. The waiting ones are of
-- another account, so that those that are measured do not queue behind them. What looks sealed is so by a key of an id
-- that no worker has: keys that open nothing of what they sealed would end the start. So would the want of that key, in
-- a database that knows no other; versions before the table of keys do not ask. It must follow the schema in
-- sql/migrations.
\set ON_ERROR_STOP on
SET synchronous_commit = off;

SELECT to_regclass('usher.key_check') IS NOT NULL AS has_keys
\gset
\if :has_keys
INSERT INTO usher.key_check (key_id, check_value, known_from) VALUES ('lost', sha256('lost'), 'prefill')
ON CONFLICT DO NOTHING;
\endif

SELECT nextval('usher.job_block') * 1024 AS base, now() - interval '30 days' AS began,
  interval '30 days' / greatest(:finished, 1) AS step,
  COALESCE((SELECT max(src_offset) + 1 FROM usher.job), 0) AS source
\gset

INSERT INTO usher.job (
  job_id, account, order_id, due_at, not_after, accepted_at, first_send, last_send, finished_at, expires_at, src_offset,
  src_partition, topic_id, state, lane, attempts, lease_epoch, content_digest
)
SELECT :base + n, 'main', 'old-' || lpad((:base + n)::text, 12, '0'), t.at, t.at + interval '1 day', t.at, t.at, t.at,
  t.at + interval '50 ms', t.at + interval '15 min', :source + n, 0, 1, 10, 1, 1, 1,
  sha256(int8send(:base + n))
FROM generate_series(1, :finished) AS n
CROSS JOIN LATERAL (SELECT timestamptz :'began' + n * interval :'step' AS at) t;

INSERT INTO usher.result (
  job_id, generation, outcome, result_id, created_at, wipe_from, key_id, sealed, attempts, elapsed_ms, worker_id
)
SELECT :base + n, 1, 10, gen_random_uuid(), t.at, t.at + interval '15 min', 'k0',
  CASE WHEN t.at > now() - interval '20 min' THEN decode(repeat(md5(n::text), 50), 'hex') END, 1, 40, 1
FROM generate_series(1, :finished) AS n
CROSS JOIN LATERAL (SELECT timestamptz :'began' + n * interval :'step' + interval '50 ms' AS at) t;

INSERT INTO usher.job_body (job_id, generation, key_id, sealed)
SELECT :base + n, 1, 'k0', decode(repeat(md5(n::text), 50), 'hex')
FROM generate_series(:finished - :finished / 31, :finished) AS n
WHERE n > 0;
-- Where the wiping of contents has come to.
UPDATE usher.wipe_mark SET bodies = now() - interval '24 hours';

-- Numbers of jobs go on behind those given.
SELECT setval('usher.job_block', (:base + :finished) / 1024 + 1) * 1024 + 1024 AS base
\gset

INSERT INTO usher.job (
  job_id, account, order_id, due_at, not_after, src_offset, src_partition, topic_id, state, lane, content_digest
)
SELECT :base + n, 'elsewhere', 'waits-' || lpad((:base + n)::text, 12, '0'), now() - n * interval '1 ms',
  now() + interval '3 days', :source + :finished + n, 0, 1, 0, 1, sha256(int8send(:base + n))
FROM generate_series(1, :waiting) AS n;
INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
SELECT j.job_id, j.due_at, j.lane, j.topic_id, j.account FROM usher.job j
WHERE j.job_id BETWEEN :base + 1 AND :base + :waiting
ORDER BY j.lane, j.account, j.due_at, j.job_id;
INSERT INTO usher.job_body (job_id, generation, key_id, sealed)
SELECT :base + n, 1, 'k0', decode(repeat(md5(n::text), 50), 'hex') FROM generate_series(1, :waiting) AS n;
SELECT setval('usher.job_block', (:base + :waiting) / 1024 + 1);

RESET synchronous_commit;
VACUUM ANALYZE;
CHECKPOINT;
