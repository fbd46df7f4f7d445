-- Results that are to be published again, with the keys of their values; no key: the value is wiped.
-- Locks: share locks, so that a wipe waits until the outbox row is committed, and then sees it.
-- Plan: primary key, once a result.
SELECT r.job_id, CASE WHEN r.sealed IS NOT NULL THEN r.key_id END
FROM unnest($1::int8[], $2::int4[]) AS u (job_id, generation)
CROSS JOIN LATERAL (SELECT * FROM usher.result WHERE job_id = u.job_id AND generation = u.generation FOR SHARE) r
