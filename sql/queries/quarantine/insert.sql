-- Keeps records that cannot become jobs. What is not returned was kept by an earlier run.
-- Locks: the new rows. Plan: function scan, insert.
INSERT INTO usher.quarantine (
  topic_id, src_partition, src_offset, reason, field, detail, account, order_id, raw_sha256, key_id, sealed
)
SELECT $1::int2, u.src_partition, u.src_offset, u.reason, u.field, u.detail, u.account, u.order_id, u.raw_sha256, u.key_id,
  u.sealed
FROM unnest(
  $2::int4[], $3::int8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bytea[], $10::text[], $11::bytea[]
) AS u (src_partition, src_offset, reason, field, detail, account, order_id, raw_sha256, key_id, sealed)
ON CONFLICT (topic_id, src_partition, src_offset) DO NOTHING
RETURNING src_partition, src_offset
