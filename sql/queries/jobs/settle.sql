-- Writes outcomes of any kind: the job's next state, the attempt, and for an end the result, with one outbox row for all
-- of them, in one commit. Fenced: a row whose lease was lost, or whose state does not allow the step, is left alone.
-- The outbox row's number as in outbox/insert.
-- $3 steps: 0 release, 1 retry, 2 verify, 3 park, 4 finish. $4 a bit for each state that the step may start from.
-- $18 leases that end with this, should all be written: a job that is held needs its lease. $19 the worker.
-- Locks: the rows of job, in the order given (by job_id); leases that the reaper has are left to it, as it waits for the
-- jobs. Plan: primary key, update by ctid, inserts.
-- One row: the outbox row's number, the jobs that were written, and of these the ended ones in the outbox row's order.
WITH held AS MATERIALIZED (
  SELECT u.*, l.at, l.was
  FROM unnest(
    $1::int8[], $2::int8[], $3::int2[], $4::int4[], $5::int2[], $6::int8[], $7::timestamptz[],
    $8::uuid[], $9::text[], $10::bytea[], $11::text[],
    $12::text[], $13::text[], $14::text[], $15::int2[], $16::text[], $17::int4[]
  ) AS u (
    job_id, epoch, step, from_states, target, delay, expires_at,
    result_id, key_id, sealed, traceparent,
    kind, tried, code, http_status, message, elapsed_ms
  )
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at, j.state AS was
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
    finished_at = CASE WHEN h.step = 4 THEN now() END,
    expires_at = COALESCE(h.expires_at, j.expires_at),
    last_code = CASE WHEN h.kind IS NULL THEN j.last_code ELSE h.code END,
    last_message = CASE WHEN h.kind IS NULL THEN j.last_message ELSE h.message END
  FROM held h
  WHERE j.ctid = h.at
  RETURNING h.*, j.generation, j.attempts, j.look_ups, j.last_send, j.lane, j.account, j.topic_id, j.due_at
),
queued AS (
  INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
  SELECT m.job_id, m.due_at, m.lane, m.topic_id, m.account FROM moved m WHERE m.step <> 4
),
tried AS (
  INSERT INTO usher.attempt (
    job_id, lease_epoch, generation, number, http_status, elapsed_ms, sent_at, ended_at, worker_id, kind, outcome,
    code, message
  )
  SELECT m.job_id, m.epoch, m.generation, CASE WHEN m.was = 2 THEN m.look_ups ELSE m.attempts END, m.http_status,
    m.elapsed_ms, CASE WHEN m.was = 1 THEN m.last_send END, now(), $19::int8, m.kind, m.tried, m.code, m.message
  FROM moved m
  WHERE m.kind IS NOT NULL
),
ended AS (
  INSERT INTO usher.result (
    job_id, generation, outcome, result_id, wipe_from, key_id, sealed, traceparent, worker_id
  )
  SELECT m.job_id, m.generation, m.target, m.result_id, COALESCE(m.expires_at, now()), m.key_id, m.sealed,
    m.traceparent, $19::int8
  FROM moved m
  WHERE m.step = 4
),
released AS (
  DELETE FROM usher.lease l
  USING unnest($18::int8[]) AS u (epoch)
  CROSS JOIN LATERAL (
    SELECT l.ctid AS at FROM usher.lease l WHERE l.lease_epoch = u.epoch FOR UPDATE SKIP LOCKED
  ) e
  WHERE l.ctid = e.at AND (SELECT count(*) FROM moved) = cardinality($1::int8[])
),
published AS (
  INSERT INTO usher.outbox (outbox_id, owner, job_ids, generations) OVERRIDING SYSTEM VALUE
  SELECT nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8, $19::int8, array_agg(m.job_id), array_agg(m.generation) FROM moved m WHERE m.step = 4 HAVING count(*) > 0
  RETURNING outbox_id
)
SELECT (SELECT p.outbox_id FROM published p), ARRAY(SELECT m.job_id FROM moved m),
  ARRAY(SELECT m.job_id FROM moved m WHERE m.step = 4)
