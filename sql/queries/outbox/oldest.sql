-- How long the oldest row has waited, in microseconds.
-- Locks: none. Plan: primary key, first entry.
SELECT (extract(epoch FROM GREATEST(now() - o.created_at, interval '0')) * 1000000)::int8
FROM usher.outbox o
ORDER BY o.outbox_id
LIMIT 1
