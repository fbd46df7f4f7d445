-- The sealed bodies of new jobs.
-- Locks: the new rows. Plan: function scan, insert.
INSERT INTO usher.job_body (job_id, generation, key_id, sealed, traceparent)
SELECT u.job_id, 1, u.key_id, u.sealed, u.traceparent
FROM unnest($1::int8[], $2::text[], $3::bytea[], $4::text[]) AS u (job_id, key_id, sealed, traceparent)
