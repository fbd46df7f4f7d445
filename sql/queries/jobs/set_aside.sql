-- Gives back leases on jobs whose bodies do not open, unsent, and lets them be looked at again, by anyone, in five
-- minutes, or when half of what is left of their time is over: a worker that has their key can still send them then.
-- When their time is over they can end without their bodies.
-- A job whose time is over already waits those five minutes as well, though it has been due for long: it would stand
-- before all others of its account.
-- Locks: the rows, in the order given. Plan: primary key, update by ctid, insert.
WITH held AS MATERIALIZED (
  SELECT l.at
  FROM unnest($1::int8[], $2::int8[]) AS u (job_id, epoch)
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at FROM usher.job j
    WHERE j.job_id = u.job_id AND j.lease_epoch = u.epoch AND j.lease_until IS NOT NULL
    FOR UPDATE
  ) l
),
freed AS (
  UPDATE usher.job j
  SET state = CASE WHEN j.state = 1 THEN 0 ELSE j.state END,
    attempts = j.attempts - CASE WHEN j.state = 1 THEN 1 ELSE 0 END,
    first_send = CASE WHEN j.state = 1 AND j.attempts = 1 THEN NULL ELSE j.first_send END,
    look_ups = j.look_ups - CASE WHEN j.state = 2 THEN 1 ELSE 0 END,
    due_at = LEAST(
      now() + interval '5 minutes',
      now() + GREATEST((j.not_after - now()) / 2, interval '1 second'),
      j.not_after
    ),
    lease_until = NULL,
    last_code = 'unsealable',
    last_message = 'the stored body does not open with the configured keys'
  FROM held h
  WHERE j.ctid = h.at
  RETURNING j.job_id, j.due_at, j.lane, j.topic_id, j.account
)
INSERT INTO usher.waiting (job_id, due_at, lane, topic_id, account)
SELECT f.job_id, CASE WHEN f.due_at <= now() THEN now() + interval '5 minutes' ELSE f.due_at END, f.lane, f.topic_id,
  f.account
FROM freed f
RETURNING job_id
