-- Gives back leases on jobs whose bodies do not open, unsent, and looks at them again in five minutes.
-- Locks: the rows, in the order given. Plan: primary key, update by ctid.
WITH held AS MATERIALIZED (
  SELECT l.at
  FROM unnest($1::int8[], $2::int4[]) AS u (job_id, epoch)
  CROSS JOIN LATERAL (
    SELECT j.ctid AS at FROM usher.job j
    WHERE j.job_id = u.job_id AND j.lease_epoch = u.epoch AND j.lease_until IS NOT NULL
    FOR UPDATE
  ) l
)
UPDATE usher.job j
SET state = CASE WHEN j.state = 1 THEN 0 ELSE j.state END,
  attempts = j.attempts - CASE WHEN j.state = 1 THEN 1 ELSE 0 END,
  look_ups = j.look_ups - CASE WHEN j.state = 2 THEN 1 ELSE 0 END,
  due_at = CASE WHEN j.state = 2 THEN now() + interval '5 minutes'
    WHEN j.not_after <= now() THEN j.not_after
    ELSE LEAST(now() + interval '5 minutes', j.not_after) END,
  lease_until = NULL,
  lease_owner = NULL,
  last_code = 'unsealable',
  last_message = 'the stored body does not open with the configured keys'
FROM held h
WHERE j.ctid = h.at
