-- A worker that ends in order: others may adopt its outbox rows at once.
-- Locks: its own row. Plan: primary key.
UPDATE usher.worker SET alive_until = now() WHERE worker_id = $1::int8
