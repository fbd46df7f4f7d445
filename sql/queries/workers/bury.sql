-- A worker that the database does not know any more, as one that has ended: what it wrote under its number since then is
-- adopted by others. $1 its number, $2 name, $3 version.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.worker (worker_id, name, version, alive_until) OVERRIDING SYSTEM VALUE
VALUES ($1::int8, $2::text, $3::text, now())
ON CONFLICT (worker_id) DO NOTHING
