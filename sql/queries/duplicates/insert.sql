-- Notes records that asked for an order that was there. What is not returned was noted by an earlier run.
-- Locks: the new rows. Plan: function scan, insert.
INSERT INTO usher.duplicate (topic_id, src_partition, src_offset, job_id, same_content)
SELECT $1::int2, u.src_partition, u.src_offset, u.job_id, u.same_content
FROM unnest($2::int4[], $3::int8[], $4::int8[], $5::bool[]) AS u (src_partition, src_offset, job_id, same_content)
ON CONFLICT (topic_id, src_partition, src_offset) DO NOTHING
RETURNING src_partition, src_offset
