-- The clean way of 500 jobs through the database, and nothing else: what tools/limit_sql.c runs on a schema that
-- `usher migrate` has made. It follows the statements in sql/queries at their leanest: a job is inserted already
-- claimed, ends at its first attempt, and its result is acknowledged. How parameters are written is explained there.

-- statement begin
BEGIN

-- statement jobs
-- $1 text[] same main
-- $2 text[] order
-- $3 int8[] number
-- $4 int2[] same 0
-- $5 timestamptz[] now 86400
-- $6 bytea[] bytes 32
-- $7 int8 same 60000000
-- keep job_id
INSERT INTO usher.job (
  account, order_id, src_offset, lane, due_at, not_after, content_digest, topic_id, src_partition,
  state, attempts, first_send, last_send, lease_epoch, lease_until, lease_owner
)
SELECT u.account, u.order_id, u.src_offset, u.lane, now(), u.not_after, u.content_digest, 1, 0,
  1, 1, now(), now(), 1, now() + $7::int8 * interval '1 microsecond', 1
FROM unnest($1::text[], $2::text[], $3::int8[], $4::int2[], $5::timestamptz[], $6::bytea[])
  AS u (account, order_id, src_offset, lane, not_after, content_digest)
ORDER BY u.account COLLATE "C", u.order_id COLLATE "C"
ON CONFLICT (account, order_id) DO NOTHING
RETURNING job_id, src_offset

-- statement bodies
-- $1 int8[] kept job_id
-- $2 text[] same k1
-- $3 bytea[] bytes 800
INSERT INTO usher.job_body (job_id, generation, key_id, sealed)
SELECT u.job_id, 1, u.key_id, u.sealed FROM unnest($1::int8[], $2::text[], $3::bytea[]) AS u (job_id, key_id, sealed)

-- statement position
-- $1 int4 same 0
-- $2 int8 number
INSERT INTO usher.position AS p (topic_id, partition, next_offset) VALUES (1, $1::int4, $2::int8)
ON CONFLICT (topic_id, partition) DO UPDATE SET next_offset = GREATEST(p.next_offset, excluded.next_offset)

-- statement commit
COMMIT

-- statement settle
-- $1 int8[] kept job_id
-- $2 uuid[] uuid
-- $3 text[] order
-- $4 bytea[] bytes 700
-- $5 bytea[] bytes 32
-- $6 timestamptz[] now 900
-- keep outbox_id
WITH held AS MATERIALIZED (
  SELECT u.*, l.at
  FROM unnest($1::int8[], $2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::timestamptz[])
    AS u (job_id, result_id, order_id, sealed, value_sha256, expires_at)
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at FROM usher.job j
    WHERE j.job_id = u.job_id AND j.lease_epoch = 1 AND j.lease_until IS NOT NULL AND j.state = 1
    FOR UPDATE
  ) l
),
moved AS (
  UPDATE usher.job j
  SET state = 10, lease_until = NULL, lease_owner = NULL, finished_at = now(), expires_at = h.expires_at,
    last_code = '0'
  FROM held h
  WHERE j.ctid = h.at
  RETURNING h.*, j.last_send
),
tried AS (
  INSERT INTO usher.attempt (
    job_id, lease_epoch, generation, number, http_status, elapsed_ms, sent_at, ended_at, worker_id, kind, outcome, code
  )
  SELECT m.job_id, 1, 1, 1, 200, 3, m.last_send, now(), 1, 'open', 'opened', '0' FROM moved m
),
ended AS (
  INSERT INTO usher.result (result_id, job_id, generation, outcome, order_id, key_id, sealed, value_sha256, wipe_from)
  SELECT m.result_id, m.job_id, 1, 10, m.order_id, 'k1', m.sealed, m.value_sha256, m.expires_at FROM moved m
  RETURNING result_no
)
INSERT INTO usher.outbox (result_no, owner) SELECT e.result_no, 1 FROM ended e
RETURNING outbox_id

-- statement acknowledge
-- $1 int8[] kept outbox_id
DELETE FROM usher.outbox WHERE outbox_id = ANY ($1::int8[])
