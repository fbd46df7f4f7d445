-- Puts a partition's position where an operator wants it. No row: it no longer stands where the operator saw it.
-- Locks: the partition's row. Plan: primary key.
UPDATE usher.position SET next_offset = $4::int8
WHERE topic_id = $1::int2 AND partition = $2::int4 AND next_offset = $3::int8
RETURNING next_offset
