-- The keys that the database knows, by what tells them from others.
-- Locks: none. Plan: primary key, a few rows.
SELECT k.key_id, k.check_value, k.known_since, k.known_from FROM usher.key_check k ORDER BY k.key_id
