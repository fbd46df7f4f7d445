-- A page of quarantined records, newest first, without their values.
-- $1 to $4 as in count, $5 reason, $6 to $9 the last record of the page before, $10 at most so many.
-- Locks: none. Plan: quarantine_order backwards where an order is given, else quarantine_received backwards.
SELECT t.name, q.src_partition, q.src_offset, q.received_at, q.reason, q.field, q.detail, q.account, q.order_id,
  q.raw_sha256, q.sealed IS NOT NULL
FROM usher.quarantine q
LEFT JOIN usher.topic t ON t.topic_id = q.topic_id
WHERE ($1::timestamptz IS NULL OR q.received_at >= $1::timestamptz)
  AND ($2::timestamptz IS NULL OR q.received_at < $2::timestamptz)
  AND ($3::text IS NULL OR q.account = $3::text)
  AND ($4::text IS NULL OR q.order_id = $4::text)
  AND ($5::text IS NULL OR q.reason = $5::text)
  AND ($6::timestamptz IS NULL OR (q.received_at, q.topic_id, q.src_partition, q.src_offset) < (
    $6::timestamptz, (SELECT topic_id FROM usher.topic WHERE name = $7::text), $8::int4, $9::int8
  ))
ORDER BY q.received_at DESC, q.topic_id DESC, q.src_partition DESC, q.src_offset DESC
LIMIT $10::int4
