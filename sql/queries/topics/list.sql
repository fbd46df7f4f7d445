-- The topics with their numbers.
-- Locks: none. Plan: unique index, a few rows.
SELECT topic_id, name FROM usher.topic ORDER BY name
