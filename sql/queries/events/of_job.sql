-- What the provider told last of an order, at most $2 events, oldest first.
-- Locks: none. Plan: transaction_event_of_job backwards; event_outbox by its unique index.
SELECT e.event_id, e.kind, e.generation, e.tid, e.status, e.currency, e.amount, e.told_at, e.received_at,
  o.outbox_id IS NOT NULL
FROM (
  SELECT * FROM usher.transaction_event WHERE job_id = $1::int8 ORDER BY event_no DESC LIMIT $2::int4
) e
LEFT JOIN usher.event_outbox o ON o.event_no = e.event_no
ORDER BY e.event_no
