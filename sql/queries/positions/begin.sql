-- The first position of a partition; $4 is where an operator put it, or 0. No row: another reader was first.
-- Locks: the new row. Plan: insert.
INSERT INTO usher.position (topic_id, partition, next_offset, floor_offset)
VALUES ($1::int2, $2::int4, $3::int8, $4::int8)
ON CONFLICT (topic_id, partition) DO NOTHING
RETURNING next_offset
