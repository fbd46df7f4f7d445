-- Gives a topic its number.
-- Locks: the new row; waits for another worker that adds the same name. Plan: insert.
INSERT INTO usher.topic (name) VALUES ($1::text) ON CONFLICT (name) DO NOTHING
