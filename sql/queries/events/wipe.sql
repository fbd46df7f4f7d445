-- Deletes the values of published events that were received more than $1 microseconds ago, at most $2.
-- Locks: the rows. Plan: transaction_event_kept in order, one probe of event_outbox each.
WITH old AS MATERIALIZED (
  SELECT e.ctid AS at
  FROM usher.transaction_event e
  WHERE e.sealed IS NOT NULL AND e.received_at <= now() - $1::int8 * interval '1 microsecond'
    AND NOT EXISTS (SELECT FROM usher.event_outbox o WHERE o.event_no = e.event_no OFFSET 0)
  ORDER BY e.received_at
  LIMIT $2::int4
  FOR UPDATE OF e SKIP LOCKED
)
UPDATE usher.transaction_event e SET sealed = NULL FROM old WHERE e.ctid = old.at RETURNING e.event_no
