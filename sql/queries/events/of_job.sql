-- What the provider told of an order, oldest first; at most 1000.
-- Locks: none. Plan: transaction_event_of_job; event_outbox by its unique index.
SELECT e.event_id, e.kind, e.generation, e.tid, e.status, e.currency, e.amount, e.told_at, e.received_at,
  o.outbox_id IS NOT NULL
FROM usher.transaction_event e
LEFT JOIN usher.event_outbox o ON o.event_no = e.event_no
WHERE e.job_id = $1::int8
ORDER BY e.event_no
LIMIT 1000
