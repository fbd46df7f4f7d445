-- Writes the outcome that nearly every job has: opened by the call that was made. The job's end, its result and the
-- outbox row of all of them, in one commit. Fenced as in settle.
-- The outbox row's number as in outbox/insert.
-- $1 jobs in order, $2 epochs, $3 results, $4 expiries, $5 milliseconds of the calls, $6 all sealed values in one, $7 and
-- $8 where each begins and how long it is, $9 their key, $10 trace parents, $11 leases that end with this, should all be written, $12
-- the worker.
-- Locks: the rows of job; leases that the reaper has are left to it, as it waits for the jobs. Plan: primary key, update by
-- ctid, inserts.
-- One row: the outbox row's number, and which of the jobs were written, by their place, in the outbox row's order.
WITH held AS MATERIALIZED (
  SELECT u.*, j.at
  FROM unnest($1::int8[], $2::int8[], $3::uuid[], $4::timestamptz[], $5::int4[]) WITH ORDINALITY AS u (
    job_id, epoch, result_id, expires_at, elapsed_ms, nth
  )
  CROSS JOIN LATERAL (SELECT j.ctid AS at FROM usher.job j WHERE j.job_id = u.job_id OFFSET 0) j
),
moved AS (
  UPDATE usher.job j
  SET state = 10, lease_until = NULL, finished_at = now(), expires_at = h.expires_at, last_code = NULL,
    last_message = NULL
  FROM held h
  WHERE j.ctid = h.at AND j.lease_epoch = h.epoch AND j.lease_until IS NOT NULL AND j.state = 1
  RETURNING j.job_id, j.generation, j.attempts, h.result_id, h.expires_at, h.elapsed_ms, h.nth
),
ended AS (
  INSERT INTO usher.result (
    job_id, generation, outcome, result_id, wipe_from, key_id, sealed, traceparent, attempts, elapsed_ms, worker_id
  )
  SELECT m.job_id, m.generation, 10, m.result_id, m.expires_at, $9::text,
    substr($6::bytea, ($7::int4[])[m.nth], ($8::int4[])[m.nth]), ($10::text[])[m.nth], m.attempts, m.elapsed_ms,
    $12::int8
  FROM moved m
),
released AS (
  DELETE FROM usher.lease l
  USING unnest($11::int8[]) AS u (epoch)
  CROSS JOIN LATERAL (
    SELECT l.ctid AS at FROM usher.lease l WHERE l.lease_epoch = u.epoch FOR UPDATE SKIP LOCKED
  ) e
  WHERE l.ctid = e.at AND (SELECT count(*) FROM moved) = cardinality($1::int8[])
),
queued AS (
  INSERT INTO usher.outbox (outbox_id, owner, job_ids, generations) OVERRIDING SYSTEM VALUE
  SELECT nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8, $12::int8, array_agg(m.job_id), array_agg(m.generation) FROM moved m HAVING count(*) > 0
  RETURNING outbox_id
)
SELECT (SELECT q.outbox_id FROM queued q), ARRAY(SELECT m.nth FROM moved m)
