-- How long the oldest event has waited to be published since it was received, in microseconds. They are numbered in the
-- order in which they were stored.
-- Locks: none. Plan: first entry of event_outbox's unique index; its event by primary key.
SELECT greatest(0, (extract(epoch FROM now() - e.received_at) * 1000000)::int8)
FROM (SELECT event_no FROM usher.event_outbox ORDER BY event_no LIMIT 1) o
CROSS JOIN LATERAL (SELECT * FROM usher.transaction_event WHERE event_no = o.event_no OFFSET 0) e
