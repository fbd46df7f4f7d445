-- A page of quarantined records, newest first, without their values.
-- $1 since, $2 reason, $3 to $6 the last record of the page before, $7 at most so many.
-- Locks: none. Plan: quarantine_received backwards.
SELECT t.name, q.src_partition, q.src_offset, q.received_at, q.reason, q.field, q.detail, q.account, q.order_id,
  q.raw_sha256, q.sealed IS NOT NULL
FROM usher.quarantine q
LEFT JOIN usher.topic t ON t.topic_id = q.topic_id
WHERE ($1::timestamptz IS NULL OR q.received_at >= $1::timestamptz)
  AND ($2::text IS NULL OR q.reason = $2::text)
  AND ($3::timestamptz IS NULL OR (q.received_at, q.topic_id, q.src_partition, q.src_offset) < (
    $3::timestamptz, (SELECT topic_id FROM usher.topic WHERE name = $4::text), $5::int4, $6::int8
  ))
ORDER BY q.received_at DESC, q.topic_id DESC, q.src_partition DESC, q.src_offset DESC
LIMIT $7::int4
