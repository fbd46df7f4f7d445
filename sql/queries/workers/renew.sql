-- A heartbeat. No row: the database does not know the worker (any more).
-- Locks: its own row. Plan: primary key.
UPDATE usher.worker SET alive_until = now() + $2::int8 * interval '1 microsecond'
WHERE worker_id = $1::int8
RETURNING worker_id
