-- Gives a worker more time for leases that end soon, as outcomes of their jobs wait to be written. What was ended stays
-- ended: its row is gone. $1 their epochs, $2 lease in microseconds.
-- Locks: the leases found; those that are being ended are skipped. Plan: primary key, update by ctid.
WITH soon AS MATERIALIZED (
  SELECT l.at
  FROM unnest($1::int8[]) AS u (epoch)
  CROSS JOIN LATERAL (
    SELECT l.ctid AS at
    FROM usher.lease l
    WHERE l.lease_epoch = u.epoch AND l.lease_until < now() + $2::int8 / 2 * interval '1 microsecond'
    FOR UPDATE SKIP LOCKED
  ) l
)
UPDATE usher.lease l
SET lease_until = now() + $2::int8 * interval '1 microsecond'
FROM soon s
WHERE l.ctid = s.at
