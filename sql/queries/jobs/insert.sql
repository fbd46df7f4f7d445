-- The new orders of a batch. What is not returned is there already, perhaps since an earlier row of the same batch.
-- Locks: the new rows; waits for a transaction that inserts the same order. Sorted, so that two batches cannot wait
-- for each other in a circle. Plan: function scan, sort, insert.
-- The records of a batch are due a microsecond apart, in the order given, so that they are claimed in that order.
INSERT INTO usher.job (
  account, order_id, src_offset, lane, campaign, due_at, not_after, content_digest, topic_id, src_partition
)
SELECT u.account, u.order_id, u.src_offset, u.lane, u.campaign,
  LEAST(GREATEST(now() - (cardinality($3::int8[]) - u.nth) * interval '1 microsecond', u.not_before), u.not_after),
  u.not_after, u.content_digest, $9::int2, $10::int4
FROM unnest(
  $1::text[], $2::text[], $3::int8[], $4::int2[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::bytea[]
) WITH ORDINALITY AS u (account, order_id, src_offset, lane, campaign, not_before, not_after, content_digest, nth)
ORDER BY u.account COLLATE "C", u.order_id COLLATE "C", u.src_offset
ON CONFLICT (account, order_id) DO NOTHING
RETURNING job_id, src_offset
