-- Writes outcomes: the job's next state, the attempt, and for an end the result with its outbox row, in one commit.
-- Fenced: a row whose lease was lost, or whose state does not allow the step, is left alone.
-- $3 steps: 0 release, 1 retry, 2 verify, 3 park, 4 finish. $4 a bit for each state that the step may start from.
-- Locks: the rows of job, in the order given (by job_id). Plan: primary key, update by ctid, inserts.
-- Returns three kinds of rows: (job_id), (result_no, result_id, traceparent), (result_no, outbox_id).
WITH held AS MATERIALIZED (
  SELECT u.*, l.at, l.was, l.attempts, l.look_ups
  FROM unnest(
    $1::int8[], $2::int4[], $3::int2[], $4::int4[], $5::int2[], $6::int8[], $7::timestamptz[],
    $8::uuid[], $9::int4[], $10::int2[], $11::text[], $12::text[], $13::bytea[], $14::bytea[],
    $15::text[], $16::text[], $17::text[], $18::int2[], $19::text[], $20::int4[]
  ) AS u (
    job_id, epoch, step, from_states, target, delay, expires_at,
    result_id, generation, outcome, order_id, key_id, sealed, value_sha256,
    kind, tried, code, http_status, message, elapsed_ms
  )
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at, j.state AS was, j.attempts, j.look_ups
    FROM usher.job j
    WHERE j.job_id = u.job_id AND j.lease_epoch = u.epoch AND j.lease_until IS NOT NULL
      AND (u.from_states >> j.state) & 1 = 1
    FOR UPDATE
  ) l
),
moved AS (
  UPDATE usher.job j
  SET state = CASE h.step
      WHEN 0 THEN CASE WHEN j.state = 1 THEN 0 ELSE j.state END
      WHEN 1 THEN 0
      WHEN 4 THEN h.target
      ELSE 2 END,
    attempts = j.attempts - CASE WHEN h.step = 0 AND j.state = 1 THEN 1 ELSE 0 END,
    -- Given back unsent before anything was sent: the time budget has not begun.
    first_send = CASE WHEN h.step = 0 AND j.state = 1 AND j.attempts = 1 THEN NULL ELSE j.first_send END,
    look_ups = CASE
      WHEN h.step = 0 AND j.state = 2 THEN j.look_ups - 1
      WHEN h.step IN (2, 3) AND j.state = 1 THEN 0
      ELSE j.look_ups END,
    due_at = CASE
      WHEN h.step = 4 THEN j.due_at
      WHEN h.step = 3 THEN 'infinity'::timestamptz
      WHEN h.step = 2 OR h.step = 0 AND j.state = 2 THEN now() + h.delay * interval '1 microsecond'
      ELSE LEAST(now() + h.delay * interval '1 microsecond', j.not_after) END,
    lease_until = NULL,
    lease_owner = NULL,
    finished_at = CASE WHEN h.step = 4 THEN now() END,
    expires_at = COALESCE(h.expires_at, j.expires_at),
    last_code = CASE WHEN h.kind IS NULL THEN j.last_code ELSE h.code END,
    last_message = CASE WHEN h.kind IS NULL THEN j.last_message ELSE h.message END
  FROM held h
  WHERE j.ctid = h.at
  RETURNING h.*, j.generation AS job_generation, j.last_send
),
tried AS (
  INSERT INTO usher.attempt (
    job_id, lease_epoch, generation, number, http_status, elapsed_ms, sent_at, ended_at, worker_id, kind, outcome,
    code, message
  )
  SELECT m.job_id, m.epoch, m.job_generation, CASE WHEN m.was = 2 THEN m.look_ups ELSE m.attempts END, m.http_status,
    m.elapsed_ms, CASE WHEN m.was = 1 THEN m.last_send END, now(), $21::int8, m.kind, m.tried, m.code, m.message
  FROM moved m
  WHERE m.kind IS NOT NULL
),
ended AS (
  INSERT INTO usher.result (
    result_id, job_id, generation, outcome, order_id, key_id, sealed, value_sha256, traceparent, wipe_from
  )
  SELECT m.result_id, m.job_id, m.generation, m.outcome, m.order_id, m.key_id, m.sealed, m.value_sha256,
    (SELECT b.traceparent FROM usher.job_body b WHERE b.job_id = m.job_id), COALESCE(m.expires_at, now())
  FROM moved m
  WHERE m.step = 4
  RETURNING result_no, result_id, traceparent
),
queued AS (
  INSERT INTO usher.outbox (result_no, owner) SELECT e.result_no, $21::int8 FROM ended e
  RETURNING outbox_id, result_no
)
SELECT m.job_id, NULL::int8 AS result_no, NULL::uuid AS result_id, NULL::text AS traceparent, NULL::int8 AS outbox_id
FROM moved m
UNION ALL
SELECT NULL, e.result_no, e.result_id, e.traceparent, NULL FROM ended e
UNION ALL
SELECT NULL, q.result_no, NULL, NULL, q.outbox_id FROM queued q
