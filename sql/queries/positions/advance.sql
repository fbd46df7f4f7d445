-- Moves a partition's position over a batch. No row: it is missing, or behind the batch, or an operator put it ahead of
-- where the batch begins.
-- It writes even when the position stays: a commit that returns proves that everything before it is durable.
-- Locks: the partition's row, so that two readers of one partition take turns. Plan: primary key.
UPDATE usher.position SET next_offset = GREATEST(next_offset, $4::int8)
WHERE topic_id = $1::int2 AND partition = $2::int4 AND next_offset >= $3::int8
  AND LEAST(floor_offset, next_offset) <= $3::int8
RETURNING next_offset
