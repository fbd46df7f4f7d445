-- Quarantined records by reason, since a moment.
-- Locks: none. Plan: quarantine_received.
SELECT q.reason, count(*) FROM usher.quarantine q
WHERE $1::timestamptz IS NULL OR q.received_at >= $1::timestamptz
GROUP BY q.reason ORDER BY q.reason
