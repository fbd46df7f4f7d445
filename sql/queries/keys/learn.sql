-- Has the database know keys; one of an id that it knows already changes nothing. $1 ids, $2 check values, $3 who has
-- them.
-- Locks: the new rows; waits for a transaction that inserts the same id. Plan: function scan, sort, insert.
INSERT INTO usher.key_check (key_id, check_value, known_from)
SELECT u.key_id, u.check_value, $3::text
FROM unnest($1::text[], $2::bytea[]) AS u (key_id, check_value)
ORDER BY u.key_id COLLATE "C"
ON CONFLICT (key_id) DO NOTHING
