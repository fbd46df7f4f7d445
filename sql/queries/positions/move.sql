-- Puts a partition's position where an operator wants it: nothing before that is read or stored from now on.
-- No row: it no longer stands where the operator saw it.
-- Locks: the partition's row. Plan: primary key.
UPDATE usher.position SET next_offset = $4::int8, floor_offset = $4::int8
WHERE topic_id = $1::int2 AND partition = $2::int4 AND next_offset = $3::int8
RETURNING next_offset
