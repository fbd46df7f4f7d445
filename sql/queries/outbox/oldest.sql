-- How long the oldest row has waited, in microseconds. What is set aside is no sign that nothing can be published.
-- Locks: none. Plan: primary key, first entry that is not set aside.
SELECT (extract(epoch FROM now() - o.created_at) * 1000000)::int8
FROM usher.outbox o
WHERE o.created_at <= now()
ORDER BY o.outbox_id
LIMIT 1
