-- Quarantined records by reason. A filter that is NULL matches all.
-- $1 received since, $2 received before, $3 account, $4 order.
-- Locks: none. Plan: quarantine_order where an order is given, else quarantine_received.
SELECT q.reason, count(*) FROM usher.quarantine q
WHERE ($1::timestamptz IS NULL OR q.received_at >= $1::timestamptz)
  AND ($2::timestamptz IS NULL OR q.received_at < $2::timestamptz)
  AND ($3::text IS NULL OR q.account = $3::text)
  AND ($4::text IS NULL OR q.order_id = $4::text)
GROUP BY q.reason ORDER BY q.reason
