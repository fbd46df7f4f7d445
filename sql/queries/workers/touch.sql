-- Writes, and nothing else: when its commit returns, every commit before it is as durable as it is, on the synchronous
-- standby too. Reading that a row is there does not prove that.
-- Locks: the worker's own row. Plan: primary key.
UPDATE usher.worker SET alive_until = alive_until WHERE worker_id = $1::int8 RETURNING worker_id
