-- The stored positions of partitions, and where an operator last put them.
-- Locks: none. Plan: primary key, once a partition.
SELECT t.name, p.partition, p.next_offset, p.floor_offset
FROM unnest($1::text[], $2::int4[]) AS a (topic, partition)
CROSS JOIN LATERAL (SELECT topic_id, name FROM usher.topic WHERE name = a.topic OFFSET 0) t
CROSS JOIN LATERAL (
  SELECT partition, next_offset, floor_offset FROM usher.position
  WHERE topic_id = t.topic_id AND partition = a.partition
  OFFSET 0
) p
