-- A partition's position.
-- Locks: none. Plan: primary key.
SELECT next_offset FROM usher.position WHERE topic_id = $1::int2 AND partition = $2::int4
