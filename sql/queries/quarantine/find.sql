-- One quarantined record, with its sealed value. $1 topic, $2 partition, $3 offset. The first columns as in list.
-- Locks: none. Plan: topic by its unique index, quarantine by primary key.
SELECT t.name, q.src_partition, q.src_offset, q.received_at, q.reason, q.field, q.detail, q.account, q.order_id,
  q.raw_sha256, q.sealed IS NOT NULL, q.wiped, q.key_id, q.sealed, now()
FROM usher.topic t
JOIN usher.quarantine q ON q.topic_id = t.topic_id
WHERE t.name = $1::text AND q.src_partition = $2::int4 AND q.src_offset = $3::int8
