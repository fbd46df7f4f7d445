-- Which of these events are stored, and with what currency and amounts.
-- Locks: none. Plan: the unique index, once an event.
SELECT e.event_id, e.currency, e.amount, e.processed_amount
FROM unnest($1::uuid[]) AS u (event_id)
CROSS JOIN LATERAL (SELECT * FROM usher.transaction_event WHERE event_id = u.event_id OFFSET 0) e
