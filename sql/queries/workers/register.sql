-- A worker of this process. $3: microseconds until it counts as dead without a heartbeat.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.worker (name, version, alive_until)
VALUES ($1::text, $2::text, now() + $3::int8 * interval '1 microsecond')
RETURNING worker_id
