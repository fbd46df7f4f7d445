-- A partition's position, and where an operator last put it.
-- Locks: none. Plan: primary key.
SELECT next_offset, floor_offset FROM usher.position WHERE topic_id = $1::int2 AND partition = $2::int4
