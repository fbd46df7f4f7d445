-- A worker of this process. $3: microseconds until it counts as dead without a heartbeat. Its number as in outbox/insert.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.worker (worker_id, name, version, alive_until) OVERRIDING SYSTEM VALUE
VALUES (
  nextval('usher.lease_epoch'::regclass) * 1048576 + (random() * 1048575)::int8, $1::text, $2::text,
  now() + $3::int8 * interval '1 microsecond'
)
RETURNING worker_id
